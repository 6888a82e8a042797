// Package webclient has what the JSON API and the pages do alike with the requests of
// browsers: where they come from, what the browser is called, and the cookies that are
// no session.
package webclient

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// Origin returns the address that r comes from by its RemoteAddr: an IPv4 address, or
// the first 64 bits of an IPv6 address, which is the least that one customer of a
// network gets (RFC 6177). It is "" if RemoteAddr has none. No header is used.
func Origin(r *http.Request) string {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	addr := ap.Addr().Unmap().WithZone("")
	if addr.Is4() {
		return addr.String()
	}
	prefix, err := addr.Prefix(64)
	if err != nil {
		return ""
	}
	return prefix.Addr().String()
}

// browsers and systems have parts of the User-Agent header, and the names that they
// stand for. The first one that is found counts, since browsers name each other: that of
// Edge has "Chrome" as well, and that of Chrome has "Safari".
var (
	browsers = [][2]string{
		{"Edg/", "Edge"}, {"EdgA/", "Edge"}, {"EdgiOS/", "Edge"}, {"Edge/", "Edge"},
		{"OPR/", "Opera"}, {"OPT/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"}, {"Vivaldi/", "Vivaldi"},
		{"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"},
		{"curl/", "curl"},
	}
	systems = [][2]string{
		{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"CrOS", "ChromeOS"},
		{"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"Linux", "Linux"},
	}
)

// maxUserAgent is how much of the User-Agent header is searched, in bytes. Those of
// browsers have about 100 to 300.
const maxUserAgent = 1 << 10

// Label returns a name for the device that sent userAgent, such as "Firefox on Linux",
// for a list in which the user recognizes it. It is "" if nothing is recognized in the
// first 1024 bytes.
func Label(userAgent string) string {
	userAgent = userAgent[:min(len(userAgent), maxUserAgent)]
	browser, system := find(browsers, userAgent), find(systems, userAgent)
	if browser != "" && system != "" {
		return browser + " on " + system
	}
	return browser + system // one of them at most
}

func find(names [][2]string, in string) string {
	for _, n := range names {
		if strings.Contains(in, n[0]) {
			return n[1]
		}
	}
	return ""
}

// asBrowser changes a URL as a browser does before it parses it.
var asBrowser = strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/")

// LocalURL returns s if it is a URL of the same site, without scheme and host: a path
// that begins with one slash, with an optional query and fragment. Otherwise it returns
// "". A browser treats a backslash as a slash, and removes tabs and line breaks (WHATWG
// URL, section 4.4), so none of them is accepted. An escaped one, such as "%5c", is not
// accepted at the beginning, where a program that decodes the path would make it a host.
func LocalURL(s string) string {
	const maxLength = 2048
	if len(s) > maxLength || !strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") ||
		strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c == '\\' || c == 0x7f }) {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || strings.HasPrefix(asBrowser.Replace(u.Path), "//") {
		return ""
	}
	return s
}
