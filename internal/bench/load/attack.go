package load

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// An Attack is a kind of request that is meant to cost a server more than its
// sender, and how it is sent.
type Attack struct {
	// Path is the path of the requests, which are POSTs of JSON.
	Path string
	// Body returns the body of the next request. It must be safe for concurrent
	// use. Nil: no body.
	Body func() []byte
	// Accept fills the header list with copies of the costliest Accept, as many
	// as the server takes. Each is one byte in the request, because it refers to
	// an entry of the connection's table (RFC 7541, section 6.1).
	Accept bool
	// Connections is the number of connections.
	Connections int
	// Rate is the number of requests per second, over all connections. 0: one
	// request on each connection, all at once.
	Rate float64
	// HTTP1 selects HTTP/1.1, where a server typically handles all requests of a
	// connection in one goroutine. Otherwise the requests are HTTP/2 without TLS.
	HTTP1 bool
}

// An AttackResult counts the requests of an attack.
type AttackResult struct {
	Sent     int         // requests
	Unsent   int         // requests that were due, on a connection with too many open ones or a broken one
	Statuses map[int]int // responses by status; 0: the stream was reset
}

// Add adds the counts of other.
func (r *AttackResult) Add(other AttackResult) {
	r.Sent += other.Sent
	r.Unsent += other.Unsent
	if r.Statuses == nil {
		r.Statuses = make(map[int]int)
	}
	for status, n := range other.Statuses {
		r.Statuses[status] += n
	}
}

// String returns the counts, for a table.
func (r AttackResult) String() string {
	if r.Sent+r.Unsent == 0 {
		return "–"
	}
	parts := []string{fmt.Sprintf("%d sent", r.Sent)}
	if r.Unsent > 0 {
		parts = append(parts, fmt.Sprintf("%d unsent", r.Unsent))
	}
	responses := 0
	for _, status := range slices.Sorted(maps.Keys(r.Statuses)) {
		name := strconv.Itoa(status)
		if status == 0 {
			name = "reset"
		}
		parts = append(parts, fmt.Sprintf("%d × %s", r.Statuses[status], name))
		responses += r.Statuses[status]
	}
	if missing := r.Sent - responses; missing > 0 {
		parts = append(parts, fmt.Sprintf("%d without response", missing))
	}
	return strings.Join(parts, ", ")
}

// An attacker is a connection of an attack.
type attacker interface {
	// send sends a request. It doesn't wait for the response. It reports whether
	// the request was sent.
	send(body []byte) bool
	// close closes the connection and returns the number of responses by status.
	close() map[int]int
}

// An attackOrder is what all connections of an attack share.
type attackOrder struct {
	Attack
	host     string
	accept   int           // copies of Accept in each request
	response chan struct{} // has an element after each response, if there is room
}

func (o *attackOrder) dial(ctx context.Context) (attacker, error) {
	if o.HTTP1 {
		return dialHTTP1(ctx, o)
	}
	return dialHTTP2(ctx, o)
}

func (o *attackOrder) body() []byte {
	if o.Body == nil {
		return nil
	}
	return o.Body()
}

// Prepared is an attack on a server whose first request had a response.
type Prepared struct {
	// Status is the status of the first response.
	Status int
	// Copies is the number of copies of Accept in a request.
	Copies int

	attackOrder
}

// Prepare sends a request of a to the server with this URL, and finds out how many
// copies of Accept it takes: at most as many as its settings allow, and fewer if the
// status is 431.
func Prepare(ctx context.Context, a Attack, serverURL string) (*Prepared, error) {
	u, err := url.Parse(serverURL)
	if err != nil {
		return nil, err
	}
	p := &Prepared{attackOrder: attackOrder{Attack: a, host: u.Host, response: make(chan struct{}, 1)}}
	if a.Accept {
		p.accept = -1 // as many as the settings allow
	}
	for {
		if err := p.probe(ctx); err != nil {
			return nil, fmt.Errorf("attack on %s: %w", a.Path, err)
		}
		if p.Status != http.StatusRequestHeaderFieldsTooLarge || p.accept <= 1 {
			return p, nil
		}
		p.accept--
	}
}

// probe sends one request on a new connection, and waits for the response.
func (p *Prepared) probe(ctx context.Context) error {
	c, err := p.dial(ctx)
	if err != nil {
		return err
	}
	if h2, ok := c.(*http2Attacker); ok && p.accept < 0 {
		p.accept = h2.copies()
	}
	p.Copies = p.accept
	sent := c.send(p.body())
	timeout := time.NewTimer(time.Minute)
	defer timeout.Stop()
	select {
	case <-p.response:
	case <-timeout.C:
	case <-ctx.Done():
	}
	statuses := c.close()
	for status := range statuses {
		p.Status = status
	}
	if !sent || len(statuses) != 1 || p.Status == 0 {
		return fmt.Errorf("the first request had no response (%v)", statuses)
	}
	return nil
}

// Dial opens the connections of the attack.
func (p *Prepared) Dial(ctx context.Context) (*Dialed, error) {
	d := &Dialed{order: &p.attackOrder}
	for range p.Connections {
		c, err := p.dial(ctx)
		if err != nil {
			d.Close()
			return nil, err
		}
		d.connections = append(d.connections, c)
	}
	return d, nil
}

// Dialed is an attack with open connections.
type Dialed struct {
	order       *attackOrder
	connections []attacker
	result      AttackResult
}

// Run sends the requests of the attack for a duration, or until ctx is done. It
// doesn't wait for all responses, and leaves the connections open.
func (d *Dialed) Run(ctx context.Context, duration time.Duration) {
	start := time.Now()
	if d.order.Rate == 0 {
		d.once()
		sleep(ctx, duration-time.Since(start))
		return
	}
	for n := 0; ctx.Err() == nil; n++ {
		due := time.Duration(float64(n) / d.order.Rate * float64(time.Second))
		if due >= duration {
			break
		}
		sleep(ctx, due-time.Since(start))
		d.count(d.connections[n%len(d.connections)].send(d.order.body()))
	}
	sleep(ctx, duration-time.Since(start))
}

// once sends one request on each connection.
func (d *Dialed) once() {
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, c := range d.connections {
		wg.Go(func() {
			sent := c.send(d.order.body())
			mu.Lock()
			defer mu.Unlock()
			d.count(sent)
		})
	}
	wg.Wait()
}

func (d *Dialed) count(sent bool) {
	if sent {
		d.result.Sent++
	} else {
		d.result.Unsent++
	}
}

// Close closes the connections and returns what was sent and received. It is called
// after Run.
func (d *Dialed) Close() AttackResult {
	for _, c := range d.connections {
		d.result.Add(AttackResult{Statuses: c.close()})
	}
	d.connections = nil
	return d.result
}

var errNoConnection = errors.New("the server doesn't speak HTTP/2 without TLS")
