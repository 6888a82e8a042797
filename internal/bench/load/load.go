// Package load sends many requests to an HTTP server: over a number of connections
// that each wait for a response before the next request ([Closed]), or at a rate
// that doesn't depend on the server ([Open]).
package load

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/valyala/fasthttp"
)

// A Target is the request to send.
type Target struct {
	// URL is the URL of the requests.
	URL string
	// Body returns the body of the next request, which is a POST of JSON. It
	// must be safe for concurrent use.
	Body func() []byte
	// Granted reports whether a response is a success. It must be safe for
	// concurrent use, and must not keep body. If Granted is nil, responses with
	// status 200 are successes.
	Granted func(status int, body []byte) bool
}

// A Sample is the result of one request.
type Sample struct {
	Due        time.Duration // when the request was due, since the beginning
	Took       time.Duration // from then until the response was complete, or the client stopped waiting
	Status     int           // 0: no response
	Granted    bool          // the response is a success
	RetryAfter time.Duration // of the response; 0: none
}

// Done returns when the sample was complete, since the beginning.
func (s Sample) Done() time.Duration { return s.Due + s.Took }

// Refused reports whether the response is 503 or 429: the server is busy.
func (s Sample) Refused() bool {
	return s.Status == fasthttp.StatusServiceUnavailable || s.Status == fasthttp.StatusTooManyRequests
}

// Samples are the results of many requests, in no order.
type Samples []Sample

// Where returns the samples for which keep returns true.
func (all Samples) Where(keep func(Sample) bool) Samples {
	var kept Samples
	for _, s := range all {
		if keep(s) {
			kept = append(kept, s)
		}
	}
	return kept
}

// Granted returns the samples with a success.
func (all Samples) Granted() Samples { return all.Where(func(s Sample) bool { return s.Granted }) }

// Refused returns the samples that were refused; see [Sample.Refused].
func (all Samples) Refused() Samples { return all.Where(Sample.Refused) }

// Within returns the share of samples that took at most d. It is 1 if there are no
// samples.
func (all Samples) Within(d time.Duration) float64 {
	if len(all) == 0 {
		return 1
	}
	return float64(len(all.Where(func(s Sample) bool { return s.Took <= d }))) / float64(len(all))
}

// Quantile returns the least time that the share q of the samples, from 0 to 1, took
// at most. It is 0 if there are no samples.
func (all Samples) Quantile(q float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	took := make([]time.Duration, len(all))
	for i, s := range all {
		took[i] = s.Took
	}
	slices.Sort(took)
	at := int(math.Ceil(q*float64(len(took)))) - 1
	return took[min(max(at, 0), len(took)-1)]
}

// End returns when the last sample was complete, since the beginning. It is 0 if
// there are no samples.
func (all Samples) End() time.Duration {
	var end time.Duration
	for _, s := range all {
		end = max(end, s.Done())
	}
	return end
}

// pauseAfterFailure keeps a closed loop from spinning if the server has ended.
const pauseAfterFailure = 100 * time.Millisecond

// Closed keeps a number of connections busy for d, or until ctx is done. It returns
// when all requests that were sent have a response. So a server that sends many
// responses together, late, is credited with all of them, over all the time until
// the last one ([Samples.End]). After a refusal, a connection waits for Retry-After.
func Closed(ctx context.Context, t Target, connections int, d time.Duration) Samples {
	client, closeIdle := newClient(t, connections)
	defer closeIdle()
	start := time.Now()
	var mu sync.Mutex
	var all Samples
	var wg sync.WaitGroup
	for range connections {
		wg.Go(func() {
			var own Samples
			for since := time.Since(start); since < d && ctx.Err() == nil; since = time.Since(start) {
				s := t.ask(ctx, client, start, since)
				own = append(own, s)
				if !s.Granted {
					sleep(ctx, min(max(s.RetryAfter, pauseAfterFailure), d-min(d, time.Since(start))))
				}
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, own...)
		})
	}
	wg.Wait()
	return all
}

