package signup

import (
	"net/http"
	"slices"
)

// An APICall is an endpoint of NewAPI, for tests in package signup_test.
type APICall struct {
	Path, Method, Text string
	Fields             []APIField
	Declared           bool
	Session, Fresh     bool // what it needs
	IdempotencyKey     bool
	Returns            []APIMember
	Own, All           []APIResult
}

// An APIField is a field of an APICall.
type APIField struct {
	Name              string
	Boolean, Required bool
}

// An APIResult is a kind of response.
type APIResult struct {
	Status int
	Code   string
}

// An APIMember is a member of a response, or a header.
type APIMember struct {
	Name     string
	Optional bool
}

// APICalls returns the table of endpoints.
func APICalls() (calls []APICall) {
	for _, e := range apiEndpoints {
		c := APICall{
			Path: e.path, Method: http.MethodPost, Text: e.text, Declared: e.declared, IdempotencyKey: e.idempotencyKey,
			Session: e.session != withoutSession, Fresh: e.session == withFreshSession,
		}
		if e.isGet {
			c.Method = http.MethodGet
		}
		for _, f := range e.fields {
			c.Fields = append(c.Fields, APIField{f.name, f.kind == kindBoolean, f.required})
		}
		for _, m := range e.returns {
			c.Returns = append(c.Returns, APIMember{m.name, m.optional})
		}
		for _, r := range e.results {
			c.Own = append(c.Own, APIResult{r.status, r.code})
		}
		for _, r := range e.allResults() {
			c.All = append(c.All, APIResult{r.status, r.code})
		}
		calls = append(calls, c)
	}
	return calls
}

// APIHeaders returns the headers of a response of the endpoint path with the kind.
func APIHeaders(path string, kind APIResult) (headers []APIMember) {
	for _, e := range apiEndpoints {
		if e.path == path {
			for _, h := range slices.Concat(eachHeader, e.headers(apiResult{kind.Status, kind.Code})) {
				headers = append(headers, APIMember{h.name, h.optional})
			}
		}
	}
	return headers
}
