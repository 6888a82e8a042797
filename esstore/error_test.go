package esstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

// methods call the methods of a Store that send requests, by Error.Op. u is a
// stored user.
var methods = map[string]func(ctx context.Context, s *esstore.Store, u signup.User) error{
	"create": func(ctx context.Context, s *esstore.Store, u signup.User) error { return s.Create(ctx, &u) },
	"get": func(ctx context.Context, s *esstore.Store, u signup.User) error {
		_, err := s.Get(ctx, u.Key())
		return err
	},
	"update": func(ctx context.Context, s *esstore.Store, u signup.User) error { return s.Update(ctx, &u) },
	"delete": func(ctx context.Context, s *esstore.Store, u signup.User) error { return s.Delete(ctx, u) },
	"search": func(ctx context.Context, s *esstore.Store, _ signup.User) error {
		for _, err := range s.Search(ctx, signup.Query{}) {
			if err != nil {
				return err
			}
		}
		return nil
	},
	"refresh": func(ctx context.Context, s *esstore.Store, _ signup.User) error { return s.Refresh(ctx) },
	"export": func(ctx context.Context, s *esstore.Store, _ signup.User) error {
		_, err := s.Export(ctx, &bytes.Buffer{}, nil)
		return err
	},
	"import": func(ctx context.Context, s *esstore.Store, u signup.User) error {
		_, err := s.Import(ctx, sequence(u), nil)
		return err
	},
	"set up":  func(ctx context.Context, s *esstore.Store, _ signup.User) error { return s.Setup(ctx) },
	"reindex": func(ctx context.Context, s *esstore.Store, _ signup.User) error { return s.Reindex(ctx) },
	"check": func(ctx context.Context, s *esstore.Store, _ signup.User) error {
		_, err := s.Check(ctx)
		return err
	},
}

// versionedUser returns a user as Get does, with a Version.
func versionedUser(t *testing.T) signup.User {
	t.Helper()
	u := newUser()
	store := esstore.New(transportFunc(func(*http.Request) (*http.Response, error) {
		return response(http.StatusCreated, doneBody("created", 0)), nil
	}), nil)
	if err := store.Create(t.Context(), &u); err != nil {
		t.Fatalf("got error %v from Create, want none", err)
	}
	return u
}

func wantError(t *testing.T, err error, op string, status int, kind string) {
	t.Helper()
	e, ok := errors.AsType[*esstore.Error](err)
	if !ok {
		t.Fatalf("got error %v of type %T, want one with an *esstore.Error", err, err)
	}
	if e.Op != op || e.Status != status || e.Type != kind {
		t.Errorf("got Op %q, Status %d, Type %q of error %v, want %q, %d, %q", e.Op, e.Status, e.Type, err, op, status, kind)
	}
}

// Every method that sends requests returns *Error if Elasticsearch refuses one.
func TestErrorOfRefusedRequest(t *testing.T) {
	for op, call := range methods {
		t.Run(op, func(t *testing.T) {
			u := versionedUser(t)
			status, kind := http.StatusForbidden, "security_exception"
			if op == "check" { // which has a finding for 403
				status, kind = http.StatusBadRequest, "illegal_argument_exception"
			}
			store := esstore.New(transportFunc(func(*http.Request) (*http.Response, error) {
				return response(status, failedBody(status, kind)), nil
			}), nil)
			err := call(t.Context(), store, u)
			wantError(t, err, op, status, kind)
			if cause := errors.Unwrap(err); cause != nil {
				t.Errorf("got cause %v, want none", cause)
			}
			if errors.Is(err, signup.ErrBusy) {
				t.Errorf("got ErrBusy for error %v, want another error", err)
			}
		})
	}
}

// Without a response, Status is 0, and the error wraps the cause.
func TestErrorWithoutResponse(t *testing.T) {
	for op, call := range methods {
		t.Run(op, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			u := versionedUser(t)
			store := esstore.New(transportFunc(func(r *http.Request) (*http.Response, error) {
				cancel()
				return nil, ctx.Err()
			}), nil)
			err := call(ctx, store, u)
			wantError(t, err, op, 0, "")
			if !errors.Is(err, context.Canceled) {
				t.Errorf("got error %v, want one that wraps context.Canceled", err)
			}
		})
	}
}

