package webclient

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestOrigin(t *testing.T) {
	for _, c := range []struct{ remote, want string }{
		{"192.0.2.1:4711", "192.0.2.1"},
		{"[2001:db8:1:2:3:4:5:6]:4711", "2001:db8:1:2::"},
		{"[2001:db8:1:2::7]:80", "2001:db8:1:2::"},
		{"[2001:db8:1:3::7]:80", "2001:db8:1:3::"},
		{"[::ffff:192.0.2.1]:80", "192.0.2.1"},
		{"[::ffff:192.0.2.1%eth0]:80", "192.0.2.1"},
		{"[fe80::1%eth0]:80", "fe80::"},
		{"[::1]:80", "::"},
		{"", ""},  // a request without a connection
		{"@", ""}, // a socket of Unix
		{"/run/site.sock", ""},
		{"192.0.2.1", ""},
		{"2001:db8::1", ""},
		{"192.0.2.1:http", ""},
		{"192.0.2.1:65536", ""},
		{"site.example:80", ""},
		{"192.0.2.01:80", ""},
		{"192.0.2.1:80, 192.0.2.2:80", ""},
	} {
		r := &http.Request{RemoteAddr: c.remote, Header: http.Header{"X-Forwarded-For": {"192.0.2.99"}, "Forwarded": {"for=192.0.2.99"}}}
		if got := Origin(r); got != c.want {
			t.Errorf("the origin of %q is %q, want %q", c.remote, got, c.want)
		}
	}
}

func TestLabel(t *testing.T) {
	const mozilla, webkit = "Mozilla/5.0 ", " AppleWebKit/537.36 (KHTML, like Gecko) "
	const windows, android = "(Windows NT 10.0; Win64; x64)", "(Linux; Android 10; K)"
	for _, c := range []struct{ agent, want string }{
		{mozilla + windows + webkit + "Chrome/131.0.0.0 Safari/537.36", "Chrome on Windows"},
		{mozilla + windows + webkit + "Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0", "Edge on Windows"},
		{mozilla + windows + webkit + "Chrome/131.0.0.0 Safari/537.36 OPR/115.0.0.0", "Opera on Windows"},
		{mozilla + "(X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", "Firefox on Linux"},
		{mozilla + "(Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15", "Safari on macOS"},
		{mozilla + "(iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1", "Safari on iPhone"},
		{mozilla + "(iPad; CPU OS 17_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/131.0.6778.73 Mobile/15E148 Safari/604.1", "Chrome on iPad"},
		{mozilla + "(iPhone; CPU iPhone OS 14_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/133.0 Mobile/15E148 Safari/605.1.15", "Firefox on iPhone"},
		{mozilla + "(iPhone; CPU iPhone OS 17_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 EdgiOS/131.0.2903.92 Mobile/15E148 Safari/605.1.15", "Edge on iPhone"},
		{mozilla + android + webkit + "Chrome/131.0.0.0 Mobile Safari/537.36", "Chrome on Android"},
		{mozilla + android + webkit + "SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36", "Samsung Internet on Android"},
		{mozilla + android + webkit + "Chrome/131.0.0.0 Mobile Safari/537.36 EdgA/131.0.0.0", "Edge on Android"},
		{mozilla + "(Android 15; Mobile; rv:133.0) Gecko/133.0 Firefox/133.0", "Firefox on Android"},
		{mozilla + "(X11; CrOS x86_64 14541.0.0)" + webkit + "Chrome/131.0.0.0 Safari/537.36", "Chrome on ChromeOS"},
		{mozilla + windows + webkit + "Chrome/42.0.2311.135 Safari/537.36 Edge/12.246", "Edge on Windows"},
		{"curl/8.5.0", "curl"},
		{mozilla + "(iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148", "iPhone"},
		{"", ""},
		{"Go-http-client/1.1", ""},
		{"Edgar/1.0", ""},
		{"firefox/1 windows", ""},
		{"<script>alert(1)</script> Firefox/1 <b>Linux", "Firefox on Linux"},
		{"\r\nSet-Cookie: a=b\x00\xff Chrome/ Windows", "Chrome on Windows"},
		{strings.Repeat("Mozilla/5.0 ", 1<<16), ""},
		{strings.Repeat("a", maxUserAgent-len("Firefox/")) + "Firefox/", "Firefox"},
		{strings.Repeat("a", maxUserAgent-len("Firefox/")+1) + "Firefox/", ""}, // isn't read
		{"Linux " + strings.Repeat("a", 1<<20) + "Firefox/", "Linux"},
	} {
		if got := Label(c.agent); got != c.want {
			t.Errorf("the label of %.200q is %q, want %q", c.agent, got, c.want)
		}
	}
}

