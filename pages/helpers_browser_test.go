package pages_test

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// A browser is a client with cookies. It follows links, forms and redirects, and checks
// each response as checkResponse does.
type browser struct {
	site   *testSite
	client *http.Client
	// header is sent with each request.
	header http.Header
	// noCookies makes the browser keep no cookies.
	noCookies bool
}

func (s *testSite) browser() *browser {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	b := &browser{site: s, header: http.Header{}}
	b.client = &http.Client{
		Jar: jar, Transport: roundTripper{s},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return b
}

// A screen is a response that a browser shows.
type screen struct {
	t       testing.TB
	status  int
	header  http.Header
	path    string // with the query
	body    string
	doc     *html.Node
	through []string // the paths of the redirects that led to it
}

// send sends a request as it is and returns the response to it. No redirect is followed.
func (b *browser) send(method, path string, header http.Header, body string) *screen {
	b.site.t.Helper()
	r, err := http.NewRequest(method, baseURL+path, strings.NewReader(body))
	if err != nil {
		b.site.t.Fatal(err)
	}
	maps.Copy(r.Header, b.header)
	maps.Copy(r.Header, header)
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
	}
	if b.noCookies {
		b.client.Jar, _ = cookiejar.New(nil)
	}
	res, err := b.client.Do(r)
	if err != nil {
		b.site.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.site.t.Fatal(err)
	}
	s := &screen{t: b.site.t, status: res.StatusCode, header: res.Header, path: path, body: string(text)}
	if s.doc, err = html.Parse(bytes.NewReader(text)); err != nil {
		b.site.t.Fatal(err)
	}
	b.site.checkResponse(s, method)
	return s
}

// get opens a path beneath baseURL, and follows redirects.
func (b *browser) get(path string) *screen {
	b.site.t.Helper()
	return b.follow(b.send(http.MethodGet, path, nil, ""))
}

// page opens a page of the site, such as "log-in", and follows redirects.
func (b *browser) page(name string) *screen {
	b.site.t.Helper()
	return b.get("/account/" + name)
}

// follow returns the response that the redirects of s lead to.
func (b *browser) follow(s *screen) *screen {
	b.site.t.Helper()
	through := s.through
	for s.header.Get("Location") != "" && len(through) < 10 {
		if s.status != http.StatusSeeOther {
			b.site.t.Errorf("%s redirects with status %d, want 303", s.path, s.status)
		}
		location := s.header.Get("Location")
		through = append(through, location)
		if !strings.HasPrefix(location, "/account/") {
			return &screen{t: b.site.t, path: location, through: through, doc: s.doc} // of the application
		}
		s = b.send(http.MethodGet, location, nil, "")
	}
	s.through = through
	return s
}

// post posts values to a path as a browser does from a page of the site, and follows
// redirects.
func (b *browser) post(path string, values url.Values) *screen {
	b.site.t.Helper()
	return b.follow(b.postOnly(path, values))
}

// postOnly is post without following redirects.
func (b *browser) postOnly(path string, values url.Values) *screen {
	b.site.t.Helper()
	return b.send(http.MethodPost, path, http.Header{
		"Content-Type": {"application/x-www-form-urlencoded"}, "Origin": {baseURL}, "Sec-Fetch-Site": {"same-origin"},
	}, values.Encode())
}

// submit fills in the form of s that has the button, by the labels of its fields, and
// posts it. A checkbox is checked if its value isn't empty. What is typed into a password
// field is a secret from then on.
func (b *browser) submit(s *screen, button string, typed map[string]string) *screen {
	b.site.t.Helper()
	path, values := b.fill(s, button, typed)
	return b.post(path, values)
}

// fill returns what submit posts.
func (b *browser) fill(s *screen, button string, typed map[string]string) (path string, values url.Values) {
	b.site.t.Helper()
	form := s.form(button)
	values = url.Values{}
	for _, in := range all(form, "input", "textarea") {
		if attr(in, "type") == "checkbox" && !has(in, "checked") {
			continue
		}
		values.Set(attr(in, "name"), valueOf(in))
	}
	for label, value := range typed {
		in := s.field(form, label)
		if attr(in, "type") == "password" {
			b.site.hide(value)
		}
		if attr(in, "type") == "checkbox" && value == "" {
			values.Del(attr(in, "name"))
			continue
		}
		if has(in, "readonly") {
			b.site.t.Errorf("the field %q is read-only, want one that can be filled in", label)
		}
		values.Set(attr(in, "name"), value)
	}
	return attr(form, "action"), values
}

// click follows the link of s with the text.
func (b *browser) click(s *screen, text string) *screen {
	b.site.t.Helper()
	return b.get(s.link(text))
}

// cookie returns the value of a cookie that the browser keeps, or "".
func (b *browser) cookie(name string) string {
	u, _ := url.Parse(baseURL)
	for _, c := range b.client.Jar.Cookies(u) {
		if strings.TrimPrefix(c.Name, "__Host-") == name {
			return c.Value
		}
	}
	return ""
}
