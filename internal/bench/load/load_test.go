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
		t.Errorf("got %d requests, %d of them granted; want at least 10, all granted", len(all), len(all.Granted()))
	}
	if connections.Load() != 3 || most.Load() > 3 {
		t.Errorf("got %d connections and at most %d requests at once, want 3 and at most 3", connections.Load(), most.Load())
	}
	if last := all.End(); last < 200*time.Millisecond {
		t.Errorf("got the last response after %v, want at least 200 ms", last)
	}
}

func TestClosedWaitsForRetryAfter(t *testing.T) {
	var asked atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer srv.Close()

	all := load.Closed(t.Context(), load.Target{URL: srv.URL, Body: body}, 1, 500*time.Millisecond)

	if asked.Load() != 1 || len(all.Refused()) != 1 || all[0].RetryAfter != time.Second {
		t.Errorf("got %d requests and the samples %+v, want one, refused, with Retry-After 1 s", asked.Load(), all)
	}
}

// While a server stands still, all clients that arrive have to wait. A generator that
// waits with the server wouldn't measure that.
func TestOpenCountsFromWhenARequestWasDue(t *testing.T) {
	const rate, d, pause = 200, time.Second, 400 * time.Millisecond
	began := time.Now()
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		time.Sleep(pause - time.Since(began))
	}))
	defer srv.Close()

	all := load.Open(t.Context(), load.Target{URL: srv.URL, Body: body}, rate, d, time.Minute)

	if n := float64(len(all)); math.Abs(n-rate) > 6*math.Sqrt(rate) {
		t.Errorf("got %v arrivals, want about %d", n, rate)
	}
	slow := all.Where(func(s load.Sample) bool { return s.Took > pause/2 })
	if share := float64(len(slow)) / float64(len(all)); share < .1 || share > .4 {
		t.Errorf("got a share of %.2f that waited longer than half the pause, want about 0.2", share)
	}
}

func TestOpenGivesUp(t *testing.T) {
	const patience = 50 * time.Millisecond
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // then the server notices that the client closes the connection
		<-r.Context().Done()
	}))
	defer srv.Close()

	all := load.Open(t.Context(), load.Target{URL: srv.URL, Body: body}, 100, 200*time.Millisecond, patience)

	if len(all) == 0 {
		t.Fatal("got no sample, want some")
	}
	for _, s := range all {
		if s.Status != 0 || s.Granted || s.Took < patience || s.Took > 20*patience {
			t.Errorf("got %+v, want no response, after %v", s, patience)
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
		t.Errorf("Settle: got %v, want about 300 ms", got)
	}
	srv.Close()
	if got := load.Settle(t.Context(), target, 20*time.Millisecond, 200*time.Millisecond); got != 200*time.Millisecond {
		t.Errorf("Settle for a closed server: got %v, want 200 ms", got)
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
			t.Errorf("Quantile(%v): got %v, want %v", q, got, want)
		}
	}
	if got := all.Within(20); got != .5 {
		t.Errorf("Within(20): got %v, want 0.5", got)
	}
	if all.End() != 43 || len(all.Refused()) != 2 || len(all.Granted()) != 1 {
		t.Errorf("got End %v, %d refused, %d granted; want 43ns, 2, 1", all.End(), len(all.Refused()), len(all.Granted()))
	}
	var none load.Samples
	if none.Quantile(.5) != 0 || none.Within(0) != 1 || none.End() != 0 {
		t.Errorf("no samples: got Quantile %v, Within %v, End %v; want 0, 1, 0", none.Quantile(.5), none.Within(0), none.End())
	}
}
