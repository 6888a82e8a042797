package browser

import (
	"context"
	"os"
	"strings"

	"github.com/chromedp/chromedp"
)

// look checks all that each page must have, in the state that it is in: that axe-core
// finds nothing, that it fits in narrow views, and that it shows no secret. The name of
// the state is that of the screenshots.
func (p *tab) look(state string) {
	p.t.Helper()
	p.wait("style sheet", "[...document.styleSheets].some(s => s.href) && document.readyState === 'complete'")
	p.checkAccessible(state)
	p.checkFits(state)
	p.checkNoSecrets(state)
	p.checkNames(state)
	p.checkProblems()
}

// checkFits reports if the page has to be scrolled sideways in a narrow view or at a
// zoom of 200 % (WCAG 2.2, 1.4.10), and takes screenshots.
func (p *tab) checkFits(state string) {
	p.t.Helper()
	for _, view := range []struct {
		name  string
		width int64
		dark  bool
	}{{"", 1280, false}, {"-zoomed", 640, false}, {"-360", 360, false}, {"-dark", 1280, true}} {
		p.show(view.width, view.dark)
		if over := eval[int](p, "document.documentElement.scrollWidth - window.innerWidth"); over > 0 {
			widest := eval[string](p, `[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > window.innerWidth)
				.map(e => e.tagName + "." + e.className).slice(0, 5).join(", ")`)
			p.t.Errorf("the page %s (%s) is %d pixels wider than a view of %d pixels, because of %s; want none wider", p.lastPath(), state, over, view.width, widest)
		}
		if p.with.name != "" && view.name != "-zoomed" {
			p.screenshot(p.with.name + "-" + state + view.name)
		}
	}
	p.show(p.with.viewWidth(), p.with.dark)
}

func (p *tab) screenshot(name string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	b, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(screenshotDir+"/"+name+".png", b, 0o644)
	}
	if err != nil {
		p.t.Errorf("screenshot: got the error %v, want nil", err)
	}
}

// checkNoSecrets reports a password in the page, and a token, an address or a password
// in its URL.
func (p *tab) checkNoSecrets(state string) {
	p.t.Helper()
	html := eval[string](p, "document.documentElement.outerHTML")
	for _, secret := range []string{password, newPassword, "wrong correct horse"} {
		if strings.Contains(html, secret) {
			p.t.Errorf("the page %s (%s) has a password in its HTML, want none", p.lastPath(), state)
		}
	}
	if url := p.path(); strings.Contains(url, "token=") || strings.Contains(url, "%40") || strings.Contains(url, "@") || len(url) > 100 {
		p.t.Errorf("the URL of the page %s (%s) has a token or an address or %d bytes, want neither and at most 100", p.lastPath(), state, len(url))
	}
}

// checkNames reports elements that share an ID, and a page without a heading, a title or
// a language.
func (p *tab) checkNames(state string) {
	p.t.Helper()
	if got := eval[string](p, `[...document.querySelectorAll("[id]")].map(e => e.id).filter((id, i, all) => all.indexOf(id) !== i).join(", ")`); got != "" {
		p.t.Errorf("the page %s (%s) has several elements with the ID %s, want one", p.lastPath(), state, got)
	}
	heading := eval[string](p, `document.querySelector("h1")?.innerText ?? ""`)
	if title := eval[string](p, "document.title"); heading == "" || title != heading+" – "+siteName {
		p.t.Errorf("the page %s (%s) has the title %q and the heading %q, want both alike", p.lastPath(), state, title, heading)
	}
	if got := eval[string](p, "document.documentElement.lang"); p.with.language == "" && got != "en" || p.with.language != "" && !strings.HasPrefix(p.with.language, got) {
		p.t.Errorf("the page %s (%s) is in the language %q, want that of the browser", p.lastPath(), state, got)
	}
}
