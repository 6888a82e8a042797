package esstore_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

// echo is a response with what show makes of the last document.
func echo(status int, contentType string, show func(document string) string) step {
	return func(w http.ResponseWriter, _ *http.Request, writes []string) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, show(writes[len(writes)-1]))
	}
}

// inError puts the document into a member of Elasticsearch's error.
func inError(status int, member string) func(string) string {
	return func(document string) string {
		e := map[string]any{"type": "document_parsing_exception", "reason": "because"}
		e[member] = document
		b, err := json.Marshal(map[string]any{"error": e, "status": status})
		if err != nil {
			panic(err)
		}
		return string(b)
	}
}

// echoes are responses that quote the document, with what each shows of it.
func echoes(status int) []namedStep {
	return []namedStep{
		{"reason", echo(status, "application/json", func(d string) string { return inError(status, "reason")("Preview of field's value: " + d) })},
		{"type", echo(status, "application/json", inError(status, "type"))},
		{"short type", echo(status, "application/json", func(string) string {
			return inError(status, "type")("$2a$04$hashqxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxy")
		})},
		{"address as type", echo(status, "application/json", func(string) string { return inError(status, "type")("ada.qx@example.org") })},
		{"type in lines", echo(status, "application/json", func(string) string { return inError(status, "type")("a\nhashqx\x1b[31m") })},
		{"error that is a text", echo(status, "application/json", func(d string) string { return fmt.Sprintf(`{"error":%q}`, d) })},
		{"document itself", echo(status, "application/json", func(d string) string { return d })},
		{"HTML", echo(status, "text/html", func(d string) string { return "<html><pre>" + html.EscapeString(d) + "</pre></html>" })},
		{"HTML as it came", echo(status, "text/html", func(d string) string { return d + "<html>" })},
		{"text", echo(status, "text/plain", func(string) string { return "hashqx" })},
		{"another's answer", echo(status, "application/json", func(d string) string { return fmt.Sprintf(`{"_index":%q,"result":%q,"found":%q}`, d, d, d) })},
	}
}

// wantNoSecret checks that err has nothing of a document or a response, except for these
// words.
func wantNoSecret(t *testing.T, err error, allowed ...string) {
	t.Helper()
	for e := err; e != nil; e = errors.Unwrap(e) {
		for _, verb := range []string{"%v", "%+v", "%q", "%#v"} {
			text := fmt.Sprintf(verb, e)
			for _, secret := range append(secrets, "because", "Preview", "\x1b") {
				if strings.Contains(text, secret) && !slices.Contains(allowed, secret) {
					t.Errorf("got error %s with %q, want it without", text, secret)
				}
			}
		}
	}
}

// Errors end up in logs, where neither addresses nor hashes must be.
func TestErrorsKeepSecrets(t *testing.T) {
	for _, status := range []int{200, 301, 400, 404, 409, 429, 502} {
		for _, e := range echoes(status) {
			for name, write := range writes {
				t.Run(fmt.Sprintf("%s, %d, %s", name, status, e.name), func(t *testing.T) {
					f := newFake(t)
					u := f.stored(t)
					f.then(e.step)
					// The GET after it quotes the document as well.
					if status < 300 || status == http.StatusConflict || status >= 500 {
						f.then(e.step)
					}
					err := write(t.Context(), f.store(), &u)
					wantNoSecret(t, err)
					if err == nil {
						t.Error("got no error, want one")
					}
				})
			}
		}
	}
}

func TestErrorsOfGetKeepSecrets(t *testing.T) {
	for _, status := range []int{200, 400, 403, 404, 429, 500, 503} {
		for _, e := range append(echoes(status),
			namedStep{"another's document", foundExcept(0, map[string]any{"key": "example.org"})},
			namedStep{"time", foundExcept(0, map[string]any{"created_at": "hashqx"})},
			namedStep{"number", foundExcept(0, map[string]any{"password": 1})},
			namedStep{"object", foundExcept(0, map[string]any{"profile": "Enginesqx"})},
		) {
			t.Run(fmt.Sprintf("%d, %s", status, e.name), func(t *testing.T) {
				f := newFake(t)
				u := f.stored(t)
				f.then(e.step)
				_, err := f.store().Get(t.Context(), u.Key())
				wantNoSecret(t, err)
				if err == nil {
					t.Error("got no error, want one")
				}
			})
		}
	}
}

// The text of an error has the method, the status and the type.
func TestErrorTexts(t *testing.T) {
	for _, test := range []struct {
		step step
		want string
	}{
		{failed(http.StatusBadRequest, "document_parsing_exception"), "esstore: get: status 400, document_parsing_exception"},
		{failed(http.StatusForbidden, "security_exception"), "esstore: get: status 403, security_exception"},
		{noIndex, "esstore: get: status 404, index_not_found_exception (is the store set up?)"},
		{page(http.StatusBadGateway), "esstore: get: status 502"},
		{failed(http.StatusServiceUnavailable, strings.Repeat("x", 101)), "esstore: get: status 503"},
		{failed(http.StatusServiceUnavailable, "Odd-Type"), "esstore: get: status 503"},
		{page(http.StatusOK), "esstore: get: status 200, the response is not Elasticsearch's"},
		{truncated(http.StatusOK, "{}"), "esstore: get: status 200, the response could not be read: unexpected EOF"},
		{nothing, "esstore: get: signup: user not found"},
	} {
		f := newFake(t, test.step)
		_, err := f.store().Get(t.Context(), "ada.qx@example.org")
		if err == nil || err.Error() != test.want {
			t.Errorf("got error %v, want %s", err, test.want)
		}
	}
}