// Open sends requests at the times of a Poisson process with this rate (per second)
// for d, or until ctx is done. Each request uses a free connection or a new one, and
// is abandoned after patience. Open returns when all requests have a response or
// were abandoned. The time of a request counts from when it was due, so that it
// includes a wait for the generator itself or for a connection.
func Open(ctx context.Context, t Target, rate float64, d, patience time.Duration) Samples {
	client, closeIdle := newClient(t, 0)
	defer closeIdle()
	start := time.Now()
	var mu sync.Mutex
	var all Samples
	var wg sync.WaitGroup
	var due time.Duration
	for ctx.Err() == nil {
		due += time.Duration(rand.ExpFloat64() / rate * float64(time.Second))
		if due > d {
			break
		}
		sleep(ctx, due-time.Since(start))
		wg.Add(1)
		go func(due time.Duration) {
			defer wg.Done()
			ctx, cancel := context.WithDeadline(ctx, start.Add(due+patience))
			defer cancel()
			s := t.ask(ctx, client, start, due)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, s)
		}(due)
	}
	wg.Wait()
	return all
}

// Settle sends one request after the other until three in a row took at most normal.
// It returns when the first of the three was sent, since the beginning. If that
// doesn't happen within atMost, or ctx is done before, it returns atMost. A request
// that takes longer than four times normal is abandoned, so that the probes are not
// a load themselves.
func Settle(ctx context.Context, t Target, normal, atMost time.Duration) time.Duration {
	client, closeIdle := newClient(t, 1)
	defer closeIdle()
	const inARow = 3
	start := time.Now()
	var since time.Duration
	for good := 0; good < inARow; {
		began := time.Since(start)
		if began >= atMost || ctx.Err() != nil {
			return atMost
		}
		probe, cancel := context.WithTimeout(ctx, 4*normal)
		s := t.ask(probe, client, start, began)
		cancel()
		switch {
		case !s.Granted || s.Took > normal:
			good = 0
			sleep(ctx, normal)
		case good == 0:
			since = began
			fallthrough
		default:
			good++
		}
	}
	return since
}

// newClient returns a client with at most this number of connections (0: any number),
// and a function that closes them. The client keeps all its connections. It is
// fasthttp's because that uses little of the processor time, which the server
// shares: with net/http, each request passes through three goroutines.
func newClient(t Target, connections int) (client *fasthttp.HostClient, closeIdle func()) {
	if connections == 0 {
		connections = 1 << 16
	}
	var uri fasthttp.URI
	_ = uri.Parse(nil, []byte(t.URL)) // if it fails, so does each request
	client = &fasthttp.HostClient{
		Addr:                      string(uri.Host()),
		MaxConns:                  connections,
		MaxIdleConnDuration:       time.Hour,
		MaxIdemponentCallAttempts: 1,
	}
	return client, client.CloseIdleConnections
}

// ask sends one request that is due at this time since start.
func (t Target) ask(ctx context.Context, client *fasthttp.HostClient, start time.Time, due time.Duration) Sample {
	s := Sample{Due: due}
	s.Status, s.Granted, s.RetryAfter = t.send(ctx, client)
	s.Took = time.Since(start) - due
	return s
}

func (t Target) send(ctx context.Context, client *fasthttp.HostClient) (status int, granted bool, retryAfter time.Duration) {
	req, res := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(res)
	req.SetRequestURI(t.URL)
	req.Header.SetMethod(fasthttp.MethodPost)
	req.Header.SetContentType("application/json")
	req.SetBodyRaw(t.Body())
	do := client.Do
	if deadline, ok := ctx.Deadline(); ok {
		do = func(req *fasthttp.Request, res *fasthttp.Response) error {
			return client.DoDeadline(req, res, deadline)
		}
	}
	if do(req, res) != nil {
		return 0, false, 0
	}
	if seconds, err := strconv.Atoi(string(res.Header.Peek(fasthttp.HeaderRetryAfter))); err == nil {
		retryAfter = time.Duration(seconds) * time.Second
	}
	granted = res.StatusCode() == fasthttp.StatusOK
	if t.Granted != nil {
		granted = t.Granted(res.StatusCode(), res.Body())
	}
	return res.StatusCode(), granted, retryAfter
}

func sleep(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// Once sends one request and returns its result.
func Once(ctx context.Context, t Target) Sample {
	client, closeIdle := newClient(t, 1)
	defer closeIdle()
	return t.ask(ctx, client, time.Now(), 0)
}
