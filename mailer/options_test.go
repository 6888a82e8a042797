package mailer_test

import (
	"crypto/tls"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/mailer"
)

func TestOptions(t *testing.T) {
	for _, c := range []struct {
		want   string // part of the error, or "" if there is none
		change func(*mailer.Options)
	}{
		{"", func(*mailer.Options) {}},
		{"", func(o *mailer.Options) { o.From = "root@localhost" }},
		{"", func(o *mailer.Options) { o.BaseURL = "http://localhost:8080/" }},
		{"Name", func(o *mailer.Options) { o.Name = "" }},
		{"Name", func(o *mailer.Options) { o.Name = "Orchard\r\nBcc: eve@example.com" }},
		{"Name", func(o *mailer.Options) { o.Name = "Orchard\u202e" }},
		{"Name", func(o *mailer.Options) { o.Name = "=?utf-8?q?Orchard?=" }},
		{"Name", func(o *mailer.Options) { o.Name = strings.Repeat("A", 101) }},
		{"From", func(o *mailer.Options) { o.From = "" }},
		{"From", func(o *mailer.Options) { o.From = "Orchard" }},
		{"From", func(o *mailer.Options) { o.From = "a@example.org, b@example.org" }},
		{"From", func(o *mailer.Options) { o.From = "zoë@example.org" }},
		{"BaseURL", func(o *mailer.Options) { o.BaseURL = "" }},
		{"BaseURL", func(o *mailer.Options) { o.BaseURL = "orchard.example" }},
		{"BaseURL", func(o *mailer.Options) { o.BaseURL = "javascript:alert(1)" }},
		{"BaseURL", func(o *mailer.Options) { o.BaseURL = "https://orchard.example/account/" }},
		{"Path", func(o *mailer.Options) { o.Path = "account/" }},
		{"Path", func(o *mailer.Options) { o.Path = "/account" }},
		{"Path", func(o *mailer.Options) { o.Path = "/account?/" }},
		{"Path", func(o *mailer.Options) { o.Path = "/my account/" }},
		{"Path", func(o *mailer.Options) { o.Path = "//evil.example/" }},
		{"BaseURL", func(o *mailer.Options) { o.BaseURL = "https://orchard.example?" }},
		{"BaseURL", func(o *mailer.Options) { o.BaseURL = "https://orchard.example#" }},
		{"Support", func(o *mailer.Options) { o.Support = "help@orchard.example\n\nPay here:" }},
		{"Server", func(o *mailer.Options) { o.Server = nil }},
		{"QueueSize", func(o *mailer.Options) { o.QueueSize = -1 }},
		{"Host", func(o *mailer.Options) { o.Server = mailer.SMTP{} }},
		{"Host", func(o *mailer.Options) { o.Server = mailer.SMTP{Host: "unix:///run/smtp"} }},
		{"Port", func(o *mailer.Options) { o.Server = mailer.SMTP{Host: "h", Port: 70000} }},
		{"exclude", func(o *mailer.Options) { o.Server = mailer.SMTP{Host: "h", Plaintext: true, ImplicitTLS: true} }},
		{"encryption", func(o *mailer.Options) {
			o.Server = mailer.SMTP{Host: "h", Plaintext: true, Username: "u", Password: password}
		}},
		{"together", func(o *mailer.Options) { o.Server = mailer.SMTP{Host: "h", Username: "u"} }},
		{"Timeout", func(o *mailer.Options) { o.Server = mailer.SMTP{Host: "h", Timeout: -time.Second} }},
		{"HELO", func(o *mailer.Options) { o.Server = mailer.SMTP{Host: "h", HELO: "a b"} }},
	} {
		o := options(mailer.SMTP{Host: "smtp.orchard.example", TLSConfig: &tls.Config{}})
		c.change(&o)
		m, err := mailer.New(o)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("New returned the error %v, want one about %q", err, c.want)
		}
		if err == nil {
			_ = m.Close(t.Context())
		}
	}
}

func TestFilesThatAreWrong(t *testing.T) {
	for _, c := range []struct{ file, text, want string }{
		{"layout.html", "{{.Oops}}", "Oops"},
		{"layout.html", "{{if}}", "layout.html"},
		{"layout.txt", "{{.Data.Oops}}", "Oops"},
		{"en/invite.txt", `{{define "subject"}}{{.Oops}}{{end}}`, "Oops"},
		{"en/invite.txt", `{{define "before"}}Welcome{{end}}`, "no subject"},
		{"en/invite.txt", `{{define "subject"}}Welcome{{end}}`, "templates/en/invite.txt has no button"},
		{"de/password_changed.txt", `{{define "subject"}}Passwort{{end}}{{define "button"}} {{end}}`, "no button"},
		{"de/common.txt", `{{define "hello"}}Guten Tag,{{end}}`, "no code"},
		{"de/common.txt", `{{define "hello"}}{{if .Name}}{{.Name.Oops}}{{end}}{{end}}`, "Oops"},
		{"en/invite.html", "{{range .Before}}{{.Oops}}{{end}}", "Oops"},
		{"en/invites.txt", "x", "no purpose"},
		{"xx-not-a-language/invite.txt", "x", "language"},
		{"fr/invite.txt", "x", "common.txt"},
	} {
		o := options(mailer.SMTP{Host: "smtp.orchard.example"})
		o.Files = fstest.MapFS{"templates/" + c.file: {Data: []byte(c.text)}}
		if _, err := mailer.New(o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("with %s, New returned the error %v, want one about %q", c.file, err, c.want)
		}
	}
}

