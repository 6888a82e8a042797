package mailer_test

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/mailer"
)

func TestExpiryInWords(t *testing.T) {
	for _, c := range []struct {
		after time.Duration
		want  string
	}{
		{time.Hour, "valid for 1 hour, until"},
		{59*time.Minute + 59*time.Second, "valid for 1 hour, until"},
		{45 * time.Minute, "valid for 45 minutes, until"},
		{time.Minute, "valid for 1 minute, until"},
		{20 * time.Second, "valid for 1 minute, until"},
		{100 * time.Minute, "valid for 100 minutes, until"},
		{24 * time.Hour, "valid for 24 hours, until"},
		{23*time.Hour + 50*time.Minute, "valid for 23 hours, until"},
		{7 * 24 * time.Hour, "is valid until"},
	} {
		mail := resetMail()
		mail.Expires = time.Now().Add(c.after)
		if text := printed(t, options(nil), mail); !strings.Contains(text, c.want) {
			t.Errorf("the mail with a token for %v doesn't have %q", c.after, c.want)
		}
	}
}

// A regional variant need not have each mail: the others are in the nearest language.
func TestVariant(t *testing.T) {
	o := options(nil)
	o.Language = func(context.Context, signup.Mail) string { return "de-CH" }
	o.Files = fstest.MapFS{
		"templates/de-CH/common.txt":  {Data: []byte(`{{define "hello"}}Grüezi,{{end}}{{define "code"}}Code:{{end}}`)},
		"templates/de-CH/deleted.txt": {Data: []byte(`{{define "subject"}}Konto gelöscht{{end}}`)},
	}
	for notice, want := range map[signup.Notice]string{signup.NoticeDeleted: "Grüezi", signup.NoticeDeactivated: "Guten Tag"} {
		if text := printed(t, o, signup.Mail{To: adaMail, Notice: notice}); !strings.Contains(text, want) {
			t.Errorf("%s: got the mail %q, want one with %s", notice, text, want)
		}
	}
}

func TestLanguage(t *testing.T) {
	const english, german = "Hello", "Guten Tag"
	for _, c := range []struct {
		name    string
		client  []string
		profile string
		want    string
	}{
		{"none", nil, "", english},
		{"client", []string{"de-AT"}, "", german},
		{"unknown and German", []string{"tlh", "de"}, "", german},
		{"unknown", []string{"tlh"}, "", english},
		{"not a tag", []string{"<script>", "de;q=1"}, "", english},
		{"profile", []string{"en"}, "de", german},
		{"profile without a tag", []string{"de"}, "", german},
		{"profile with another text", []string{"de"}, "Klingon, please", english},
	} {
		b := &buffer{}
		o := options(mailer.Print(b))
		o.Language = func(_ context.Context, m signup.Mail) string { return m.User.Profile["language"] }
		m := start(t, o)
		mail := resetMail()
		mail.User.Profile = map[string]string{"language": c.profile}
		if err := m.Send(signup.WithLanguages(t.Context(), c.client), mail); err != nil {
			t.Fatalf("%s: Send returned the error %v, want none", c.name, err)
		}
		m.drain(t)
		if !strings.Contains(b.String(), c.want) {
			t.Errorf("%s: the mail doesn't have %q", c.name, c.want)
		}
	}
}
