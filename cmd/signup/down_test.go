package main

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"
)

// A store that is down is an error at once, and one that doesn't respond when the time is
// over.
func TestDown(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	for _, url := range []string{"postgres://u@127.0.0.1:1/d?sslmode=disable", "http://127.0.0.1:1"} {
		for _, args := range [][]string{{"check"}, {"show", address(0)}, {"deactivate", address(0)}, {"end-sessions", address(0)}} {
			begin := time.Now()
			on(url).run(t.Context(), args...).want(t, exitBusy, "2:the store can't be reached or has no capacity; try again: ")
			if took := time.Since(begin); took > 5*time.Second {
				t.Errorf("%s: got the error after %s, want it at once", args[0], took)
			}
		}
	}
	for _, url := range []string{"postgres://u@" + l.Addr().String() + "/d?sslmode=disable", "http://" + l.Addr().String()} {
		for _, args := range [][]string{{"check"}, {"show", address(0)}, {"setup"}} {
			begin := time.Now()
			on(url).run(t.Context(), append([]string{"-timeout", "300ms"}, args...)...).want(t, exitFailed, "2:the time is over (see -timeout)")
			if took := time.Since(begin); took > 5*time.Second {
				t.Errorf("%s: got the error after %s, want it after 300ms", args[0], took)
			}
		}
	}
}

// A server that refuses connections with and without TLS is named once.
func TestDownOnce(t *testing.T) {
	r := on("postgres://u@127.0.0.1:1/d").run(t.Context(), "check")
	r.want(t, exitBusy, "2:127.0.0.1:1")
	if n := strings.Count(r.stderr, "connection refused"); n != 1 {
		t.Errorf("got %d times that the connection was refused, want 1: %s", n, shown(r.stderr))
	}
}

// The error of PostgreSQL is described.
func TestWrongParameters(t *testing.T) {
	url := newPostgreSQL(t)
	on(url+"&dbname=none_such").run(t.Context(), "check").want(t, exitFailed, "2:SQLSTATE 3D000 (no such database)")
	on(url+"&none_such=1").run(t.Context(), "check").want(t, exitFailed, "2:SQLSTATE 42704 (no such setting: look at the parameters of the connection)")
}

// An interrupt ends a command, which says so.
func TestInterrupted(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, cancel)
	on("http://"+l.Addr().String()).run(ctx, "check").want(t, exitFailed, "2:interrupted: ")
}

// The library's records are written only with -v.
func TestVerbose(t *testing.T) {
	for _, verbose := range []bool{false, true} {
		args := []string{"-timeout", "500ms", "setup"}
		if verbose {
			args = append(args, "-v")
		}
		r := on("http://127.0.0.1:1").run(t.Context(), args...)
		r.want(t, exitBusy, "2:try again")
		if got := strings.Contains(r.stderr, " level=WARN "); got != verbose {
			t.Errorf("got a record %t, want it %t; stderr: %s", got, verbose, shown(r.stderr))
		}
	}
}
