package scssession_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A session ends when it has to, and no later request makes it longer. The store may
// be late with removing it.
func TestSessionEnds(t *testing.T) {
	const day = 24 * time.Hour
	for _, c := range []struct {
		name     string
		path     string
		interval time.Duration // between requests
		last     time.Duration // when the session still goes on
		ended    time.Duration
	}{
		{"not remembered", "/set?id=ada", time.Hour, 23 * time.Hour, 24 * time.Hour},
		{"not remembered, after an old proof", "/set?id=ada&age=10h", time.Hour, 13 * time.Hour, 14 * time.Hour},
		{"remembered", "/set?id=ada&remember=yes", day, 29 * day, 30 * day},
		{"remembered, after an old proof", "/set?id=ada&remember=yes&age=240h", day, 19 * day, 20 * day},
		{"remembered, with few requests", "/set?id=ada&remember=yes", 13 * day, 26 * day, 39 * day},
		{"remembered, idle", "/set?id=ada&remember=yes", 14 * day, 0, 14 * day},
		{"from a clock that is ahead", "/set?id=ada&age=-10h", time.Hour, 23 * time.Hour, 24 * time.Hour},
	} {
		for _, keepExpired := range []bool{false, true} {
			if keepExpired && strings.Contains(c.name, "idle") {
				continue // only the store has that time
			}
			s := newSite(t, nil) // its memstore has a goroutine that stays
			s.keepExpired = keepExpired
			synctest.Test(t, func(t *testing.T) {
				begin, b := time.Now(), newBrowser(t, s.handler)
				b.want(c.path, "set")
				for time.Since(begin) < c.last {
					time.Sleep(c.interval)
					b.want("/current", "ada true ")
				}
				time.Sleep(c.ended - time.Since(begin))
				b.want("/current", " false ")
			})
		}
	}
}

// A session is written again only if a sixteenth of IdleTimeout has passed.
func TestFewWrites(t *testing.T) {
	s := newSite(t, nil)
	synctest.Test(t, func(t *testing.T) {
		b := newBrowser(t, s.handler)
		b.get("/set?id=ada&remember=yes")
		before := s.commits
		for range 10 * 24 * 2 { // ten days, each half hour
			time.Sleep(30 * time.Minute)
			b.want("/current", "ada true ")
		}
		if got := s.commits - before; got < 10 || got > 11 {
			t.Errorf("ten days of requests made %d writes, want one in 21 hours", got)
		}
		if age := b.cookies["__Host-session"].MaxAge; age < int((13 * 24 * time.Hour).Seconds()) {
			t.Errorf("after the last write, the cookie has Max-Age %d, want 14 days", age)
		}
	})
}
