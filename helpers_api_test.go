package signup_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/leaktest"
	"github.com/gosignup/signup/internal/wiretest"
)

// An apiTest is an API in memory, with what it has sent, kept and logged.
type apiTest struct {
	testing.TB
	a        *signup.Accounts
	mails    *outbox
	sessions *memorySessions
	opts     *signup.APIOptions
	h        http.Handler
	log      *logBuffer

	mu      sync.Mutex
	shown   strings.Builder // what clients have received, without the values of cookies
	cookies []string        // the values of the cookies
}

// newAPITest returns an API whose Accounts change has changed. The texts of its
// responses are codes in brackets.
func newAPITest(t testing.TB, change func(*signup.Accounts)) *apiTest {
	a, o := mailAccounts()
	a.Hasher = plainHasher{} // the hashes in the Store have the passwords
	a.Limits.PerOrigin = 1_000_000
	if change != nil {
		change(a)
	}
	logger, log := newLog(t)
	l := &apiTest{TB: t, a: a, mails: o, sessions: newSessions(), log: log, opts: &signup.APIOptions{
		Logger: logger, Translate: func(_ []string, m signup.Message) string { return bracketed(m.Code) },
	}}
	l.h = signup.NewAPI(a, l.sessions, l.opts)
	return l
}

// RoundTrip serves r without a network.
func (t *apiTest) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.RemoteAddr = "192.0.2.1:1234"
	r.RequestURI = r.URL.RequestURI()
	if r.Body == nil {
		r.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	t.h.ServeHTTP(w, r)
	res := w.Result()
	res.Request = r
	return res, nil
}

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
		_ = json.Unmarshal(got.Members["message"], &got.Code)
		_ = json.Unmarshal(got.Members["success"], &got.Success)
		got.Code = strings.Trim(got.Code, "⟦⟧")
	}
	return got
}

// note keeps what is searched for secrets. The values of cookies are kept apart.
func (t *apiTest) note(res apiResponse) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for name, values := range res.Header {
		if name != "Set-Cookie" {
			t.shown.WriteString(name + ": " + strings.Join(values, ", ") + "\n")
		}
	}
	for _, cookie := range res.Cookies {
		if cookie.Value != "" {
			t.cookies = append(t.cookies, cookie.Value)
		}
	}
	t.shown.WriteString(res.Text)
}

// leaked returns those of secrets, and of the values of cookies, that are in a body, a
// header or the log.
func (t *apiTest) leaked(secrets ...string) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return leaktest.Find(t.shown.String()+t.log.String(), slices.Concat(secrets, t.cookies))
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
	if challenge := res.Header.Get("WWW-Authenticate"); (challenge != "") != (res.Status == http.StatusUnauthorized) {
		c.Errorf("%s: got the challenge %q with status %d, want one with 401 and none otherwise", e.Path, challenge, res.Status)
	}
	if res.Header.Get("Content-Disposition") != "" {
		return // a file
	}
	if res.Success != (res.Status < 400) {
		c.Errorf("%s: got success %t with status %d, want true below 400", e.Path, res.Success, res.Status)
	}
	for name := range res.Members {
		isForm := slices.Contains([]string{"message", "success", "error", "errors"}, name)
		if !isForm && (res.Status >= 400 || !slices.Contains(e.Returns, name)) {
			c.Errorf("%s: got the member %s with status %d, want only %v with 200", e.Path, name, res.Status, e.Returns)
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

// member decodes the member name of res.
func member[T any](c *apiClient, res apiResponse, name string) (v T) {
	c.Helper()
	if err := json.Unmarshal(res.Members[name], &v); err != nil {
		c.Errorf("decoding the member %s returned %v, want nil", name, err)
	}
	return v
}
