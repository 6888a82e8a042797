package integration

import (
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/gosignup/signup/internal/wiretest"
)

const tutorial = "github.com/gosignup/signup/examples/tutorial"

// reach returns a URL of the server, with user and password in it, that a
// process on this machine can use, a file with the authority of its
// certificate, or "", and the proxy that is between: the certificate is for
// 127.0.0.1, and Docker may be elsewhere.
func (s *server) reach(t *testing.T) (u *url.URL, caFile string, p *proxy) {
	t.Helper()
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	if s.Username != "" {
		u.User = url.UserPassword(s.Username, s.Password)
	}
	if s.CACert != nil {
		caFile = filepath.Join(t.TempDir(), "ca.crt")
		if err := os.WriteFile(caFile, s.CACert, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p = newProxy(t, u.Host)
	u.Host = p.addr
	return u, caFile, p
}

// The recorded exchanges, through the example as a process; then, with the
// way to Elasticsearch cut, those of a store that is down.
func TestWire(t *testing.T) {
	for _, s := range servers(t) {
		t.Run(s.Name, func(t *testing.T) {
			u, caFile, proxy := s.reach(t)
			at := wiretest.Start(t, tutorial, "-es", u.String(), "-es-ca", caFile, "-es-index", indexName(t))
			wiretest.Run(t, at, wiretest.Cases(t, wiretest.StoreUp))
			proxy.cut()
			wiretest.Run(t, at, wiretest.Cases(t, wiretest.StoreDown))
		})
	}
}

// A proxy passes connections on to a server until it is cut.
type proxy struct {
	addr     string
	listener net.Listener
	mu       sync.Mutex
	conns    []net.Conn
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{addr: l.Addr().String(), listener: l}
	t.Cleanup(p.cut)
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", target)
			if err != nil {
				_ = in.Close()
				continue
			}
			p.mu.Lock()
			p.conns = append(p.conns, in, out)
			p.mu.Unlock()
			go pipe(in, out)
			go pipe(out, in)
		}
	}()
	return p
}

func pipe(dst, src net.Conn) {
	_, _ = io.Copy(dst, src)
	_ = dst.Close()
}

func (p *proxy) cut() {
	_ = p.listener.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.conns = nil
}

// examples/elasticsearch, with its settings from the environment.
func TestExample(t *testing.T) {
	for _, s := range servers(t) {
		t.Run(s.Name, func(t *testing.T) {
			u, caFile, _ := s.reach(t)
			u.User = nil
			t.Setenv("ELASTICSEARCH_URL", u.String())
			t.Setenv("ELASTICSEARCH_USER", s.Username)
			t.Setenv("ELASTICSEARCH_PASSWORD", s.Password)
			t.Setenv("ELASTICSEARCH_CA", caFile)
			t.Setenv("ELASTICSEARCH_INDEX", indexName(t))
			const program = "github.com/gosignup/signup/examples/elasticsearch"
			one, other := wiretest.Start(t, program), wiretest.Start(t, program)
			for _, c := range []struct {
				url, password string
				status        int
				want          string
			}{
				{one, "test", 400, "must be at least 15 characters"},
				{one, "correct horse battery", 200, "added successfully!"},
				{other, "correct horse battery", 409, "already exists."},
			} {
				status, body := post(t, c.url+"/v1/users/new", "ada@example.org", c.password)
				if status != c.status || !strings.Contains(body, c.want) {
					t.Errorf("got %d %s, want %d and a body that contains %q", status, body, c.status, c.want)
				}
			}
		})
	}
}
