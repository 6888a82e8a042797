package esstore_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

// A write is one of the methods that write.
type write func(context.Context, *esstore.Store, *signup.User) error

func createUser(ctx context.Context, s *esstore.Store, u *signup.User) error { return s.Create(ctx, u) }
func updateUser(ctx context.Context, s *esstore.Store, u *signup.User) error { return s.Update(ctx, u) }
func deleteUser(ctx context.Context, s *esstore.Store, u *signup.User) error {
	return s.Delete(ctx, *u)
}

var writes = map[string]write{"Create": createUser, "Update": updateUser, "Delete": deleteUser}

func wantContextError(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) || outcome(err) != unknown {
		t.Errorf("got error %v, want %v", err, want)
	}
}

// The client would try four times even if the context was done from the start.
func TestContextDoneBefore(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	for want, ctx := range map[error]context.Context{
		context.Canceled:         cancelled,
		context.DeadlineExceeded: late,
	} {
		f := newFake(t) // which fails on any request but the one by stored
		u := f.stored(t)
		for name, write := range writes {
			t.Run(name, func(t *testing.T) {
				v := clone(u)
				err := write(ctx, f.store(), &v)
				wantContextError(t, err, want)
				wantUser(t, v, u, err)

				v.Version = "of no user"
				wantContextError(t, write(ctx, f.store(), &v), want)
			})
		}
		_, err := f.store().Get(ctx, u.Key())
		wantContextError(t, err, want)
		wantContextError(t, f.store().Setup(ctx), want)
	}
}

// What became of a write that was given up is found out on a context of its
// own.
func TestContextDoneDuring(t *testing.T) {
	for _, test := range []struct {
		name  string
		write write
		found step
		want  string
	}{
		{"Create made", createUser, foundLast(0), confirmed},
		{"Create not made", createUser, nothing, unknown},
		{"Create unknown", createUser, down, unknown},
		{"Update made", updateUser, foundLast(1), confirmed},
		{"Update not made", updateUser, foundFirst, unknown},
		{"Update unknown", updateUser, down, unknown},
		{"Delete made", deleteUser, nothing, goneAgain},
		{"Delete not made", deleteUser, foundFirst, unknown},
		{"Delete unknown", deleteUser, down, unknown},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFake(t)
			u := f.stored(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			f.then(func(_ http.ResponseWriter, r *http.Request, _ []string) {
				cancel()
				<-r.Context().Done() // the client has hung up
			})
			script, want := confirming([]step{test.found}, test.want)
			f.then(script...)
			before := clone(u)
			err := test.write(ctx, f.store(), &u)
			if want == "nil" {
				wantOutcome(t, err, "nil")
				return
			}
			wantContextError(t, err, context.Canceled)
			wantUser(t, u, before, err)
		})
	}
}

// A context that is done while a response is read ends the call all the same.
func TestContextDoneInAnswer(t *testing.T) {
	for name, write := range writes {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			u := f.stored(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			f.then(func(w http.ResponseWriter, r *http.Request, _ []string) {
				_, _ = io.WriteString(w, `{"_index":`)
				_ = http.NewResponseController(w).Flush()
				cancel()
				<-r.Context().Done()
			}, down)
			wantContextError(t, write(ctx, f.store(), &u), context.Canceled)
		})
	}
}

func TestContextDoneDuringGet(t *testing.T) {
	f := newFake(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f.then(func(_ http.ResponseWriter, r *http.Request, _ []string) {
		cancel()
		<-r.Context().Done()
	})
	_, err := f.store().Get(ctx, "ada.qx@example.org")
	wantContextError(t, err, context.Canceled)
}

// Where conflict and GET contradict each other, a Store waits a little and
// looks again: not beyond the context, whose error it returns.
func TestContextDoneInPause(t *testing.T) {
	for name, test := range map[string]struct {
		write write
		found step
	}{
		"Create": {createUser, nothing},
		"Update": {updateUser, foundFirst},
		"Delete": {deleteUser, foundFirst},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			u := f.stored(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			f.then(hangUp, conflict, func(w http.ResponseWriter, r *http.Request, writes []string) {
				cancel()
				test.found(w, r, writes)
			})
			before := clone(u)
			err := test.write(ctx, esstore.New(twice{f}, nil), &u)
			wantContextError(t, err, context.Canceled)
			wantUser(t, u, before, err)
		})
	}
}

// The GET that finds out is given two seconds, and so is the write that confirms, however
// long the caller's context has; if that is done, it is two seconds all the same.
func TestSettlingIsBounded(t *testing.T) {
	for name, write := range writes {
		for _, timeout := range []time.Duration{time.Second, time.Hour} {
			t.Run(name+" with "+timeout.String(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { testSettlingIsBounded(t, write, timeout) })
			})
		}
	}
}

func testSettlingIsBounded(t *testing.T, write write, timeout time.Duration) {
	u := newUser()
	var asked []string
	stuck := func(req *http.Request) (*http.Response, error) {
		asked = append(asked, req.Method)
		if len(asked) == 1 && timeout > time.Minute {
			return response(http.StatusBadGateway, ""), nil
		}
		<-req.Context().Done()
		return nil, req.Context().Err()
	}
	next := func(*http.Request) (*http.Response, error) {
		return response(http.StatusCreated, doneBody("created", 0)), nil
	}
	store := esstore.New(transportFunc(func(req *http.Request) (*http.Response, error) { return next(req) }), nil)
	if err := store.Create(t.Context(), &u); err != nil {
		t.Fatal(err)
	}
	next = stuck

	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	want := 2 * time.Second
	if timeout < time.Minute {
		want += timeout
	}
	start := time.Now()
	err := write(ctx, store, &u)
	if d := time.Since(start); d != want {
		t.Errorf("got %v until it returned, want %v", d, want)
	}
	if len(asked) != 2 || asked[1] != http.MethodGet {
		t.Errorf("got requests %q, want the write and a GET", asked)
	}
	wantOutcome(t, err, unknown)
	if timeout < time.Minute {
		wantContextError(t, err, context.DeadlineExceeded)
	}
}
