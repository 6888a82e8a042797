package load_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/gosignup/signup/internal/bench/load"
)

// A victim records what reaches its handler.
type victim struct {
	*httptest.Server
	mu       sync.Mutex
	accepts  []int // lines of Accept of each request
	bodies   []int // lengths
	versions []string
}

func newVictim(t *testing.T, maxHeaderBytes int) *victim {
	t.Helper()
	v := new(victim)
	v.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		v.mu.Lock()
		defer v.mu.Unlock()
		v.accepts = append(v.accepts, len(r.Header.Values("Accept")))
		v.bodies = append(v.bodies, len(body))
		v.versions = append(v.versions, r.Proto)
		w.WriteHeader(http.StatusBadRequest)
	}))
	v.Config.MaxHeaderBytes = maxHeaderBytes
	v.Config.Protocols = new(http.Protocols)
	v.Config.Protocols.SetHTTP1(true)
	v.Config.Protocols.SetUnencryptedHTTP2(true)
	v.Start()
	t.Cleanup(v.Close)
	return v
}

// run prepares the attack and runs it for d.
func (v *victim) run(t *testing.T, a load.Attack, d time.Duration) (*load.Prepared, load.AttackResult) {
	t.Helper()
	p, err := load.Prepare(t.Context(), a, v.URL)
	if err != nil {
		t.Fatal(err)
	}
	if p.Status != http.StatusBadRequest {
		t.Fatalf("got status %d of the first request, want 400", p.Status)
	}
	dialed, err := p.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	dialed.Run(t.Context(), d)
	time.Sleep(300 * time.Millisecond) // for the last responses
	result := dialed.Close()
	if got := result.Statuses[http.StatusBadRequest]; result.Sent == 0 || got != result.Sent {
		t.Errorf("got %v, want a response 400 to each request", result)
	}
	return p, result
}

func TestAttackFillsTheHeaderList(t *testing.T) {
	for _, maxHeaderBytes := range []int{0, 100_000} {
		v := newVictim(t, maxHeaderBytes)
		a := load.Attack{Path: "/users", Accept: true, Connections: 2, Rate: 20}
		p, _ := v.run(t, a, 500*time.Millisecond)
		want := max(maxHeaderBytes, 1<<20*(1-min(maxHeaderBytes, 1))) / 4096
		if p.Copies < want-1 || p.Copies > want {
			t.Errorf("MaxHeaderBytes %d: got %d copies of Accept, want about %d", maxHeaderBytes, p.Copies, want)
		}
		for _, got := range v.accepts {
			if got != p.Copies {
				t.Errorf("MaxHeaderBytes %d: got %d lines of Accept in the handler, want %d", maxHeaderBytes, got, p.Copies)
			}
		}
	}
}

func TestAttackSendsBodies(t *testing.T) {
	for _, c := range []struct {
		name     string
		attack   load.Attack
		body     []byte
		requests int
		version  string
	}{
		{"deep", load.Attack{Connections: 20, HTTP1: true}, load.DeepBody(), 20, "HTTP/1.1"},
		{"wide", load.Attack{Connections: 3, Rate: 60}, load.WideBody(), 30, "HTTP/2.0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !json.Valid(c.body) {
				t.Error("got a body that isn't JSON, want JSON")
			}
			v := newVictim(t, 0)
			c.attack.Path, c.attack.Body = "/users", func() []byte { return c.body }
			_, result := v.run(t, c.attack, 500*time.Millisecond)
			if result.Sent != c.requests || result.Unsent != 0 {
				t.Errorf("got %v, want %d sent", result, c.requests)
			}
			for i, got := range v.bodies {
				if got != len(c.body) || v.versions[i] != c.version {
					t.Errorf("got a body of %d bytes over %s, want %d over %s", got, v.versions[i], len(c.body), c.version)
				}
			}
		})
	}
}

func TestAttackNeedsHTTP2(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	defer srv.Close()
	if _, err := load.Prepare(t.Context(), load.Attack{Connections: 1, Rate: 1}, srv.URL); err == nil {
		t.Error("a server without HTTP/2: got no error, want one")
	}
}
