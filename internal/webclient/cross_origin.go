package webclient

import "net/http"

// maxOrigin is the length of the longest Origin header that is parsed, in bytes. That of
// a browser is a scheme, a host of at most 253 bytes, and a port.
const maxOrigin = 1 << 10

// CheckOrigin is [http.CrossOriginProtection.Check] for a p without bypass patterns, except
// that a longer Origin header than 1024 bytes is that of another site, and isn't parsed.
func CheckOrigin(p *http.CrossOriginProtection, r *http.Request) error {
	if len(r.Header.Get("Origin")) > maxOrigin {
		r = &http.Request{Method: r.Method, Header: http.Header{"Sec-Fetch-Site": {"cross-site"}}}
	}
	return p.Check(r)
}
