package signup_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"slices"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/wiretest"
)

// An apiClient is a browser that uses the API.
type apiClient struct {
	*apiTest
	http.Client
	url    string // that the paths of endpoints follow
	header http.Header
}

// client returns a browser without cookies.
func (t *apiTest) client() *apiClient {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &apiClient{t, http.Client{Jar: jar, Transport: t}, "https://example.org/account/", http.Header{
		"User-Agent": {"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"},
	}}
}

// An apiResponse is what a client has received.
type apiResponse struct {
	Status  int
	Header  http.Header
	Cookies []*http.Cookie
	Text    string
	Code    string // of the message
	Success bool
	Members map[string]json.RawMessage
}

// raw sends a request to the endpoint path.
func (c *apiClient) raw(method, path, body string, header http.Header) apiResponse {
	c.Helper()
	r, err := http.NewRequestWithContext(c.Context(), method, c.url+path, strings.NewReader(body))
	if err != nil {
		c.Fatal(err)
	}
	maps.Copy(r.Header, c.header)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	maps.Copy(r.Header, header)
	res, err := c.Do(r)
	if err != nil {
		c.Fatalf("%s %s returned %v, want nil", method, path, err)
	}
	text, err := io.ReadAll(res.Body)
	if err != nil {
		c.Fatalf("reading the body returned %v, want nil", err)
	}
	_ = res.Body.Close()
	got := apiResponse{Status: res.StatusCode, Header: res.Header, Cookies: res.Cookies(), Text: string(text)}
	c.note(got)
	if method != http.MethodHead && len(text) > 0 {
		if err := json.Unmarshal(text, &got.Members); err != nil {
			c.Fatalf("%s %s: decoding the body %s returned %v, want nil", method, path, wiretest.Shown(text), err)
		}
		_ = json.Unmarshal(got.Members["code"], &got.Code)
		_ = json.Unmarshal(got.Members["success"], &got.Success)
	}
	return got
}

// call sends a request to an endpoint, with fields and their values by turns, and checks
// that the table of endpoints has the response. want is "status code".
func (c *apiClient) call(want, path string, fields ...any) apiResponse {
	c.Helper()
	in := make(map[string]any)
	for i := 0; i < len(fields); i += 2 {
		in[fields[i].(string)] = fields[i+1]
	}
	body, err := json.Marshal(in)
	if err != nil {
		c.Fatal(err)
	}
	e := apiCall(c, path)
	text := string(body)
	if e.Method == http.MethodGet {
		text = ""
	}
	res := c.raw(e.Method, path, text, nil)
	c.check(e, res)
	if got := res.brief(); got != want {
		c.Errorf("%s: got %q, want %q", path, got, want)
	}
	return res
}

// brief returns the status and code of the response.
func (r apiResponse) brief() string {
	return strings.TrimSpace(http.StatusText(r.Status) + " " + r.Code)
}

// check checks that res is a response that the table has for e.
func (c *apiClient) check(e signup.APICall, res apiResponse) {
	c.Helper()
	kind := signup.APIResult{Status: res.Status, Code: res.Code}
	if res.Members["errors"] != nil {
		kind.Code = ""
	}
	if !slices.Contains(e.All, kind) {
		c.Errorf("%s: got the status %d with the code %q, want one of the table: %v", e.Path, res.Status, res.Code, e.All)
	}
	if res.Header.Get("Content-Type") != "application/json" || res.Header.Get("Cache-Control") != "no-store" {
		c.Errorf("%s: got Content-Type %q, Cache-Control %q; want application/json, no-store", e.Path, res.Header.Get("Content-Type"), res.Header.Get("Cache-Control"))
	}
	headers := signup.APIHeaders(e.Path, kind)
	for i := range headers {
		headers[i].Name = http.CanonicalHeaderKey(headers[i].Name)
	}
	own := res.Header.Clone()
	own.Del("Date") // of net/http
	own.Del("Connection")
	c.checkNames(e, "header", slices.Collect(maps.Keys(own)), headers)
	if res.Header.Get("Content-Disposition") != "" {
		return // a file
	}
	if res.Success != (res.Status < 400) {
		c.Errorf("%s: got success %t with status %d, want true below 400", e.Path, res.Success, res.Status)
	}
	members := e.Returns
	if res.Status >= 400 {
		members = nil
	}
	form := []signup.APIMember{{"message", false}, {"code", false}, {"success", true}, {"error", true}, {"errors", true}}
	c.checkNames(e, "member", slices.Collect(maps.Keys(res.Members)), slices.Concat(form, members))
}

// checkNames checks that names are those of the table.
func (c *apiClient) checkNames(e signup.APICall, what string, names []string, table []signup.APIMember) {
	c.Helper()
	for _, m := range table {
		if !m.Optional && !slices.Contains(names, m.Name) {
			c.Errorf("%s: got a response without the %s %s, want it: %v", e.Path, what, m.Name, names)
		}
	}
	for _, name := range names {
		if !slices.ContainsFunc(table, func(m signup.APIMember) bool { return m.Name == name }) {
			c.Errorf("%s: got the %s %s, want only those of the table: %v", e.Path, what, name, table)
		}
	}
}

// apiCall returns the endpoint path.
func apiCall(t testing.TB, path string) signup.APICall {
	t.Helper()
	calls := signup.APICalls()
	i := slices.IndexFunc(calls, func(c signup.APICall) bool { return c.Path == path })
	if i < 0 {
		t.Fatalf("there is no endpoint %q, want one", path)
	}
	return calls[i]
}

// logIn logs the user of email in with password.
func (c *apiClient) logIn(email, password string) apiResponse {
	c.Helper()
	return c.call("OK logged_in", "log-in", "email_address", email, "password", password)
}

// signUp registers the user of email with goodPassword, and logs in.
func (c *apiClient) signUp(email string) {
	c.Helper()
	c.call("OK registered", "sign-up", "email_address", email, "password", goodPassword)
	c.logIn(email, goodPassword)
	c.mails.take()
}

// devices returns what the endpoint devices lists.
func (c *apiClient) devices() []signup.DeviceInfo {
	c.Helper()
	return member[[]signup.DeviceInfo](c, c.call("OK done", "devices"), "devices")
}

// member decodes the member name of res.
func member[T any](c *apiClient, res apiResponse, name string) (v T) {
	c.Helper()
	if err := json.Unmarshal(res.Members[name], &v); err != nil {
		c.Errorf("decoding the member %s returned %v, want nil", name, err)
	}
	return v
}
