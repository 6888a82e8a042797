package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup/internal/wiretest"
)

func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out wiretest.Buffer
		p := &progress{w: &out, what: "import", share: func() float64 { return 0.251 }, begin: time.Now(), end: func() {}}
		p.start(everyLine)
		p.users.Store(3000)
		time.Sleep(2*time.Second + time.Millisecond)
		synctest.Wait()
		p.share = nil
		p.end()
		p.end()
		want := "\rimport: 3000 users, 3000 per second, 25 %\x1b[K\rimport: 3000 users, 1500 per second, 25 %\x1b[K\r\x1b[K"
		if got := out.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got, want := p.line(), regexp.MustCompile(`^import: 3000 users, \d+ per second$`); !want.MatchString(got) {
			t.Errorf("got %q without a share, want %s", got, want)
		}
	})
}

// There is no progress in a file or a pipe.
func TestProgressOnlyOnTerminal(t *testing.T) {
	if isTerminal(&strings.Builder{}) {
		t.Error("got a terminal for a buffer, want none")
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = null.Close() })
	if isTerminal(null) {
		t.Errorf("got a terminal for %s, want none", os.DevNull)
	}
	var out wiretest.Buffer
	p := (&call{stderr: &out}).startProgress("export", nil)
	p.end()
	if got := out.String(); got != "" {
		t.Errorf("got %q, want nothing", got)
	}
}
