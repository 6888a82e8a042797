package esstore

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// needsCleanup reports whether the alias was moved, and something remains to be
// done after that.
func (in installation) needsCleanup(current string) bool {
	return in.indices[current].hasAlias(openingAlias(current)) || in.leftover() != ""
}

// leftover returns an index whose users were moved to another; "" if there is none.
func (in installation) leftover() string {
	for name, i := range in.indices {
		if i.aliasWith(movedAliasPrefix(name)) != "" {
			return name
		}
	}
	return ""
}

// cleanUp lets writes into the current index and deletes the old one, which still
// has users that are deleted from now on. If another process moved the alias, it
// leaves the cleanup to that process for blockedPatience. It reports whether
// nothing is left to do, or nothing but a deletion for which the privilege is
// missing.
func (s *Store) cleanUp(ctx context.Context, in installation, current string, a *attempt) (done bool, err error) {
	old := in.leftover()
	if a.cutOverTo != current && !a.watched.isStalled("cleanup of "+old, blockedPatience) {
		return false, nil
	}
	err = s.cleanUpAfterCutover(ctx, a.op, in, current, old)
	f, _ := errors.AsType[*failure](err)
	switch {
	case f == nil:
		return false, err
	case f.status == http.StatusForbidden && !in.indices[current].isBlocked() && !f.isBlocked():
		return !a.reindex && in.indices[current].schema() == schema, nil
	case f.kind == "snapshot_in_progress_exception":
		f = &failure{op: f.op, status: http.StatusServiceUnavailable, err: errors.New("a snapshot of the old index is in progress")}
	}
	return false, a.retry(ctx, s, f)
}

func (s *Store) cleanUpAfterCutover(ctx context.Context, op string, in installation, current, old string) error {
	opening := in.indices[current].hasAlias(openingAlias(current))
	if opening && in.indices[current].isBlocked() {
		if f := s.unblock(ctx, op, openingAlias(current)); f != nil {
			return f
		}
	}
	if old != "" {
		if deleted, err := s.deleteLeftover(ctx, op, in, current, old); err != nil || !deleted {
			return err
		}
	}
	if opening {
		if f := s.changeAliases(ctx, op, removeAlias(current, openingAlias(current))); f != nil && !isLeaseLost(f) {
			return f
		}
	}
	return nil
}

// deleteLeftover deletes the index old, provided that nothing was written to it
// after its users were moved to current. It returns false if another process has
// deleted it.
func (s *Store) deleteLeftover(ctx context.Context, op string, in installation, current, old string) (bool, error) {
	at, err := s.readCheckpoint(ctx, op, old)
	if f, ok := errors.AsType[*failure](err); ok && f.noIndex() {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	copied := strings.TrimPrefix(in.indices[old].aliasWith(movedAliasPrefix(old)), movedAliasPrefix(old))
	if in.indices[current].Mappings.Meta.Signup.From != old || copied != strconv.FormatInt(at.last, 10) {
		return false, fmt.Errorf("esstore: %s: the users of %s were moved to %s, and it was written to afterwards: compare the two and delete it", op, old, current)
	}
	if f := s.deleteIndex(ctx, op, old); f != nil {
		return false, f
	}
	return true, nil
}

// deleteIndex deletes an index, which may be gone already.
func (s *Store) deleteIndex(ctx context.Context, op, name string) *failure {
	f := s.sendAcknowledged(ctx, op, esapi.IndicesDeleteRequest{Index: []string{name}, Instrument: s.instrument})
	if f.noIndex() {
		return nil
	}
	return f
}
