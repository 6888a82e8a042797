package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is for how long a tab waits for what must come.
const patience = 60 * time.Second

// A tab is a tab of the browser. Its methods do what a person does, with mouse and
// keyboard, and end the test if that isn't possible.
type tab struct {
	t    *testing.T
	ctx  context.Context
	site *site
	with options

	mu       sync.Mutex
	problems []string // what the browser complained about
	dialogs  []string // what scripts have shown
	requests []request
}

// options describe a person's browser. The zero value is a desktop computer in English.
type options struct {
	name      string // of screenshots; "" for none
	noScript  bool
	width     int64 // 0 is 1280
	dark      bool
	language  string // of Accept-Language
	userAgent string
	// attack is set for a tab that an attacker's page is in. What the browser complains
	// about doesn't count there.
	attack bool
}

// newTab returns a tab of a browser without cookies.
func newTab(t *testing.T, s *site, with options) *tab {
	t.Helper()
	return openTab(t, chromium, s, with, chromedp.WithNewBrowserContext())
}

// another returns another tab of the same browser, with the same cookies.
func (p *tab) another() *tab {
	p.t.Helper()
	id := chromedp.FromContext(p.ctx).BrowserContextID
	return openTab(p.t, chromium, p.site, p.with, chromedp.WithExistingBrowserContext(id))
}

func openTab(t *testing.T, parent context.Context, s *site, with options, how chromedp.ContextOption) *tab {
	t.Helper()
	p := &tab{t: t, site: s, with: with}
	var cancel context.CancelFunc
	p.ctx, cancel = chromedp.NewContext(parent, how, chromedp.WithListener(p.listen))
	t.Cleanup(func() {
		if t.Failed() {
			p.saveFailure()
		}
		p.checkProblems()
		cancel()
	})
	if err := chromedp.Do(p.ctx); err != nil {
		t.Fatalf("opening a tab: got the error %v, want nil", err)
	}
	call(p, network.Enable, network.EnableParams{})
	call(p, log.Enable, cdp.Empty{})
	call(p, runtime.Enable, cdp.Empty{})
	call(p, page.Enable, page.EnableParams{})
	call(p, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	call(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: with.noScript})
	if with.language != "" || with.userAgent != "" {
		version := call(p, browser.GetVersion, cdp.Empty{})
		agent := strings.ReplaceAll(version.UserAgent, "Headless", "")
		if with.userAgent != "" {
			agent = with.userAgent
		}
		call(p, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: agent, AcceptLanguage: with.language})
	}
	p.show(with.viewWidth(), with.dark)
	return p
}

func (o options) viewWidth() int64 {
	if o.width == 0 {
		return 1280
	}
	return o.width
}

// show sets the width of the view and the color scheme. A width of 640 is that of a
// view of 1280 pixels at a zoom of 200 %.
func (p *tab) show(width int64, dark bool) {
	p.t.Helper()
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	call(p, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 900, DeviceScaleFactor: 1, Mobile: width < 500})
	call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
}

// call sends a command to the browser.
func call[P, R any](p *tab, c cdp.Command[P, R], params P) R {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	r, err := cdp.Call(ctx, chromedp.FromContext(p.ctx).Target, c, params)
	if err != nil {
		p.t.Fatalf("%s: got the error %v, want nil", c.Method, err)
	}
	return r
}

// js returns expression with each %s replaced by one of the values, as JSON.
func js(expression string, values ...any) string {
	quoted := make([]any, len(values))
	for i, v := range values {
		b, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		quoted[i] = string(b)
	}
	return fmt.Sprintf(expression, quoted...)
}

// tryEval returns the value of a JavaScript expression. It works without JavaScript in
// the page, too.
func tryEval[T any](p *tab, expression string, values ...any) (T, error) {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](js(expression, values...), chromedp.EvalAwaitPromise))
}

// eval is tryEval for an expression that must have a value.
func eval[T any](p *tab, expression string, values ...any) T {
	p.t.Helper()
	v, err := tryEval[T](p, expression, values...)
	if err != nil {
		p.t.Fatalf("in the page %s: got the error %v, want a value", p.lastPath(), err)
	}
	return v
}

// wait waits until the expression is true. A page that is being left counts as not yet.
func (p *tab) wait(what, expression string, values ...any) {
	p.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		if ok, err := tryEval[bool](p, expression, values...); err == nil && ok {
			return
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("in the page %s: got no %s within %v, want one", p.lastPath(), what, patience)
		}
	}
}

// do runs steps of chromedp.
func (p *tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatalf("%s: got the error %v, want nil", what, err)
	}
}
