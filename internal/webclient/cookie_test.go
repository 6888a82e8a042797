package webclient_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup/internal/webclient"
)

func TestCookies(t *testing.T) {
	for _, c := range []struct {
		name     string
		insecure bool
		value    string
		life     time.Duration
		want     string
	}{
		{"for a year", false, "v", webclient.DeviceLife, "__Host-signup-device=v; Path=/; Max-Age=31536000; HttpOnly; Secure; SameSite=Lax"},
		{"for the browser's session", false, "v", 0, "__Host-signup-device=v; Path=/; HttpOnly; Secure; SameSite=Lax"},
		{"removed", false, "", time.Hour, "__Host-signup-device=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax"},
		{"insecure", true, "v", time.Hour, "signup-device=v; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax"},
		{"insecure, removed", true, "", 0, "signup-device=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"},
	} {
		w := httptest.NewRecorder()
		cookies := webclient.Cookies{Insecure: c.insecure}
		cookies.Set(w, webclient.Device, c.value, c.life)
		if got := w.Header().Values("Set-Cookie"); len(got) != 1 || got[0] != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		for _, cookie := range w.Result().Cookies() {
			r.AddCookie(cookie)
		}
		if got := cookies.Get(r, webclient.Device); got != c.value {
			t.Errorf("%s: Get returned %q, want %q", c.name, got, c.value)
		}
		if got := cookies.Get(r, webclient.Token) + (webclient.Cookies{Insecure: !c.insecure}).Get(r, webclient.Device); got != "" {
			t.Errorf("%s: Get of other cookies returned %q, want nothing", c.name, got)
		}
	}
}

// A value can't add an attribute or a header.
func TestCookieValues(t *testing.T) {
	w := httptest.NewRecorder()
	webclient.Cookies{}.Set(w, webclient.Token, "v; Domain=evil.example\r\nX: y", 0)
	got := w.Header().Get("Set-Cookie")
	if strings.Contains(got, "; Domain") || strings.ContainsAny(got, "\r\n") {
		t.Errorf("got %q, want one value and no Domain", got)
	}
}
