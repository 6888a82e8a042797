package sqltest

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// A brokenStore breaks its contract in one way, now and then.
type brokenStore struct {
	signup.Store
	flaw string
}

func (s *brokenStore) Create(ctx context.Context, u *signup.User) error {
	err := s.Store.Create(ctx, u)
	switch broken := rand.IntN(20) == 0; {
	case err == nil && broken && s.flaw == "says busy after a Create":
		return signup.ErrBusy
	case err == nil && broken && s.flaw == "repeats a Create":
		return signup.ErrExists
	case errors.Is(err, signup.ErrReplayed) && broken && s.flaw == "creates twice":
		return nil
	}
	return err
}

func (s *brokenStore) Update(ctx context.Context, u *signup.User) error {
	if rand.IntN(20) == 0 && s.flaw == "loses an Update" {
		return nil
	}
	err := s.Store.Update(ctx, u)
	if err == nil && rand.IntN(20) == 0 && s.flaw == "repeats an Update" {
		return signup.ErrConflict
	}
	return err
}

// The load meets what a broken Store does wrong, and the ledger finds it.
func TestLoadFinds(t *testing.T) {
	for _, test := range []struct{ flaw, want string }{
		{"works", ""},
		{"loses an Update", "acknowledged writes lost"},
		{"creates twice", "writes doubled"},
		{"repeats a Create", "own writes called a duplicate"},
		{"repeats an Update", "own writes called a conflict"},
		{"says busy after a Create", "ErrBusy for a write that was made"},
	} {
		t.Run(test.flaw, func(t *testing.T) {
			s := &brokenStore{memstore.New(), test.flaw}
			var l ledger
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			(&load{store: s, numbered: numbered{journal: l.newPage()}}).run(ctx, 8)
			f, err := l.judge(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			wrong := f.wrong()
			maps.DeleteFunc(wrong, func(_ string, n int) bool { return n == 0 })
			names := slices.Collect(maps.Keys(wrong))
			if test.want == "" && len(names) > 0 || test.want != "" && !slices.Contains(names, test.want) {
				t.Errorf("got wrong %v, want %q; %v", wrong, test.want, f)
			}
		})
	}
}
