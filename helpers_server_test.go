package signup_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gosignup/signup"
)

// A protocol is a way of serving a handler behind JSONErrors.
type protocol struct {
	name   string
	http2  bool
	nested bool // two JSONErrors, as where a library brings its own
}

var protocols = []protocol{{name: "HTTP/1.1"}, {name: "nested", nested: true}, {name: "HTTP/2", http2: true}}

// A testServer serves h; its client follows no redirects and decodes nothing.
type testServer struct {
	*httptest.Server
	client *http.Client
	log    *logBuffer // the http.Server's own
	begun  *sync.WaitGroup
}

// wait returns when the handlers of all requests have returned, as those that
// outlive their connection do later than Close.
func (s testServer) wait() {
	s.begun.Wait()
	s.Close()
}

func (p protocol) serve(t *testing.T, h http.Handler) testServer {
	t.Helper()
	h = signup.JSONErrors(h, nil)
	if p.nested {
		h = signup.JSONErrors(h, nil)
	}
	return serveBare(t, h, p.http2)
}

func serveBare(t *testing.T, h http.Handler, http2 bool) testServer {
	t.Helper()
	begun := new(sync.WaitGroup)
	s := testServer{log: new(logBuffer), begun: begun}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun.Add(1)
		defer begun.Done()
		h.ServeHTTP(w, r)
	}))
	s.Config.ErrorLog = log.New(s.log, "", 0)
	transport := &http.Transport{DisableCompression: true}
	if http2 {
		s.EnableHTTP2 = true
		s.StartTLS()
		transport.ForceAttemptHTTP2 = true
		transport.TLSClientConfig = &tls.Config{RootCAs: s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	t.Cleanup(transport.CloseIdleConnections)
	s.client = &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       10 * time.Second, // so that a mistake fails the test instead of hanging it
	}
	return s
}

func (s testServer) get(t *testing.T, method, path string, header http.Header) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, nil)
	if err != nil {
		t.Fatalf("http.NewRequestWithContext returned %v, want nil", err)
	}
	for name, values := range header {
		r.Header[name] = values
	}
	res, err := s.client.Do(r)
	if err != nil {
		t.Fatalf("the request returned %v, want nil; the server logged %s", err, s.log)
	}
	if s.EnableHTTP2 != (res.ProtoMajor == 2) {
		t.Fatalf("got the protocol %s, want HTTP/2: %t", res.Proto, s.EnableHTTP2)
	}
	return res
}

// Many handlers behind one server, by path.
func byName[T any](cases []T, get func(T) (string, http.HandlerFunc)) http.Handler {
	handlers := make(map[string]http.HandlerFunc)
	for _, c := range cases {
		name, h := get(c)
		if handlers[name] != nil {
			panic("two cases of the name " + name)
		}
		handlers[name] = h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handlers[r.URL.Query().Get("case")](w, r) })
}

func caseURL(name string) string {
	return "/?case=" + strings.NewReplacer(" ", "+", ",", "%2C", "%", "%25").Replace(name)
}

var bareAnswers = map[int]wireAnswer{
	404: {Error: "404: Not Found", Message: "There is nothing at this URL."},
	405: {Error: "405: Method Not Allowed", Message: "The method is not allowed for this URL."},
	500: {Message: brokenMessage},
}

func writeStatus(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// writeText responds as gin and http.Error do, with each piece in a Write.
func writeText(code int, contentType string, pieces ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if contentType != "" {
			w.Header().Set("Content-Type", contentType)
		}
		w.WriteHeader(code)
		for _, p := range pieces {
			n, err := w.Write([]byte(p))
			if r.Method != http.MethodHead && (n != len(p) || err != nil) {
				panic(fmt.Sprintf("wrote %d of %d bytes, %v", n, len(p), err))
			}
		}
	}
}

func writeError(code int, message string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, message, code) }
}

// onlyReader keeps io.Copy from the WriterTo of what it reads.
type onlyReader struct{ io.Reader }

// captured sends a request and returns the response, and the informational
// responses before it.
func captured(t *testing.T, s testServer, method, path string, header http.Header) (*http.Response, []string) {
	t.Helper()
	var info []string
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		Got1xxResponse: func(code int, header textproto.MIMEHeader) error {
			info = append(info, fmt.Sprint(code, header.Get("Link")))
			return nil
		},
	})
	r, err := http.NewRequestWithContext(ctx, method, s.URL+path, nil)
	if err != nil {
		t.Fatalf("http.NewRequestWithContext returned %v, want nil", err)
	}
	r.Header = header.Clone()
	res, err := s.client.Do(r)
	if err != nil {
		t.Fatalf("the request returned %v, want nil; the server logged %s", err, s.log)
	}
	if strings.Contains(path, "information") && len(info) != 2 {
		t.Errorf("got the informational responses %v, want 2", info)
	}
	return res, info
}
