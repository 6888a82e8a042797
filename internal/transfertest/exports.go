package transfertest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/transfer"
)

// WriterFunc is an io.Writer.
type WriterFunc func([]byte) (int, error)

func (f WriterFunc) Write(p []byte) (int, error) { return f(p) }

// WantUsers checks that an export has the first n users, each once and in the order of the
// keys.
func WantUsers(t testing.TB, from transfer.Exporter, n int) {
	t.Helper()
	var want []signup.User
	for u := range Users(n) {
		want = append(want, u)
	}
	slices.SortFunc(want, func(a, b signup.User) int { return strings.Compare(a.Key(), b.Key()) })
	var out strings.Builder
	count, err := from.Export(t.Context(), &out, &transfer.ExportOptions{Hashes: true})
	if err != nil || count != int64(n) {
		t.Fatalf("got %d users and the error %v, want %d and nil", count, err, n)
	}
	i := 0
	for got, err := range transfer.Read(strings.NewReader(out.String())) {
		if err != nil || !got.Equal(want[i]) || got.Key() != want[i].Key() || got.KeyRule() != want[i].KeyRule() {
			t.Fatalf("user %d of %d: got %q and the error %v, want %q", i, n, got.Key(), err, want[i].Key())
		}
		i++
	}
	if i != n {
		t.Errorf("got %d lines, want %d", i, n)
	}
}

// WantCount checks that an export which fails returns the number of users that it has
// written completely. from has 1,500 users, and writes 1,000 at once.
func WantCount(t testing.TB, from transfer.Exporter) {
	t.Helper()
	full := errors.New("no space left")
	var out strings.Builder
	n, err := from.Export(t.Context(), WriterFunc(func(p []byte) (int, error) {
		if out.Len() > 0 {
			out.Write(p[:len(p)/2])
			return len(p) / 2, full
		}
		return out.Write(p)
	}), nil)
	if lines := int64(strings.Count(out.String(), "\n")); !errors.Is(err, full) || n != lines || n <= 1000 {
		t.Errorf("got %d users and the error %v, want %d and %v", n, err, lines, full)
	}
	ctx, cancel := context.WithCancel(t.Context())
	n, err = from.Export(ctx, WriterFunc(func(p []byte) (int, error) { cancel(); return len(p), nil }), nil)
	if n != 1000 || !errors.Is(err, context.Canceled) {
		t.Errorf("after the end of the context: got %d users and the error %v, want 1000 and Canceled", n, err)
	}
}
