package signup

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gosignup/signup/internal/hostile"
	"github.com/gosignup/signup/internal/mediatype"
)

type memoryless struct{ Store }

// A request costs about the same whatever its header is, admitted or not.
func TestHeadersCostLittle(t *testing.T) {
	for _, admitted := range []bool{true, false} {
		h := newEndpoint("test", &Accounts{Store: memoryless{}}, nil,
			func(*request) (response, error) {
				return response{}, ErrConflict
			})
		h.admit = func(*request) error {
			if admitted {
				return nil
			}
			return ErrBusy
		}
		cost := func(header http.Header) float64 {
			return testing.AllocsPerRun(20, func() {
				r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("{}"))
				r.Header = header
				h.ServeHTTP(httptest.NewRecorder(), r)
			})
		}
		usual := cost(http.Header{"Content-Type": {mediatype.JSON}})
		for name, lines := range hostile.Headers {
			for _, field := range []string{"Accept", "Content-Type", "Content-Encoding"} {
				header := http.Header{"Content-Type": {mediatype.JSON}}
				header[field] = lines
				if got := cost(header); got > 2*usual {
					t.Errorf("admitted %t, %s of %s: a request allocated %.0f times, want at most twice the usual %.0f", admitted, field, name, got, usual)
				}
			}
		}
	}
	for name, lines := range hostile.Headers {
		got := testing.AllocsPerRun(10, func() { _, _ = idempotencyKey(http.Header{FieldIdempotencyKey: lines}) })
		if got > 10 {
			t.Errorf("Idempotency-Key of %s: reading it allocated %.0f times, want at most 10", name, got)
		}
	}
}

// A request is admitted once: what is wrong with it is said after that, even if
// the queue would no longer admit it.
func TestEndpointAdmitsOnce(t *testing.T) {
	a := &Accounts{Store: memoryless{}, HashLimits: HashLimits{MaxConcurrent: 1, MaxWait: 1}}
	for _, h := range []http.Handler{NewHandler(a, nil), NewLoginHandler(a, nil, nil)} {
		e := h.(*endpoint)
		decisions := 0
		e.admit = func(*request) error { decisions++; return nil }
		err := a.inTurn(t.Context(), a.hasher().Work(), func() {
			if err := a.admit(); err == nil {
				t.Errorf("while the only turn is taken, admit returned nil, want ErrBusy")
			}
			before := a.HashStats().Refused
			w := httptest.NewRecorder()
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"email_address": "x"}`))
			r.Header.Set("Content-Type", mediatype.JSON)
			e.ServeHTTP(w, r)
			if after := a.HashStats().Refused; w.Code != 400 || decisions != 1 || after != before {
				t.Errorf("%s: got status %d after %d decisions, and %d refusals by the queue; want 400, 1, 0", e.name, w.Code, decisions, after-before)
			}
		})
		if err != nil {
			t.Errorf("inTurn returned %v, want nil", err)
		}
	}
}
