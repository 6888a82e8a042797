package mailer

import (
	"testing"
	"time"

	"github.com/gosignup/signup"
)

func TestBackoff(t *testing.T) {
	for _, c := range []struct {
		first    time.Duration
		attempts int
		max      time.Duration
	}{
		{2 * time.Second, 1, 2 * time.Second},
		{2 * time.Second, 2, 4 * time.Second},
		{2 * time.Second, 5, 32 * time.Second},
		{2 * time.Second, 9, maxBackoff},
		{2 * time.Second, 1_000_000, maxBackoff},
		{time.Hour, 3, time.Hour},
		{1, 1, 1},
	} {
		seen := make(map[time.Duration]bool)
		for range 100 {
			d := backoff(c.first, c.attempts)
			if d < c.max/2 || d > c.max {
				t.Errorf("backoff(%v, %d) returned %v, want %v to %v", c.first, c.attempts, d, c.max/2, c.max)
			}
			seen[d] = true
		}
		if c.max > 1 && len(seen) < 50 {
			t.Errorf("backoff(%v, %d) returned %d different waits of 100, want random ones", c.first, c.attempts, len(seen))
		}
	}
}

func TestQueueOrder(t *testing.T) {
	q := newQueue(10, 1)
	now := time.Now()
	for i, due := range []time.Duration{3, 1, 2, 1, 0} {
		if err := q.put(&queued{id: string(rune('a' + i)), due: now.Add(due)}); err != nil {
			t.Fatal(err)
		}
	}
	order := ""
	for range 5 {
		m, _, _ := q.next(now.Add(time.Second))
		order += m.id
	}
	if order != "ebdca" {
		t.Errorf("got the order %s, want ebdca", order)
	}
}

func TestDeadline(t *testing.T) {
	now := time.Now()
	for _, c := range []struct{ expires, want time.Time }{
		{time.Time{}, now.Add(24 * time.Hour)},
		{now.Add(time.Hour), now.Add(time.Hour)},
		{now.Add(7 * 24 * time.Hour), now.Add(24 * time.Hour)},
	} {
		q := &queued{at: now, mail: signup.Mail{Expires: c.expires}}
		if got := q.deadline(); !got.Equal(c.want) {
			t.Errorf("got the deadline %v, want %v", got, c.want)
		}
	}
}
