package storetest

import (
	"context"
	"fmt"
	"time"

	"github.com/gosignup/signup"
)

// wait waits for d.
func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

const (
	// mostLate is how late a count may be forgotten in these tests.
	mostLate = time.Second
	// clockSlack is what a Counter that measures in milliseconds may be early.
	clockSlack = 2 * time.Millisecond
)

// forgotten reads the count of name until it is 0. The count was begun between two
// times, and must be forgotten window later, neither earlier nor much later.
func forgotten(ctx context.Context, c signup.Counter, name string, after, before time.Time, window time.Duration) error {
	for {
		asked := time.Now()
		n, err := c.Add(ctx, name, 0, countTime)
		switch {
		case err != nil:
			return fmt.Errorf("Add(%q, 0): got the error %w, want nil", name, err)
		case n == 0 && time.Since(after) < window-clockSlack:
			return fmt.Errorf("a count with a window of %s: forgotten after %s at most, want later", window, time.Since(after))
		case n == 0:
			return nil
		case asked.Sub(before) > window+mostLate:
			return fmt.Errorf("a count with a window of %s: got %d after %s at least, want it forgotten", window, n, asked.Sub(before))
		}
		if err := wait(ctx, 10*time.Millisecond); err != nil {
			return err
		}
	}
}

func countWindow(ctx context.Context, c ...signup.Counter) error {
	const window = 700 * time.Millisecond
	for range 2 { // the second count begins after the first is forgotten
		after := time.Now()
		if err := adds(ctx, c[0], window, addition{"a", 3, 3}); err != nil {
			return err
		}
		if err := forgotten(ctx, c[0], "a", after, time.Now(), window); err != nil {
			return err
		}
	}
	return adds(ctx, c[0], window, addition{"a", -1, 0}, addition{"a", 1, 1})
}

func countFirstWindow(ctx context.Context, c ...signup.Counter) error {
	const window = 1500 * time.Millisecond
	if err := adds(ctx, c[0], countTime, addition{"long", 1, 1}); err != nil {
		return err
	}
	if err := adds(ctx, c[0], time.Millisecond, addition{"long", 1, 2}); err != nil {
		return err
	}
	after := time.Now()
	if _, err := c[0].Add(ctx, "short", 1, window); err != nil {
		return err
	}
	before := time.Now()
	if n, err := c[0].Add(ctx, "short", 1, countTime); err != nil || n != 2 && time.Since(after) < window {
		return fmt.Errorf("Add(\"short\", 1): got %d and %w, want 2 and nil", n, err)
	}
	if time.Since(after) < window {
		if err := forgotten(ctx, c[0], "short", after, before, window); err != nil {
			return err
		}
	}
	return adds(ctx, c[0], countTime, addition{"long", 1, 3})
}

func countWindowAfterZero(ctx context.Context, c ...signup.Counter) error {
	const window = time.Second
	return first(
		adds(ctx, c[0], window, addition{"a", 2, 2}, addition{"a", -2, 0}),
		adds(ctx, c[0], countTime, addition{"a", 1, 1}),
		wait(ctx, window+window/2),
		adds(ctx, c[0], countTime, addition{"a", 1, 2}),
	)
}
