package webclient

import (
	"net/http"
	"strings"
	"testing"
)

func TestCrossOrigin(t *testing.T) {
	protection := http.NewCrossOriginProtection()
	const trusted = "https://app.example"
	if err := protection.AddTrustedOrigin(trusted); err != nil {
		t.Fatalf("AddTrustedOrigin returned %v, want nil", err)
	}
	// origin returns an Origin of n bytes, and its host.
	origin := func(n int) (string, string) {
		host := strings.Repeat("a", n-len("https://"))
		return "https://" + host, host
	}
	longest, longestHost := origin(maxOrigin)
	long, longHost := origin(maxOrigin + 1)
	huge, hugeHost := origin(1 << 20)
	for _, c := range []struct {
		name, method, host string
		header             http.Header
		cross              bool
	}{
		{"no header", "POST", "site.example", nil, false},
		{"the host", "POST", "site.example", http.Header{"Origin": {"https://site.example"}}, false},
		{"trusted", "POST", "site.example", http.Header{"Origin": {trusted}, "Sec-Fetch-Site": {"cross-site"}}, false},
		{"another host", "POST", "site.example", http.Header{"Origin": {"https://evil.example"}}, true},
		{"another host, GET", "GET", "site.example", http.Header{"Origin": {"https://evil.example"}}, false},
		{"null", "POST", "", http.Header{"Origin": {"null"}, "Sec-Fetch-Site": {"cross-site"}}, true},
		{"at the limit", "POST", longestHost, http.Header{"Origin": {longest}}, false},
		{"beyond the limit", "POST", longHost, http.Header{"Origin": {long}}, true},
		{"beyond the limit, without a host", "POST", "", http.Header{"Origin": {long}}, true},
		{"beyond the limit, same-origin", "POST", longHost, http.Header{"Origin": {long}, "Sec-Fetch-Site": {"same-origin"}}, true},
		{"beyond the limit, GET", "GET", longHost, http.Header{"Origin": {long}}, false},
		{"1 MiB", "POST", hugeHost, http.Header{"Origin": {huge}}, true},
	} {
		r := &http.Request{Method: c.method, Host: c.host, Header: c.header}
		if got := CheckOrigin(protection, r) != nil; got != c.cross {
			t.Errorf("%s: the request is refused: %t, want %t", c.name, got, c.cross)
		}
	}
}
