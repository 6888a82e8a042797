package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp/kb"
)

// TestKeyboard goes from the sign-up to the deletion without a mouse.
func TestKeyboard(t *testing.T) {
	t.Parallel()
	w := newWalk(t, options{}, false)
	w.open("/account/sign-up")
	w.press("ada@example") // the field has the focus
	w.leave(func() { w.press(kb.Enter) })
	w.mustHave(".errors")
	w.tabTo(`.errors a`)
	w.enterLink()
	w.wait("focus on the wrong field", `document.activeElement.name === "email_address"`)
	eval[bool](w.tab, "(document.activeElement.select(), true)")
	w.press(w.inbox.address)
	w.tabTo("main form button")
	w.leave(func() { w.press(" ") })
	w.at("/account/check-mail")

	w.openLink(w.inbox, "complete")
	w.tabTo(`[name="password"]`)
	w.press(w.password)
	w.tabTo("button.show")
	w.press(kb.Enter)
	if got := eval[string](w.tab, `document.querySelector("[name=password]").type`); got != "text" {
		w.t.Errorf("after the button to show it, the password is of type %q, want text", got)
	}
	w.tabTo(`[name="first_name"]`)
	w.press("Ada")
	w.tabTo(`[name="remember"]`)
	w.press(" ")
	w.tabTo(`main form button:not([type=button])`)
	w.leave(func() { w.press(kb.Enter) })
	w.at("/account/profile")

	w.skip()
	w.open("/account/profile")
	w.tabTo(`nav a[href$="/data"]`)
	w.leave(w.enterLink)
	w.tabTo(`main a[href$="/delete"]`)
	w.leave(w.enterLink)
	w.tabTo(`[name="sure"]`)
	w.press(" ")
	w.tabTo("main form button")
	w.leave(func() { w.press(" ") })
	w.at("/account/goodbye")
}

// enterLink presses Enter on a link. The browser acts when the key goes down. It ignores
// the character that a keyboard sends then, but not the one that press sends.
func (p *tab) enterLink() {
	p.t.Helper()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeRawKeyDown, input.DispatchKeyEventTypeKeyUp} {
		call(p, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: kind, Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 13})
	}
}

// skip uses the link that skips the navigation.
func (w *walk) skip() {
	w.t.Helper()
	w.open("/account/profile")
	w.tabTo(".skip")
	w.enterLink()
	w.press(kb.Tab)
	if !eval[bool](w.tab, `document.activeElement.closest("main") !== null`) {
		w.t.Error("after the link to the content, got the focus outside the content, want it inside")
	}
}

// tabTo presses Tab until the element has the focus. Each element on the way must be in
// view, look different with the focus, and come after the one before.
func (p *tab) tabTo(selector string) {
	p.t.Helper()
	eval[bool](p, "(window.previousFocus = document.activeElement, true)")
	for range 60 {
		p.press(kb.Tab)
		type focus struct {
			Here                    bool
			Name                    string
			InView, Outline, Follow bool
		}
		f := eval[focus](p, `(() => {
			const e = document.activeElement, r = e.getBoundingClientRect(), s = getComputedStyle(e), before = window.previousFocus;
			window.previousFocus = e;
			return {
				Here: e.matches(%s), Name: e.tagName + " " + (e.name || e.className || e.innerText || ""),
				InView: r.width > 0 && r.bottom > 0 && r.top < innerHeight && r.right > 0 && r.left < innerWidth,
				Outline: s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2,
				Follow: before === document.body || !!(before.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_FOLLOWING),
			};
		})()`, selector)
		if !f.InView || !f.Outline || !f.Follow {
			p.t.Errorf("in the page %s, the focus on %s: in view %t, visible %t, after the one before %t; want true each",
				p.lastPath(), strings.TrimSpace(f.Name), f.InView, f.Outline, f.Follow)
		}
		if f.Here {
			return
		}
	}
	p.t.Fatalf("in the page %s: got other elements from 60 presses of Tab, want %s", p.lastPath(), selector)
}
