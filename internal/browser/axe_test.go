package browser

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
)

// axeResults counts what axe-core has found, in all tests.
var axeResults axeCount

type axeCount struct {
	mu                sync.Mutex
	pages, violations int
}

func (c *axeCount) add(violations int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pages++
	c.violations += violations
}

func (c *axeCount) summary() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Sprintf("axe: %d pages, %d violations", c.pages, c.violations)
}

var axeSource = sync.OnceValues(func() (string, error) {
	b, err := os.ReadFile(binDir + "/axe.min.js")
	if err != nil {
		return "", fmt.Errorf("axe-core is missing; scripts/browser-tools installs it: %w", err)
	}
	return string(b), nil
})

// A violation is one of axe-core's rules that a page breaks.
type violation struct {
	ID, Help, Targets string
}

// checkAccessible reports which rules of axe-core the page breaks, in both color schemes.
// All rules are used, also those for the size of what is clicked on, and those that are
// only good practice.
func (p *tab) checkAccessible(state string) {
	p.t.Helper()
	if p.with.noScript { // axe-core needs it, and the page has loaded without
		p.setScript(true)
		defer p.setScript(false)
	}
	p.show(p.with.viewWidth(), false)
	p.loadAxe()
	found := p.runAxe(`{rules: {"target-size": {enabled: true}}}`)
	p.show(p.with.viewWidth(), true)
	found = append(found, p.runAxe(`{runOnly: ["color-contrast"]}`)...)
	p.show(p.with.viewWidth(), p.with.dark)
	axeResults.add(len(found))
	for _, v := range found {
		p.t.Errorf("axe-core in the page %s (%s): %s: %s, at %s; want no violation", p.lastPath(), state, v.ID, v.Help, v.Targets)
	}
}

// loadAxe loads axe-core into the page.
func (p *tab) loadAxe() {
	p.t.Helper()
	source, err := axeSource()
	if err != nil {
		p.t.Fatal(err)
	}
	eval[bool](p, "(() => {"+strings.ReplaceAll(source, "%", "%%")+"\nreturn true})()")
}

func (p *tab) setScript(on bool) {
	call(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
}

// runAxe returns the rules that the page breaks.
func (p *tab) runAxe(options string) []violation {
	p.t.Helper()
	return eval[[]violation](p, `axe.run(document, Object.assign({resultTypes: ["violations"], preload: false}, `+options+`)).then(r =>
		r.violations.map(v => ({ID: v.id, Help: v.help, Targets: v.nodes.map(n => n.target.join(" ")).join(", ")})))`)
}

// TestAxeFinds makes sure that axe-core finds what a page does wrong.
func TestAxeFinds(t *testing.T) {
	t.Parallel()
	a := startAttacker(t, `<h1>Title</h1><main><input name="a"><p style="color: #bbb; background: #fff">Faint</p></main>`)
	p := newTab(t, &site{base: a.URL}, options{attack: true})
	p.open("/")
	p.loadAxe()
	var got []string
	for _, v := range p.runAxe("{}") {
		got = append(got, v.ID)
	}
	for _, want := range []string{"label", "color-contrast", "html-has-lang"} {
		if !slices.Contains(got, want) {
			t.Errorf("axe-core found %v, want %s as well", got, want)
		}
	}
}
