package signup_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// An unreadBody fails the test if it is read.
type unreadBody struct{ t *testing.T }

func (b unreadBody) Read([]byte) (int, error) {
	b.t.Error("the body was read, want it unread")
	return 0, io.EOF
}

// busy returns Accounts whose only turn to hash is taken until the test ends.
func busy(t *testing.T) *signup.Accounts {
	hasher := blockingHasher{begun: make(chan struct{}, 1), end: make(chan struct{})}
	a := &signup.Accounts{Store: memstore.New(), Hasher: hasher, HashLimits: signup.HashLimits{MaxConcurrent: 1, MaxWait: time.Millisecond}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = a.Register(t.Context(), signup.Registration{Email: "first@example.org", Password: goodPassword})
	}()
	<-hasher.begun
	t.Cleanup(func() { close(hasher.end); <-done })
	return a
}

func TestBusyEndpointReadsNoBody(t *testing.T) {
	a := busy(t)
	for name, h := range map[string]http.Handler{"sign-up": signup.NewHandler(a, quiet), "log-in": signup.NewLoginHandler(a, nil, quiet)} {
		before := a.HashStats().Refused
		res := send(h, signUp(unreadBody{t}))
		checkPlain(t, res, http.StatusServiceUnavailable)
		if after := res.Header.Get("Retry-After"); after != "1" {
			t.Errorf("%s: Retry-After is %q, want 1", name, after)
		}
		if n := a.HashStats().Refused - before; n != 1 {
			t.Errorf("%s: the request counts as %d refusals, want 1", name, n)
		}
		// What the header shows to be wrong is no matter of capacity.
		r := signUp(unreadBody{t})
		r.Header.Set("Content-Type", "text/plain")
		checkPlain(t, send(h, r), http.StatusBadRequest)
		if n := a.HashStats().Refused - before; n != 1 {
			t.Errorf("%s: a request of another type makes %d refusals, want 1", name, n)
		}
	}
}

// A refusal keeps the connection, except where the rest of the body is long.
func TestBusyEndpointKeepsConnection(t *testing.T) {
	h := signup.NewHandler(busy(t), &signup.HandlerOptions{MaxBodyBytes: 1 << 20, Logger: quiet.Logger})
	server := httptest.NewServer(h)
	defer server.Close()
	for _, c := range []struct {
		size   int
		closed bool
	}{{100, false}, {64 << 10, false}, {1 << 20, true}} {
		res, err := server.Client().Post(server.URL, "application/json", strings.NewReader(strings.Repeat(" ", c.size)))
		if err != nil {
			t.Errorf("Post of %d bytes returned %v, want nil", c.size, err)
			continue
		}
		checkPlain(t, res, http.StatusServiceUnavailable)
		if res.Close != c.closed {
			t.Errorf("after %d bytes the connection is closed: %t, want %t", c.size, res.Close, c.closed)
		}
	}
}

func TestBodyLimitOfAnOuterHandlerIsNamed(t *testing.T) {
	for _, c := range []struct {
		outer, own int64
		size       int
		want       string // "": accepted
	}{
		{100, 0, 577, "100 bytes"}, {100, 0, 101, "100 bytes"}, {100, 300, 200, "100 bytes"},
		{300, 100, 200, "100 bytes"}, {1, 0, 200, "1 bytes"}, {200, 200, 201, "200 bytes"}, {200, 200, 200, ""},
	} {
		for _, chunked := range []bool{false, true} {
			a, created := newPlainAccounts()
			h := http.MaxBytesHandler(signup.NewHandler(a, &signup.HandlerOptions{MaxBodyBytes: c.own, Logger: quiet.Logger}), c.outer)
			body := adaBody[:len(adaBody)-1] + strings.Repeat(" ", c.size-len(adaBody)) + "}"
			r := signUp(strings.NewReader(body))
			if chunked {
				r.ContentLength = -1
			}
			res := send(h, r)
			if c.want == "" {
				checkPlain(t, res, http.StatusOK)
				continue
			}
			if got := checkPlain(t, res, http.StatusRequestEntityTooLarge); got.Message != "The request's body must be at most "+c.want+" long." || len(*created) > 0 {
				t.Errorf("with limits of %d and %d the message is %q, want %s in it", c.outer, c.own, got.Message, c.want)
			}
		}
	}
}

func TestBodyThatFailsToBeReadIsRefused(t *testing.T) {
	a, created := newPlainAccounts()
	body := io.MultiReader(strings.NewReader(adaBody), errReader{})
	got := checkPlain(t, send(signup.NewHandler(a, quiet), signUp(body)), http.StatusBadRequest)
	if got.Message != "The request's body could not be read to its end." || len(*created) > 0 {
		t.Errorf("got the response %+v, created %v; want that the body could not be read, and no user", got, *created)
	}
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errors.New("broken") }
