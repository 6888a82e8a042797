package pages_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gosignup/signup/internal/hostile"
)

const formType = "application/x-www-form-urlencoded"

// continued returns a form type of at most n bytes with many parameters that
// mime.ParseMediaType joins.
func continued(n int) string {
	var b strings.Builder
	b.WriteString(formType)
	for i := 0; ; i++ {
		p := fmt.Sprintf(";x*%d=1", i)
		if b.Len()+len(p) > n {
			return b.String()
		}
		b.WriteString(p)
	}
}

// A body that isn't a form as it is sent is refused. It has no fields that could be read,
// and nothing was saved.
func TestBodyOfAnotherType(t *testing.T) {
	site, b := adaAndBrowser(t)
	contentType := func(lines ...string) http.Header { return http.Header{"Content-Type": lines} }
	encoded := func(lines ...string) http.Header {
		return http.Header{"Content-Type": {formType}, "Content-Encoding": lines}
	}
	const multipart = "--x\r\nContent-Disposition: form-data; name=\"first_name\"\r\n\r\nAda\r\n--x--\r\n"
	for _, c := range []struct {
		name     string
		header   http.Header
		body     string
		accepted bool
	}{
		{"multipart", contentType("multipart/form-data; boundary=x"), multipart, false},
		{"plain text", contentType("text/plain"), "first_name=Ada", false},
		{"JSON", contentType("application/json"), `{"first_name": "Ada"}`, false},
		{"no type", contentType(), "first_name=Ada", false},
		{"an empty type", contentType(""), "first_name=Ada", false},
		{"a longer type", contentType(formType + "/x"), "first_name=Ada", false},
		{"two types on two lines", contentType(formType, formType), "first_name=Ada", false},
		{"two types on a line", contentType(formType + ", " + formType), "first_name=Ada", false},
		{"a type of 257 bytes", contentType(formType + strings.Repeat(" ", 257-len(formType))), "first_name=Ada", false},
		{"a type of 1 MiB", contentType(continued(1 << 20)), "first_name=Ada", false},
		{"gzip", encoded("gzip"), "\x1f\x8b\x08\x00first_name=Ada", false},
		{"identity and br", encoded("identity, br"), "first_name=Ada", false},
		{"gzip on a second line", encoded("identity", "gzip"), "first_name=Ada", false},
		{"an encoding of 1 MiB", encoded(strings.Repeat("identity,", 1<<17)), "first_name=Ada", false},
		{"gzip without a body", http.Header{"Content-Encoding": {"gzip"}}, "", false},
		{"identity", encoded("identity"), "first_name=Ada", true},
		{"another spelling", contentType("Application/X-WWW-Form-Urlencoded; charset=utf-8"), "first_name=Ada", true},
		{"a type of 256 bytes", contentType(formType + strings.Repeat(" ", 256-len(formType))), "first_name=Ada", true},
		{"many parameters", contentType(continued(256)), "first_name=Ada", true},
	} {
		c.header.Set("Sec-Fetch-Site", "same-origin")
		writes := site.store.writes.Load()
		s := b.send(http.MethodPost, "/account/profile", c.header, c.body)
		if c.accepted {
			b.follow(s).checkNotice("Your profile has been saved.")
			continue
		}
		s.check(http.StatusUnsupportedMediaType, "The form could not be read")
		name, want := "Accept", formType
		if _, ok := c.header["Content-Encoding"]; ok {
			name, want = "Accept-Encoding", "identity"
		}
		if got := s.header.Get(name); got != want || site.store.writes.Load() != writes {
			t.Errorf("%s: got %s %q and %d writes, want %q and none", c.name, name, got, site.store.writes.Load()-writes, want)
		}
	}
	b.follow(b.send(http.MethodPost, "/account/log-out", http.Header{"Sec-Fetch-Site": {"same-origin"}}, "")).checkNotice("You have logged out.")
}

// A form costs about the same whatever its headers are, and the caller's headers stay.
func TestFormHeadersCostLittle(t *testing.T) {
	site := newSite(t)
	cost := func(header http.Header, body string) float64 {
		return testing.AllocsPerRun(5, func() {
			r := httptest.NewRequest(http.MethodPost, baseURL+"/account/log-in", strings.NewReader(body))
			r.Header = header
			site.ServeHTTP(httptest.NewRecorder(), r)
		})
	}
	lines := maps.Clone(hostile.Headers)
	lines["parameters with numbers, 256 bytes"] = []string{continued(256)}
	lines["parameters with numbers, 4 KiB"] = []string{continued(4 << 10)}
	for _, body := range []string{"", "email_address=ada"} {
		usual := cost(http.Header{"Content-Type": {formType}}, body)
		for name, l := range lines {
			for _, field := range []string{"Content-Type", "Content-Encoding"} {
				header := http.Header{"Content-Type": {formType}}
				header[field] = l
				if got := cost(header, body); got > usual+10 {
					t.Errorf("a body of %d bytes, %s of %s: a request allocated %.0f times, want at most 10 more than the usual %.0f", len(body), field, name, got, usual)
				}
				if got := header[field]; len(got) != len(l) || got[0] != l[0] {
					t.Errorf("%s of %s: the request has %d lines of it afterwards, want those that were sent", field, name, len(got))
				}
			}
		}
	}
}
