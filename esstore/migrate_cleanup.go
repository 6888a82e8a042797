package esstore

import (
	"context"
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
		a.waitFor(ctx, s, "the cleanup after the migration to "+current)
		return false, nil
	}
	err = s.cleanUpAfterCutover(ctx, a.op, in, current, old)
	switch e := asError(err); {
	case err == nil:
		return false, nil
	case e.Status == http.StatusForbidden && !in.indices[current].isBlocked() && !e.isBlocked():
		return !a.reindex && in.indices[current].schema() == schema, nil
	}
	return false, transientIfSnapshot(err)
}

// transientIfSnapshot returns a transient error if err means that an index can't be
// deleted while a snapshot of it is being taken. Otherwise it returns err.
func transientIfSnapshot(err error) error {
	if e := asError(err); e.Type == typeSnapshot {
		return e.asTransient("a snapshot of the index is in progress")
	}
	return err
}

func (s *Store) cleanUpAfterCutover(ctx context.Context, op string, in installation, current, old string) error {
	opening := in.indices[current].hasAlias(openingAlias(current))
	if opening && in.indices[current].isBlocked() {
		if err := s.unblock(ctx, op, openingAlias(current)); err != nil {
			return err
		}
	}
	if old != "" {
		if deleted, err := s.deleteLeftover(ctx, op, in, current, old); err != nil || !deleted {
			return err
		}
	}
	if opening {
		if err := s.changeAliases(ctx, op, removeAlias(current, openingAlias(current))); err != nil && !isLeaseLost(err) {
			return err
		}
	}
	return nil
}

// deleteLeftover deletes the index old, provided that nothing was written to it
// after its users were moved to current. It returns false if another process has
// deleted it.
func (s *Store) deleteLeftover(ctx context.Context, op string, in installation, current, old string) (bool, error) {
	at, err := s.readCheckpoint(ctx, op, old)
	if isNoIndex(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	copied := strings.TrimPrefix(in.indices[old].aliasWith(movedAliasPrefix(old)), movedAliasPrefix(old))
	if in.indices[current].Mappings.Meta.Signup.From != old || copied != strconv.FormatInt(at.last, 10) {
		return false, fmt.Errorf("esstore: %s: the users of %s were moved to %s, and it was written to afterwards: compare the two and delete it", op, old, current)
	}
	if err := s.deleteIndex(ctx, op, old); err != nil {
		return false, err
	}
	return true, nil
}

// deleteIndex deletes an index, which may not exist any more.
func (s *Store) deleteIndex(ctx context.Context, op, name string) error {
	err := s.sendAcknowledged(ctx, op, esapi.IndicesDeleteRequest{Index: []string{name}, Instrument: s.instrument})
	if isNoIndex(err) {
		return nil
	}
	return err
}
