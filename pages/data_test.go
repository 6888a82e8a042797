package pages_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/gosignup/signup"
)

func TestExport(t *testing.T) {
	site, b := adaAndBrowser(t)
	hostile := `<script>alert("ü")</script>`
	site.change(adaEmail, func(u *signup.User) { u.FirstName = hostile })
	s := b.click(b.page("data").checkOK("Your data"), "Download your data").checkOK("Download your data")
	path, values := b.fill(s, "Download", nil)
	s = b.postOnly(path, values)
	for name, want := range map[string]string{
		"Content-Type": "application/json", "Content-Disposition": `attachment; filename="account.json"`,
		"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
	} {
		if got := s.header.Get(name); got != want {
			t.Errorf("the file has %s: %q, want %q", name, got, want)
		}
	}
	var data struct {
		Email     string `json:"email_address"`
		FirstName string `json:"first_name"`
	}
	if err := json.Unmarshal([]byte(s.body), &data); err != nil || data.Email != adaEmail || data.FirstName != hostile || s.status != http.StatusOK {
		t.Errorf("got the status %d and %q (%v), want the data of the user", s.status, s.body, err)
	}
	if hash := string(site.user(adaEmail).PasswordHash); strings.Contains(s.body, hash) {
		t.Errorf("the file has the hash of the password, want it left out")
	}
	site.goesOn(b, true)
}

func TestExportMalformed(t *testing.T) {
	site, b := adaAndBrowser(t)
	site.change(adaEmail, func(u *signup.User) { u.Private += "," })
	s := b.postOnly("/account/export", nil)
	if s.status != http.StatusInternalServerError || s.header.Get("Content-Disposition") != "" {
		t.Errorf("got the status %d and Content-Disposition: %q, want 500 and no file", s.status, s.header.Get("Content-Disposition"))
	}
}
