package signup_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// An Origin of more than 1024 bytes is another one, and isn't parsed.
func TestAPILongOrigin(t *testing.T) {
	const scheme = "https://"
	a := newAPITest(t, nil)
	for n, want := range map[int]int{1024: http.StatusOK, 1025: http.StatusForbidden, 1 << 20: http.StatusForbidden} {
		r := httptest.NewRequest(http.MethodPost, "/account/log-out", strings.NewReader("{}"))
		r.Host = strings.Repeat("a", n-len(scheme))
		r.Header = http.Header{"Content-Type": {"application/json"}, "Origin": {scheme + r.Host}}
		if res := send(a.h, r); res.StatusCode != want {
			t.Errorf("an Origin of %d bytes: got status %d, want %d", n, res.StatusCode, want)
		}
	}
}
