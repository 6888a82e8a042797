package browser

import (
	"net/url"
	"testing"
)

// scripts has texts that run a script if a page doesn't escape them: in HTML, in an
// attribute and in an element of text, and as a URL.
var scripts = []string{
	`<script>alert(1)</script>"><img src=x onerror=alert(1)>'><svg onload=alert(1)>--></textarea></title></style><svg/onload=alert(1)>{{.}}`,
	`javascript:alert(1)//`,
}

// TestScriptsNeverRun types scripts into every field of every form, and puts them into
// the parameters of URLs.
func TestScriptsNeverRun(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	out := newTab(t, s, options{})
	for _, page := range []string{"log-in", "sign-up", "forgot", "log-in-mail", "log-in-code", "verify-mail", "check-mail"} {
		out.tryScripts(page)
	}
	in, email := loggedIn(t, s, options{})
	for _, page := range []string{"profile", "password", "email", "confirm", "delete", "deactivate", "devices"} {
		in.tryScripts(page)
	}
	in.checkLoggedIn(email, "the forms with scripts")

	// What was stored is shown in other places, too.
	in.open("/account/profile")
	if got := eval[string](in, `document.querySelector("[name=first_name]").value`); got == "Ada" {
		t.Fatalf("the attack doesn't work: got the name %q, want a script stored as the name", got)
	}
	for _, page := range []string{"profile", "devices", "activity", "data", "delete"} {
		in.open("/account/" + page)
		in.checkNoScript(page)
	}
}

// tryScripts posts the form of the page with scripts in all fields, and at last also in
// the hidden ones.
func (p *tab) tryScripts(page string) {
	p.t.Helper()
	for i, script := range append(scripts, scripts[0]) {
		hidden := i == len(scripts)
		q := url.Values{}
		for _, name := range []string{"next", "done", "for", "token", "email_address", script} {
			q.Set(name, script)
		}
		p.open("/account/" + page + "?" + q.Encode())
		p.checkNoScript(page)
		if !p.has("main form button:not([type=button])") {
			continue
		}
		eval[bool](p, `(() => {
			const form = document.querySelector("main form");
			form.noValidate = true;
			for (const e of form.querySelectorAll("input, textarea")) {
				if (e.type === "checkbox" || e.type === "hidden" && !%s) continue;
				if (e.tagName === "INPUT" && e.type !== "hidden") e.type = "text";
				e.value = %s;
			}
			return true;
		})()`, hidden, script)
		p.follow("main form button:not([type=button])")
		p.checkNoScript(page)
	}
}

// checkNoScript reports a script that has run, or an element that would run one if the
// Content-Security-Policy didn't forbid it.
func (p *tab) checkNoScript(page string) {
	p.t.Helper()
	p.mu.Lock()
	dialogs := len(p.dialogs)
	p.dialogs = nil
	p.mu.Unlock()
	if dialogs > 0 {
		p.t.Errorf("a script has run after the page %s, want none", page)
	}
	if p.has(`script:not([src]), main img, main svg, [onload], [onerror], a[href^="javascript:"], form[action^="javascript:"]`) {
		p.t.Errorf("the page %s after %s has an element of a script that was typed, want none", p.lastPath(), page)
	}
	p.checkProblems()
}
