package memstore

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/transfer"
)

var _ interface {
	transfer.Exporter
	transfer.Importer
} = (*Store)(nil)

// chunk is the number of users that an export or an import takes at once.
const chunk = 1000

// Export writes all users to w, in the order of their keys, as lines of JSON, which
// [transfer.Read] reads. Placeholders are left out.
//
// An export has all users that were stored when it was called. If a user is created,
// changed or deleted meanwhile, it may have either state; a user whose address changes
// may be missing, or be there under both addresses. Other calls don't wait while w is
// written to.
//
// Export returns the number of users that it has written completely. They are all
// users only if the error is nil. The error is that of w, ctx's, or ErrInvalid if there
// is a user that no line can have: see [transfer.Writer.Write].
func (s *Store) Export(ctx context.Context, w io.Writer, opts *transfer.ExportOptions) (n int64, err error) {
	s.mu.RLock()
	keys := slices.Collect(maps.Keys(s.users))
	s.mu.RUnlock()
	slices.Sort(keys)
	lines := transfer.NewWriter(w, opts)
	for some := range slices.Chunk(keys, chunk) {
		if err := ctx.Err(); err != nil {
			return lines.Count(), fmt.Errorf("memstore: export: %w", err)
		}
		if err := lines.Write(s.some(some)...); err != nil {
			return lines.Count(), fmt.Errorf("memstore: export: %w", err)
		}
	}
	if err := ctx.Err(); err != nil {
		return lines.Count(), fmt.Errorf("memstore: export: %w", err)
	}
	return lines.Count(), nil
}

// some returns the users that are stored under keys. They share their Profiles with the
// Store, which never changes one.
func (s *Store) some(keys []string) []signup.User {
	users := make([]signup.User, 0, len(keys))
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, key := range keys {
		if u, ok := s.users[key]; ok {
			users = append(users, *u)
		}
	}
	return users
}
