package sqltest

import (
	"errors"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"regexp"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/sqlstore"
)

// A proxy is on the way to PostgreSQL and can break connections.
type proxy struct {
	listener net.Listener
	to       func() (net.Conn, error)
	mu       sync.Mutex
	conns    []net.Conn
	// cut is when the next connection breaks: "before" a statement reaches the
	// server, or "after" the server has confirmed a change; "" if none breaks.
	cut  atomic.Value
	cuts atomic.Int64 // how often one broke
}

// newProxy returns a proxy and the URL of the server behind it.
func newProxy(t testing.TB) (*proxy, string) {
	t.Helper()
	text, err := server()
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	network, address := "tcp", u.Host
	query := u.Query()
	if directory := query.Get("host"); directory != "" {
		network, address = "unix", filepath.Join(directory, ".s.PGSQL.5432")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l, to: func() (net.Conn, error) { return net.Dial(network, address) }}
	p.cut.Store("")
	t.Cleanup(p.close)
	go p.serve()
	query.Del("host")
	query.Set("sslmode", "disable")
	u.Host, u.RawQuery = l.Addr().String(), query.Encode()
	return p, u.String()
}

func (p *proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := p.to()
		if err != nil {
			_ = client.Close()
			continue
		}
		p.mu.Lock()
		p.conns = append(p.conns, client, server)
		p.mu.Unlock()
		end := sync.OnceFunc(func() { _, _ = client.Close(), server.Close() })
		go p.copy(server, client, "before", func(b []byte) bool { return b[0] == 'B' }, end) // Bind
		go p.copy(client, server, "after", isChange, end)
	}
}

var change = regexp.MustCompile(`(INSERT 0|UPDATE|DELETE) [1-9][0-9]*\x00`)

// isChange reports whether b has the server's confirmation of a change.
func isChange(b []byte) bool { return change.Match(b) }

// copy copies until the connection ends or is to break.
func (p *proxy) copy(to io.Writer, from io.Reader, when string, is func([]byte) bool, end func()) {
	defer end()
	b := make([]byte, 1<<16)
	for {
		n, err := from.Read(b)
		if n > 0 && is(b[:n]) && p.cut.CompareAndSwap(when, "") {
			p.cuts.Add(1)
			return
		}
		if n > 0 {
			if _, err := to.Write(b[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// close refuses connections from now on, and breaks those that there are.
func (p *proxy) close() {
	_ = p.listener.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close()
	}
}

// A connection breaks before a statement reaches the server, or after it was committed.
// The call that made the change never learns that another one made it.
func TestConnectionBreaks(t *testing.T) {
	p, url := newProxy(t)
	direct := openPostgreSQL(t)
	o := newPrefix(t, direct)
	s := setUp(t, openPool(t, url), o)
	u := signup.User{ID: "id-1", Email: "ada@example.org"}
	warm := signup.User{ID: "id-2", Email: "warm@example.org"} // so that the statements are prepared
	for _, call := range []func(*signup.User) error{
		func(u *signup.User) error { return s.Create(t.Context(), u) },
		func(u *signup.User) error { return s.Update(t.Context(), u) },
		func(u *signup.User) error { return s.Delete(t.Context(), *u) },
	} {
		if err := call(&warm); err != nil {
			t.Fatal(err)
		}
	}
	for _, when := range []string{"before", "after"} {
		t.Run(when, func(t *testing.T) {
			broken := p.cuts.Load()
			for _, call := range []struct {
				name string
				call func() error
			}{
				{"Create", func() error { return s.Create(t.Context(), &u) }},
				{"Update", func() error { return s.Update(t.Context(), &u) }},
				{"Delete", func() error { return s.Delete(t.Context(), u) }},
			} {
				p.cut.Store(when)
				if err := call.call(); err != nil {
					t.Errorf("%s: got the error %v, want nil", call.name, err)
				}
				got, err := sqlstore.New(direct, o).Get(t.Context(), u.Key())
				if call.name != "Delete" && (err != nil || got.Version != u.Version) {
					t.Errorf("Get after %s: got the Version %q and the error %v, want %q and nil", call.name, got.Version, err, u.Version)
				}
			}
			if n := p.cuts.Load() - broken; n != 3 {
				t.Errorf("got %d broken connections, want 3", n)
			}
		})
	}
}

// A count of 1 is never lost when a connection breaks. Subtracting isn't repeated, because
// that would count too little.
func TestCounterConnectionBreaks(t *testing.T) {
	p, url := newProxy(t)
	direct := openPostgreSQL(t)
	o := newPrefix(t, direct)
	setUp(t, direct, o)
	c := sqlstore.NewCounter(openPool(t, url), o)
	least := 0
	for _, when := range []string{"", "before", "after", "before", "after"} {
		p.cut.Store(when)
		n, err := c.Add(t.Context(), "correct horse", 1, signup.MaxCountWindow)
		if least++; err != nil || n < least || n > least+1 {
			t.Errorf("Add of 1, with a connection that breaks %q: got %d and the error %v, want %d or one more, and nil", when, n, err, least)
		}
		least = n
	}
	p.cut.Store("after")
	if n, err := c.Add(t.Context(), "correct horse", -1, signup.MaxCountWindow); err == nil || errors.Is(err, signup.ErrBusy) {
		t.Errorf("Add of -1, with a connection that breaks: got %d and the error %v, want another error than ErrBusy", n, err)
	}
	if n, err := c.Add(t.Context(), "correct horse", 0, signup.MaxCountWindow); err != nil || n != least-1 {
		t.Errorf("Add of 0: got %d and the error %v, want %d and nil", n, err, least-1)
	}
}
