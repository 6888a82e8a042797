package load_test

import (
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gosignup/signup/internal/bench/load"
)

func body() []byte { return []byte(`{}`) }

func TestClosedKeepsItsConnections(t *testing.T) {
	var connections, now, most atomic.Int64
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		n := now.Add(1)
		defer now.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		time.Sleep(5 * time.Millisecond)
	}))
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			connections.Add(1)
		}
	}
	srv.Start()
	defer srv.Close()

	all := load.Closed(t.Context(), load.Target{URL: srv.URL, Body: body}, 3, 200*time.Millisecond)

	if len(all) < 10 || len(all.Granted()) != len(all) {
		t.Errorf("%d of %d requests were granted", len(all.Granted()), len(all))
	}
	if connections.Load() != 3 || most.Load() > 3 {
		t.Errorf("%d connections, at most %d requests at once; want 3", connections.Load(), most.Load())
	}
	if last := all.End(); last < 200*time.Millisecond {
		t.Errorf("the last answer came after %v, before the end", last)
	}
}

func TestClosedComesBackWhenItIsTold(t *testing.T) {
	var asked atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer srv.Close()

	all := load.Closed(t.Context(), load.Target{URL: srv.URL, Body: body}, 1, 500*time.Millisecond)

	if asked.Load() != 1 || len(all.Refused()) != 1 || all[0].RetryAfter != time.Second {
		t.Errorf("asked %d times; samples: %+v", asked.Load(), all)
	}
}

// A server that stands still for a while has made everybody wait who came
// meanwhile, which a generator that waits with it wouldn't see.
func TestOpenCountsFromWhenARequestWasDue(t *testing.T) {
	const rate, d, pause = 200, time.Second, 400 * time.Millisecond
	began := time.Now()
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		time.Sleep(pause - time.Since(began))
	}))
	defer srv.Close()

	all := load.Open(t.Context(), load.Target{URL: srv.URL, Body: body}, rate, d, time.Minute)

	if n := float64(len(all)); math.Abs(n-rate) > 6*math.Sqrt(rate) {
		t.Errorf("%v arrivals; want about %d", n, rate)
	}
	slow := all.Where(func(s load.Sample) bool { return s.Took > pause/2 })
	if share := float64(len(slow)) / float64(len(all)); share < .1 || share > .4 {
		t.Errorf("%.2f of all waited longer than half the pause; want about .2", share)
	}
}

func TestOpenGivesUp(t *testing.T) {
	const patience = 50 * time.Millisecond
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // then the server sees that the client goes
		<-r.Context().Done()
	}))
	defer srv.Close()

	all := load.Open(t.Context(), load.Target{URL: srv.URL, Body: body}, 100, 200*time.Millisecond, patience)

	if len(all) == 0 {
		t.Fatal("no request")
	}
	for _, s := range all {
		if s.Status != 0 || s.Granted || s.Took < patience || s.Took > 20*patience {
			t.Errorf("%+v; want no answer, after %v", s, patience)
		}
	}
}

func TestSettle(t *testing.T) {
	var began time.Time
	handler := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		if time.Since(began) < 300*time.Millisecond {
			time.Sleep(60 * time.Millisecond)
		}
	})
	srv := httptest.NewServer(handler)
	defer srv.Close()
	target := load.Target{URL: srv.URL, Body: body}
	began = time.Now()
	if got := load.Settle(t.Context(), target, 40*time.Millisecond, 10*time.Second); got < 240*time.Millisecond || got > 2*time.Second {
		t.Errorf("settled after %v; want about 300 ms", got)
	}
	srv.Close()
	if got := load.Settle(t.Context(), target, 20*time.Millisecond, 200*time.Millisecond); got != 200*time.Millisecond {
		t.Errorf("a server that is gone settled after %v", got)
	}
}

func TestSamples(t *testing.T) {
	all := load.Samples{
		{Due: 5, Took: 30, Status: 200, Granted: true},
		{Due: 1, Took: 10, Status: 503, RetryAfter: 2},
		{Due: 2, Took: 20, Status: 429},
		{Due: 3, Took: 40},
	}
	for q, want := range map[float64]time.Duration{0: 10, .25: 10, .26: 20, .5: 20, .75: 30, .99: 40, 1: 40} {
		if got := all.Quantile(q); got != want {
			t.Errorf("Quantile(%v) = %v; want %v", q, got, want)
		}
	}
	if got := all.Within(20); got != .5 {
		t.Errorf("Within(20) = %v; want 0.5", got)
	}
	if all.End() != 43 || len(all.Refused()) != 2 || len(all.Granted()) != 1 {
		t.Errorf("End %v, %d refused, %d granted", all.End(), len(all.Refused()), len(all.Granted()))
	}
	var none load.Samples
	if none.Quantile(.5) != 0 || none.Within(0) != 1 || none.End() != 0 {
		t.Error("no samples have a quantile, a share beyond, or an end")
	}
}