// localURLs has the URLs that LocalURL accepts, and others that it doesn't.
var localURLs = map[string]bool{
	"/": true, "/orders": true, "/orders?page=2&q=a//b": true, "/orders#last": true, "/a/b/../c": true,
	"/a%20b": true, "/ü": true, "/a:b": true, "/@b": true, "/?next=//evil.example": true, "/?next=https://evil.example/": true,
	"/a//b": true, "/a%5cb": true, "/#//evil.example": true, "/a%2f%2fb": true, "/.": true,
	"/" + strings.Repeat("a", 2047): true,

	"": false, "orders": false, "?a=b": false, "#a": false, " /orders": false, "/orders ": false, "/a b": false,
	"//evil.example": false, "///evil.example": false, "////evil.example": false, "//evil.example@site.example/": false,
	`/\evil.example`: false, `\/evil.example`: false, `\\evil.example`: false, `/a\b`: false,
	"/\t/evil.example": false, "/\n/evil.example": false, "/\r/evil.example": false, "/\x00/evil.example": false, "/\x7f": false, "\t//evil.example": false,
	"/%2fevil.example": false, "/%2Fevil.example": false, "/%2f%2fevil.example": false, "%2f%2fevil.example": false,
	"/%5cevil.example": false, "/%5Cevil.example": false, "/%09/evil.example": false, "/%0a/evil.example": false, "/%0d%0a/evil.example": false, "/%09%5cevil.example": false,
	"https://evil.example/": false, "https:/evil.example": false, "https:evil.example": false, "HTTPS://evil.example": false,
	"https://site.example/orders": false, "javascript:alert(1)": false, "data:text/html,x": false, "mailto:x": false,
	"/%": false, "/%zz": false, "/" + strings.Repeat("a", 2048): false,
}

func TestLocalURL(t *testing.T) {
	for s, accepted := range localURLs {
		want := ""
		if accepted {
			want = s
		}
		if got := LocalURL(s); got != want {
			t.Errorf("LocalURL(%.100q) is %.100q, want %.100q", s, got, want)
		}
	}
}

// Whatever LocalURL accepts stays on the site, also if it is read as browsers do, or is
// decoded before.
func FuzzLocalURL(f *testing.F) {
	for s := range localURLs {
		f.Add(s)
	}
	base, err := url.Parse("https://site.example/x")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		switch got := LocalURL(s); got {
		case "":
			return
		case s:
		default:
			t.Fatalf("LocalURL(%q) is %q, want the same or nothing", s, got)
		}
		decoded, err := url.PathUnescape(s)
		if err != nil {
			decoded = s // an escape in the query isn't valid
		}
		for _, as := range []string{s, asBrowser.Replace(s), strings.Trim(asBrowser.Replace(decoded), "\x00\x01\x02 ")} {
			if strings.HasPrefix(as, "//") || !strings.HasPrefix(as, "/") {
				t.Errorf("LocalURL accepts %q, which a browser reads as %q; want a path", s, as)
			}
			u, err := base.Parse(as)
			if err != nil {
				continue // only a decoded one; see below
			}
			if u.Scheme != "https" || u.Host != "site.example" || u.User != nil {
				t.Errorf("LocalURL accepts %q, which leads to %q; want https://site.example", s, u)
			}
		}
		if _, err := base.Parse(s); err != nil {
			t.Errorf("LocalURL accepts %q: got the error %v of URL.Parse, want nil", s, err)
		}
	})
}
