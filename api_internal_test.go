package signup

import "net/http"

// An APICall is an endpoint of NewAPI, for tests in package signup_test.
type APICall struct {
	Path, Method, Text string
	Fields             []APIField
	Declared           bool
	Session, Fresh     bool // what it needs
	Returns            []string
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

// APICalls returns the table of endpoints.
func APICalls() (calls []APICall) {
	for _, e := range apiEndpoints {
		c := APICall{
			Path: e.path, Method: http.MethodPost, Text: e.text, Declared: e.declared, Returns: e.returns,
			Session: e.session != withoutSession, Fresh: e.session == withFreshSession,
		}
		if e.isGet {
			c.Method = http.MethodGet
		}
		for _, f := range e.fields {
			c.Fields = append(c.Fields, APIField{f.name, f.kind == kindBoolean, f.required})
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
