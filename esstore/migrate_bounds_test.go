package esstore_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup/esstore"
)

// cutBody is a body of which the connection ends too early.
type cutBody struct{}

func (cutBody) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
func (cutBody) Close() error             { return nil }

// troubles are failures after which the same request may succeed.
var troubles = map[string]func() (*http.Response, error){
	"no connection": func() (*http.Response, error) { return nil, errors.New("connection refused") },
	"429": func() (*http.Response, error) {
		return response(429, failedBody(429, "circuit_breaking_exception")), nil
	},
	"503": func() (*http.Response, error) {
		return response(503, failedBody(503, "master_not_discovered_exception")), nil
	},
	"502 as HTML": func() (*http.Response, error) { return response(502, "<html>"), nil },
	"a cut body":  func() (*http.Response, error) { return &http.Response{StatusCode: 200, Body: cutBody{}}, nil },
	"not acknowledged": func() (*http.Response, error) {
		return response(200, notAcknowledged), nil
	},
}

// steps are the requests with which Setup begins: the one that fails, and what is there.
var steps = []struct {
	name, method, path string
	there              string
}{
	{"the first look", "GET", lookPath, `{}`},
	{"making the first index", "PUT", "/users-000001", `{}`},
	{"making the copy", "PUT", "/users-000002", `{"users-000001":` + old + `}`},
	{"taking the lease", "POST", "/_aliases", `{"users-000001":` + old + `}`},
	{"deleting a leftover", "DELETE", "/users-000001", `{"users-000001":` + indexOf(1, "", nil, "", "users-000001.moved-7") +
		`,"users-000002":` + indexOf(3, "users-000001", 7, "", "users", "users-000002.own") + `}`},
}

// A step that fails and may succeed later is tried again, a bounded number of times and
// with pauses. Each failure is logged, and the last one is returned.
func TestSetupRetriesEachStepWithinBounds(t *testing.T) {
	for _, s := range steps {
		for name, trouble := range troubles {
			if strings.Contains(s.name, "first") && name == "not acknowledged" {
				continue
			}
			t.Run(s.name+", "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var log bytes.Buffer
					tries := 0
					store := esstore.New(transportFunc(func(r *http.Request) (*http.Response, error) {
						switch {
						case r.Method == s.method && r.URL.Path == s.path:
							tries++
							return trouble()
						case r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/_stats/docs"):
							return response(http.StatusOK, statsBody), nil
						case r.Method == http.MethodGet:
							return response(http.StatusOK, s.there), nil
						}
						return response(http.StatusOK, `{"acknowledged":true}`), nil
					}), &esstore.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
					begin := time.Now()
					err := store.Setup(t.Context())
					if err == nil {
						t.Fatal("got no error from Setup, want that of the step")
					}
					if tries < 5 || tries > 12 {
						t.Errorf("got %d tries, want about ten", tries)
					}
					if d := time.Since(begin); d < 10*time.Second || d > 5*time.Minute {
						t.Errorf("got %v until Setup returned %v, want between 10s and 5m", d, err)
					}
					if n := strings.Count(log.String(), "tried again"); n != tries-1 {
						t.Errorf("got %d records for %d tries, want one for each but the last", n, tries)
					}
				})
			})
		}
	}
}

// A failure that passes doesn't end Setup.
func TestSetupOutlastsATroubleOfItsFirstLook(t *testing.T) {
	for name, trouble := range troubles {
		if name == "not acknowledged" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := 0
				store := esstore.New(transportFunc(func(*http.Request) (*http.Response, error) {
					if n++; n < 5 {
						return trouble()
					}
					return response(http.StatusOK, mappedBody("users", map[string]string{"users-000001": ours})), nil
				}), nil)
				if err := store.Setup(t.Context()); err != nil || n != 5 {
					t.Errorf("got error %v after %d requests, want none after 5", err, n)
				}
			})
		})
	}
}

// A server that never responds doesn't hold Setup for ever.
func TestSetupEndsWithoutAnyResponse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := esstore.New(transportFunc(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}), nil)
		begin := time.Now()
		err := store.Setup(t.Context())
		if err == nil || !strings.Contains(err.Error(), "no response within 2m0s") {
			t.Errorf("got error %v, want one about the missing response", err)
		}
		if d := time.Since(begin); d > 10*time.Minute {
			t.Errorf("got %v until Setup returned, want 10m at most", d)
		}
	})
}

// An index that exists but isn't listed, for example because it is closed, ends Setup with
// an error.
func TestSetupNamesAnIndexInTheWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		store := esstore.New(transportFunc(func(r *http.Request) (*http.Response, error) {
			n++
			if r.Method == http.MethodGet {
				return response(http.StatusOK, `{"users-000001":`+old+`}`), nil
			}
			return response(http.StatusBadRequest, failedBody(400, "resource_already_exists_exception")), nil
		}), nil)
		begin := time.Now()
		wantSetupError(t, store.Setup(t.Context()), "users-000002", "closed")
		if d := time.Since(begin); d > time.Minute || n > 100 {
			t.Errorf("got %v and %d requests until Setup returned, want 1m and 100 at most", d, n)
		}
	})
}

// An unfinished copy is never taken for the current index.
func TestSetupRefusesAnUnfinishedCopy(t *testing.T) {
	for name, there := range map[string]map[string]string{
		"its source is lost":          {"users-000002": indexOf(3, "users-000001", 7, "", "users-000002.copy-x")},
		"its source has no alias":     {"users-000001": indexOf(3, "", nil, ""), "users-000002": indexOf(3, "users-000001", 7, "", "users-000002.copy-x")},
		"it has got the alias":        {"users-000002": indexOf(3, "users-000001", 7, "", "users", "users-000002.copy-x")},
		"the alias beside its source": {"users-000001": indexOf(3, "", nil, ""), "users-000002": indexOf(3, "users-000001", 7, "", "users", "users-000002.copy-free-x")},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, indices(there))
			wantSetupError(t, f.store().Setup(t.Context()), "users-000002", "unfinished copy of users-000001")
		})
	}
}