// A request that isn't sent is an *Error too.
func TestErrorOfUnsentRequest(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for op, call := range methods {
		t.Run(op, func(t *testing.T) {
			u := versionedUser(t)
			err := call(ctx, esstore.New(transportFunc(func(r *http.Request) (*http.Response, error) {
				t.Errorf("got the request %s %s, want none", r.Method, r.URL.Path)
				return nil, ctx.Err()
			}), nil), u)
			wantError(t, err, op, 0, "")
			if !errors.Is(err, context.Canceled) {
				t.Errorf("got error %v, want one that wraps context.Canceled", err)
			}
			wantError(t, call(t.Context(), esstore.New(nil, nil), u), op, 0, "")
		})
	}
}

// If the outcome of a write is unknown because the context is done, the error has
// the status of the write and wraps the context's error.
func TestErrorOfUnknownOutcome(t *testing.T) {
	for _, op := range []string{"create", "update", "delete"} {
		t.Run(op, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			u, n := versionedUser(t), 0
			store := esstore.New(transportFunc(func(*http.Request) (*http.Response, error) {
				if n++; n > 1 {
					cancel()
				}
				return response(http.StatusBadGateway, ""), nil
			}), nil)
			err := methods[op](ctx, store, u)
			wantError(t, err, op, http.StatusBadGateway, "")
			if !errors.Is(err, context.Canceled) || errors.Is(err, signup.ErrBusy) {
				t.Errorf("got error %v, want one that wraps context.Canceled and not ErrBusy", err)
			}
		})
	}
}

// An Update that reads first returns the error of that read as its own.
func TestErrorOfUpdateThatReads(t *testing.T) {
	f := newFake(t, down)
	u := newUser()
	err := f.store().Update(t.Context(), &u)
	wantError(t, err, "update", http.StatusServiceUnavailable, "no_shard_available_action_exception")
}

// The error of an ImportResult is an *Error with the status of its user.
func TestErrorOfImportResult(t *testing.T) {
	for _, test := range []struct {
		status int
		kind   string
		body   string
	}{
		{http.StatusBadRequest, "document_parsing_exception", `{"items":[{"create":{"status":400,"error":{"type":"document_parsing_exception"}}}]}`},
		{http.StatusForbidden, "security_exception", `{"items":[{"create":{"status":403,"error":{"type":"security_exception"}}}]}`},
		{http.StatusRequestEntityTooLarge, "", ""},
	} {
		t.Run(fmt.Sprint(test.status), func(t *testing.T) {
			store := esstore.New(transportFunc(func(*http.Request) (*http.Response, error) {
				if test.body == "" {
					return response(test.status, ""), nil
				}
				return response(http.StatusOK, test.body), nil
			}), nil)
			var results []esstore.ImportResult
			_, err := store.Import(t.Context(), sequence(newUser()), &esstore.ImportOptions{
				Result: func(r esstore.ImportResult) { results = append(results, r) },
			})
			if len(results) != 1 {
				t.Fatalf("got %d results, want 1", len(results))
			}
			wantError(t, results[0].Err, "import", test.status, test.kind)
			wantError(t, err, "import", test.status, test.kind)
		})
	}
}

// ErrBusy is for requests that Elasticsearch refused without any effect, also because a
// disk is full.
func TestErrorIsBusy(t *testing.T) {
	for _, test := range []struct {
		status int
		kind   string
		want   bool
	}{
		{http.StatusTooManyRequests, "es_rejected_execution_exception", true},
		{http.StatusTooManyRequests, "", true},
		{http.StatusTooManyRequests, "cluster_block_exception", true}, // a full disk
		{http.StatusForbidden, "cluster_block_exception", true},
		{http.StatusForbidden, "security_exception", false},
		{http.StatusServiceUnavailable, "", false},
		{0, "", false},
	} {
		err := error(&esstore.Error{Op: "get", Status: test.status, Type: test.kind})
		if got := errors.Is(err, signup.ErrBusy); got != test.want {
			t.Errorf("%v: got ErrBusy %t, want %t", err, got, test.want)
		}
	}
}
