package storetest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/gosignup/signup"
)

// countTime is a window that doesn't end during a test.
const countTime = time.Hour

// An addition is a call of Add, and what it must return.
type addition struct {
	name    string
	n, want int
}

// adds makes the calls, one after the other.
func adds(ctx context.Context, c signup.Counter, window time.Duration, calls ...addition) error {
	for _, a := range calls {
		got, err := c.Add(ctx, a.name, a.n, window)
		if err != nil {
			return fmt.Errorf("Add(%.20q, %d, %s): got the error %w, want nil", a.name, a.n, window, err)
		}
		if got != a.want {
			return fmt.Errorf("Add(%.20q, %d, %s): got %d, want %d", a.name, a.n, window, got, a.want)
		}
	}
	return nil
}

func countSum(ctx context.Context, c ...signup.Counter) error {
	return adds(ctx, c[0], countTime, addition{"a", 1, 1}, addition{"a", 1, 2}, addition{"b", 5, 5},
		addition{"a", 40, 42}, addition{"b", 1, 6}, addition{"c", 0, 0})
}

func countSharedSum(ctx context.Context, c ...signup.Counter) error {
	return first(
		adds(ctx, c[0], countTime, addition{"a", 1, 1}, addition{"b", 7, 7}),
		adds(ctx, c[1], countTime, addition{"a", 0, 1}, addition{"a", 2, 3}, addition{"b", -7, 0}),
		adds(ctx, c[0], countTime, addition{"a", 1, 4}, addition{"b", 0, 0}, addition{"b", 1, 1}),
		adds(ctx, c[1], countTime, addition{"a", 0, 4}, addition{"b", 1, 2}),
	)
}

func countNegative(ctx context.Context, c ...signup.Counter) error {
	return adds(ctx, c[0], countTime, addition{"a", 5, 5}, addition{"a", -2, 3}, addition{"a", -4, 0}, addition{"a", 1, 1},
		addition{"b", -1, 0}, addition{"b", 2, 2}, addition{"b", -signup.MaxCount, 0}, addition{"b", -1, 0}, addition{"b", 1, 1})
}

func countZero(ctx context.Context, c ...signup.Counter) error {
	const short = time.Second
	return first(
		adds(ctx, c[0], short, addition{"a", 0, 0}, addition{"b", -1, 0}),
		adds(ctx, c[0], countTime, addition{"a", 1, 1}, addition{"b", 1, 1}, addition{"a", 0, 1}, addition{"a", 0, 1}),
		wait(ctx, short+short/2),
		adds(ctx, c[0], countTime, addition{"a", 0, 1}, addition{"b", 0, 1}),
	)
}

func countHighest(ctx context.Context, c ...signup.Counter) error {
	const most = signup.MaxCount
	return adds(ctx, c[0], countTime, addition{"a", most - 1, most - 1}, addition{"a", 2, most}, addition{"a", most, most},
		addition{"a", -1, most - 1}, addition{"b", most, most}, addition{"b", 1, most}, addition{"b", -most, 0})
}

func countNames(ctx context.Context, c ...signup.Counter) error {
	long := strings.Repeat("x", signup.MaxCountName-1)
	names := []string{
		"a", "A", "a ", " a", "a\x00", "\x00a", "\x00", "\xff", "\xfe", "\u00e9", "e\u0301", "\ufffd",
		"a\n", ".", "..", "../a", "a/b", "a%2fb", "a?refresh=true", "a#b", "_a", "-a", "+a", "a*", "a,b", "<a-{now/d}>",
		`"`, `\`, `{"n":1}`, "null", "0", "00", "'; --", long + "a", long + "b", "a" + long, long,
	}
	for i, name := range names {
		if err := adds(ctx, c[0], countTime, addition{name, i + 1, i + 1}); err != nil {
			return err
		}
	}
	for i, name := range names {
		if err := adds(ctx, c[0], countTime, addition{name, 0, i + 1}); err != nil {
			return err
		}
	}
	return nil
}

func countInvalid(ctx context.Context, c ...signup.Counter) error {
	secret := "correct horse"
	tooLong := secret + strings.Repeat("x", signup.MaxCountName)
	for _, n := range []int{1, 0, -1} {
		for _, a := range []struct {
			name   string
			window time.Duration
		}{
			{"", countTime}, {tooLong, countTime}, {tooLong[:signup.MaxCountName+1], countTime},
			{secret, 0}, {secret, -1}, {secret, -countTime}, {secret, signup.MaxCountWindow + 1},
		} {
			_, err := c[0].Add(ctx, a.name, n, a.window)
			call := fmt.Sprintf("Add(a name of %d bytes, %d, %s)", len(a.name), n, a.window)
			if err := is(call, err, signup.ErrInvalid); err != nil {
				return err
			}
			if strings.Contains(err.Error(), secret) {
				return fmt.Errorf("%s: got an error that contains the name, want one without", call)
			}
		}
	}
	return first(
		adds(ctx, c[0], signup.MaxCountWindow, addition{secret, 0, 0}, addition{secret, 1, 1}),
		adds(ctx, c[0], 1, addition{"another", 1, 1}),
	)
}

func countDoneContext(ctx context.Context, c ...signup.Counter) error {
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	expired, cancel := context.WithDeadline(ctx, time.Now().Add(-time.Second))
	defer cancel()
	if err := adds(ctx, c[0], countTime, addition{"a", 1, 1}); err != nil {
		return err
	}
	for _, done := range []context.Context{canceled, expired} {
		for _, n := range []int{1, 0, -1} {
			_, err := c[0].Add(done, "a", n, countTime)
			if err := is("Add with a context that is done", err, done.Err()); err != nil {
				return err
			}
		}
	}
	return adds(ctx, c[0], countTime, addition{"a", 0, 1})
}
