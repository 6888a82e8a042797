package browser

import (
	"strings"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// open opens a URL, or a path of the site.
func (p *tab) open(url string) {
	p.t.Helper()
	if strings.HasPrefix(url, "/") {
		url = p.site.base + url
	}
	p.do("opening a page", chromedp.Navigate(url))
	p.wait("page", ready)
}

// ready is true when the page is complete, and what begins with the focus has it.
const ready = `document.readyState === "complete" && location.href !== "about:blank" &&
	(!document.querySelector("[autofocus]") || document.activeElement !== document.body)`

// leave calls act, and waits for the page that comes then, also if it has the same URL.
func (p *tab) leave(act func()) {
	p.t.Helper()
	eval[bool](p, "window.leaving = true")
	act()
	p.wait("new page", "window.leaving === undefined && "+ready)
}

// find returns where to click on the element: it must be visible, with nothing above it.
func (p *tab) find(selector string) (x, y float64) {
	p.t.Helper()
	type point struct {
		X, Y float64
		OK   bool
	}
	at := eval[point](p, `(() => {
		const e = document.querySelector(%s);
		if (!e) return {OK: false};
		e.scrollIntoView({block: "center", behavior: "instant"});
		const r = e.getClientRects()[0];
		if (!r) return {OK: false};
		const x = r.x + Math.min(r.width / 2, 40), y = r.y + r.height / 2, top = document.elementFromPoint(x, y);
		return {X: x, Y: y, OK: !!top && (e.contains(top) || top.contains(e))};
	})()`, selector)
	if !at.OK {
		p.t.Fatalf("in the page %s: got no %s to click on, want one in view", p.lastPath(), selector)
	}
	return at.X, at.Y
}

// click clicks on the element.
func (p *tab) click(selector string) {
	p.t.Helper()
	x, y := p.find(selector)
	p.do("clicking on "+selector, chromedp.MouseClickXY(x, y))
}

// follow clicks on the element and waits for the page that comes then.
func (p *tab) follow(selector string) {
	p.t.Helper()
	p.leave(func() { p.click(selector) })
}

// fill replaces the text of the field name of a form.
func (p *tab) fill(name, value string) {
	p.t.Helper()
	selector := `main [name="` + name + `"]`
	p.click(selector)
	eval[bool](p, "(e => { e.select(); return true })(document.querySelector(%s))", selector)
	call(p, input.InsertText, input.InsertTextParams{Text: value})
	if got := eval[string](p, "document.querySelector(%s).value", selector); got != value {
		p.t.Fatalf("after typing: got another value in the field %s, want what was typed", name)
	}
}

// fillAll fills fields, given as names and values in turn.
func (p *tab) fillAll(fields ...string) {
	p.t.Helper()
	for i := 0; i < len(fields); i += 2 {
		p.fill(fields[i], fields[i+1])
	}
}

// post clicks on the button of the form that is sent to the page, and waits for the
// response.
func (p *tab) post(page string) {
	p.t.Helper()
	p.follow(formOf(page) + " button:not([type=button])")
}

// press presses keys; see package kb.
func (p *tab) press(keys string, options ...chromedp.KeyOption) {
	p.t.Helper()
	p.do("pressing a key", chromedp.KeyEvent(keys, options...))
}

// path returns the path and query of the page.
func (p *tab) path() string {
	p.t.Helper()
	return eval[string](p, "location.pathname + location.search")
}

// at reports if the path of the page isn't want. A query doesn't count.
func (p *tab) at(want string) {
	p.t.Helper()
	if got, _, _ := strings.Cut(p.path(), "?"); got != want {
		p.t.Fatalf("got the page %s, want %s", got, want)
	}
}

// text returns what the page shows.
func (p *tab) text() string {
	p.t.Helper()
	return eval[string](p, "document.body.innerText")
}

// has reports whether the page has such an element.
func (p *tab) has(selector string) bool {
	p.t.Helper()
	return eval[bool](p, "document.querySelector(%s) !== null", selector)
}

// mustHave ends the test if the page has no such element.
func (p *tab) mustHave(selector string) {
	p.t.Helper()
	if !p.has(selector) {
		p.t.Fatalf("got the page %s without %s, want one with it", p.lastPath(), selector)
	}
}

// formOf returns the selector of the form that is sent to the page.
func formOf(page string) string {
	return `main form:is([action$="/account/` + page + `"], [action*="/account/` + page + `?"])`
}