// net/http quotes what it can't read, and that may be the request, sent back.
func TestErrorsOfBrokenHTTPKeepSecrets(t *testing.T) {
	for _, head := range []string{
		"", "HTTP/1.1 ", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: ",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",                 // a chunk's length
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", // a trailer
	} {
		raw := func(w http.ResponseWriter, _ *http.Request, writes []string) {
			c, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = fmt.Fprintf(c, "%s%s\r\n\r\n", head, writes[len(writes)-1])
			_ = c.Close()
		}
		for name, write := range writes {
			t.Run(fmt.Sprintf("%s, %q", name, head), func(t *testing.T) {
				f := newFake(t)
				u := f.stored(t)
				f.then(raw, down)
				err := write(t.Context(), f.store(), &u)
				if err == nil {
					t.Fatal("got no error, want one")
				}
				for ; err != nil; err = errors.Unwrap(err) {
					for _, secret := range secrets {
						if strings.Contains(err.Error(), secret) {
							t.Errorf("got error %v with %q, want it without", err, secret)
						}
					}
				}
			})
		}
	}
}

// The error of an invalid user doesn't quote the user.
func TestErrorsOfInvalidUsersKeepSecrets(t *testing.T) {
	for _, change := range []func(*signup.User){
		func(u *signup.User) { u.ID = "" },
		func(u *signup.User) { u.PasswordHash = signup.Hash("hashqx\xff") },
		func(u *signup.User) { u.Profile["Enginesqx\xff"] = "" },
		func(u *signup.User) { u.CreatedAt = u.CreatedAt.AddDate(9000, 0, 0) },
	} {
		f := newFake(t)
		u := newUser()
		change(&u)
		wantNoSecret(t, f.store().Create(t.Context(), &u))
	}
}

// Where a request has no user's data, the error has Elasticsearch's reason, in one line.
func TestErrorsOfSetupHaveReason(t *testing.T) {
	const body = `{"error":{"root_cause":[{"type":"validation_exception","reason":"this action\u001b[31m would\nadd [2] shards"}],` +
		`"type":"validation_exception","reason":"because"},"status":400}`
	want := `esstore: set up: status 400, validation_exception: "this action [31m would add [2] shards"`
	f := newFake(t, empty, respond(http.StatusBadRequest, body))
	if err := f.store().Setup(t.Context()); err == nil || err.Error() != want {
		t.Errorf("got error %v, want %s", err, want)
	}
}

// Import, Export and Check send requests with users' data too, of which no reason is shown.
func TestErrorsOfOtherMethodsKeepSecrets(t *testing.T) {
	shown := marshal(object{"users-000001": healthy(t)})
	for _, status := range []int{400, 403, 404, 429, 502} {
		for _, e := range echoes(status) {
			refusing := func(r *http.Request) (*http.Response, error) {
				switch {
				case r.URL.Path == lookPath:
					return response(http.StatusOK, shown), nil
				case strings.HasSuffix(r.URL.Path, "/_refresh"):
					return response(http.StatusOK, `{"_shards":{"total":1,"successful":1,"failed":0}}`), nil
				case strings.HasSuffix(r.URL.Path, "/_pit"):
					return response(http.StatusOK, `{"id":"A"}`), nil
				case strings.HasSuffix(r.URL.Path, "/_stats/docs"):
					return response(http.StatusOK, `{"_shards":{"total":2,"successful":2,"failed":0}}`), nil
				case r.URL.Path == "/_index_template", r.URL.Path == "/_cluster/settings", strings.HasSuffix(r.URL.Path, "_has_privileges"):
					return response(http.StatusForbidden, "{}"), nil
				}
				w := httptest.NewRecorder()
				e.step(w, r, []string{document})
				return w.Result(), nil
			}
			t.Run(fmt.Sprintf("%d, %s", status, e.name), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					store := esstore.New(transportFunc(refusing), nil)
					ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
					defer cancel()
					var results []error
					_, err := store.Import(ctx, func(yield func(signup.User, error) bool) { yield(newUser(), nil) },
						&esstore.ImportOptions{CheckHash: func(signup.Hash) error { return nil }})
					results = append(results, err)
					_, err = store.Export(ctx, io.Discard, nil)
					results = append(results, err)
					findings, err := store.Check(ctx)
					results = append(results, err)
					for _, f := range findings {
						results = append(results, errors.New(f.Problem+f.Remedy+f.Request))
					}
					for _, err := range results {
						wantNoSecret(t, err)
					}
				})
			})
		}
	}
}
