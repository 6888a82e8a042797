package signup

import "net/http"

// An apiHeader is a header of a response.
type apiHeader struct {
	name     string
	optional bool // a response of the kind may lack it
}

// eachHeader are the headers that every response has. With APIOptions.Translate, it also
// has Vary.
var eachHeader = []apiHeader{
	{"Cache-Control", false}, {"Content-Length", false}, {"Content-Type", false}, {"Vary", true},
	{"X-Content-Type-Options", false},
}

// headers returns the headers that a response of e of the kind r has, beside those of
// every response.
func (e apiEndpoint) headers(r apiResult) []apiHeader {
	switch r.status {
	case http.StatusUnauthorized:
		return []apiHeader{{"WWW-Authenticate", false}}
	case http.StatusMethodNotAllowed:
		return []apiHeader{{"Allow", false}}
	case http.StatusUnsupportedMediaType:
		return []apiHeader{{"Accept-Encoding", false}}
	case http.StatusTooManyRequests:
		return []apiHeader{{"Retry-After", false}}
	case http.StatusServiceUnavailable:
		return []apiHeader{{"Retry-After", true}} // not if the request was abandoned
	case http.StatusOK, http.StatusAccepted:
		switch {
		case r.code == "":
			return []apiHeader{{"Content-Disposition", false}}
		case e.cookies:
			return []apiHeader{{"Set-Cookie", true}}
		}
	}
	return nil
}