func TestFiles(t *testing.T) {
	s := newServer(t, false, nil)
	o := options(s.client(t))
	o.Workers = 1
	o.Files = fstest.MapFS{
		"templates/layout.html":   {Data: []byte("<p>own layout {{.Subject}}")},
		"templates/en/log_in.txt": {Data: []byte(`{{define "subject"}}Own{{end}}{{define "before"}}{{.Site}} & <you>{{end}}{{define "button"}}Go{{end}}`)},
		"templates/de/log_in.html": {Data: []byte(
			`<p>eigenes {{range .Before}}{{.}}{{end}} <a href="{{.Data.Link}}">{{.Data.Mail.User.Profile.color}}</a>`)},
		"templates/README": {Data: []byte("{{")},
	}
	m := start(t, o)
	mail := resetMail()
	mail.Purpose, mail.User.Profile = signup.PurposeLogIn, map[string]string{"color": "<red>"}
	for _, language := range []string{"en", "de"} {
		if err := m.Send(signup.WithLanguages(t.Context(), []string{language}), mail); err != nil {
			t.Fatalf("Send returned the error %v, want none", err)
		}
	}
	m.drain(t)
	en, de := parse(t, s.received()[0].text), parse(t, s.received()[1].text)
	if en.subject != "Own" || en.html != "<p>own layout Own" || !strings.Contains(en.text, "Orchard & <you>") {
		t.Errorf("got the subject %q and the HTML %q, want those of the replaced files", en.subject, en.html)
	}
	if !strings.HasPrefix(de.html, "<p>eigenes Sie können sich ohne Passwort") || !strings.HasSuffix(de.html, "&lt;red&gt;</a>") {
		t.Errorf("got the HTML %q, want that of the replaced file", de.html)
	}
}

func TestLink(t *testing.T) {
	for _, c := range []struct{ link, want string }{
		{"https://app.orchard.example/#/reset?t=AbC", "https://app.orchard.example/#/reset?t=AbC"},
		{"http://localhost:3000/x", "http://localhost:3000/x"},
		{"", ""},
		{"javascript:alert(1)", "error"},
		{"/account/link", "error"},
		{"https:///x", "error"},
		{"https://orchard.example/\r\nx", "error"},
	} {
		b := &buffer{}
		o := options(mailer.Print(b))
		o.Link = func(signup.Mail) string { return c.link }
		m := start(t, o)
		err := m.Send(t.Context(), resetMail())
		m.drain(t)
		if (err != nil) != (c.want == "error") {
			t.Errorf("for the link %q, Send returned the error %v, want an error: %t", c.link, err, c.want == "error")
		}
		if err == nil && (strings.Contains(b.String(), "https://app") || strings.Contains(b.String(), "http://local")) != (c.want != "") ||
			!strings.Contains(b.String(), c.link) && err == nil {
			t.Errorf("for the link %q, the mail doesn't have %q", c.link, c.want)
		}
	}
}

// If Options.Link gives a link to a mail that has none otherwise, its text is the site.
func TestLinkWithoutButton(t *testing.T) {
	const link = "https://orchard.example/help"
	s := newServer(t, false, nil)
	o := options(s.client(t))
	o.Link = func(signup.Mail) string { return link }
	m := start(t, o)
	m.send(t, signup.Mail{To: adaMail, Notice: signup.NoticeDeleted})
	m.drain(t)
	p := parse(t, s.received()[0].text)
	if !strings.Contains(p.text, "\nOrchard:\n\n"+link+"\n") || !strings.Contains(p.html, ">Orchard</a>") {
		t.Errorf("got the text %q, want the link after the name of the site, and such a button", p.text)
	}
}

func TestPath(t *testing.T) {
	o := options(nil)
	o.Path = "/me/"
	if text := printed(t, o, resetMail()); !strings.Contains(text, "\n"+baseURL+"/me/link?token=AbC-d_1\n") {
		t.Error("got a mail without the link beneath Options.Path, want it there")
	}
	if text := printed(t, o, signup.Mail{To: adaMail, Notice: signup.NoticePasswordChanged}); !strings.Contains(text, "\n"+baseURL+"/me/forgot\n") {
		t.Error("got a mail without the page for a forgotten password beneath Options.Path, want it there")
	}
}

func TestUnknownKind(t *testing.T) {
	m := start(t, options(mailer.Print(&buffer{})))
	for _, mail := range []signup.Mail{{To: adaMail}, {To: adaMail, Purpose: "x"}, {To: adaMail, Notice: "../layout"}} {
		if err := m.Send(t.Context(), mail); err == nil {
			t.Errorf("Send of %v returned no error, want one", mail)
		}
	}
}

// A template may print what a stranger has written. The terminal gets no command of it.
func TestPrintLeavesControlsOut(t *testing.T) {
	o := options(nil)
	o.Files = fstest.MapFS{"templates/en/invite.txt": {Data: []byte(
		`{{define "subject"}}S{{end}}{{define "before"}}{{.Mail.User.FirstName}}{{end}}{{define "button"}}Join{{end}}`)}}
	text := printed(t, o, signup.Mail{To: adaMail, Purpose: signup.PurposeInvite, User: signup.User{FirstName: "A\x1b[2J\x07\u009b2JB"}})
	if !strings.Contains(text, "A[2J2JB") || strings.ContainsAny(text, "\x1b\x07\u009b") {
		t.Errorf("got %q, want the name without control characters", text)
	}
}
