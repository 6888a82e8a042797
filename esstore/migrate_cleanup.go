package esstore

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// needsCleanup reports whether the alias was moved, and something remains to be
// done after that.
func (in installation) needsCleanup(current string) bool {
	return in.indices[current].hasAlias(openingAlias(current)) || in.leftover(current) != "" || in.indices[current].movedAlias(current) != ""
}

// movedAlias returns the alias that says that the users of the index of this name were
// moved; "" if there is none. A snapshot may have been taken before the old index was
// deleted, so that the current index has it too.
func (i indexState) movedAlias(name string) string { return i.aliasWith(movedAliasPrefix(name)) }

// leftover returns an index whose users were moved to another, and which isn't the
// current one; "" if there is none.
func (in installation) leftover(current string) string {
	for _, name := range slices.Sorted(maps.Keys(in.indices)) {
		if name != current && in.indices[name].movedAlias(name) != "" {
			return name
		}
	}
	return ""
}

// cleanUp lets writes into the current index and deletes the old one, which still
// has users that are deleted from now on. If another process moved the alias, and may
// not be done with that, it leaves the cleanup to that process for blockedPatience. It
// reports whether nothing is left to do, or nothing but a deletion for which the
// privilege is missing.
func (s *Store) cleanUp(ctx context.Context, in installation, current string, a *attempt) (done bool, err error) {
	old := in.leftover(current)
	if a.cutOverTo != current && in.indices[current].hasAlias(openingAlias(current)) &&
		!a.watched.isStalled("cleanup of "+old, blockedPatience) {
		a.waitFor(ctx, s, "the cleanup after the migration to "+current)
		return false, nil
	}
	err = s.cleanUpAfterCutover(ctx, a.op, in, current, old)
	if err == nil {
		return false, nil
	}
	if e := asError(err); e.Status != http.StatusForbidden || e.isBlocked() || in.indices[current].isBlocked() {
		return false, transientIfSnapshot(err)
	}
	if !a.isUpToDate(in, current) {
		return false, fmt.Errorf("%w. A migration begins when what an earlier one has left is deleted: the privilege manage is needed on %s", err, cmp.Or(old, current))
	}
	s.logger.Log(ctx, slog.LevelWarn, "all users were moved, and what the migration has left remains: the privilege is missing. Setup with this privilege deletes it",
		"operation", a.op, "current", current, "remains", cmp.Or(old, "an alias of "+current), "privilege", "manage", "error", err)
	return true, s.acceptCurrent(ctx, a.op, current, in.indices[current])
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
	var refused error // without the alias, a later Setup does not wait for this process
	if old != "" {
		deleted, err := s.deleteLeftover(ctx, op, in, current, old)
		switch {
		case asError(err).Status == http.StatusForbidden && !isBlocked(err):
			refused = err
		case err != nil || !deleted:
			return err
		}
	}
	var actions []map[string]any
	if opening {
		actions = append(actions, removeAlias(current, openingAlias(current)))
	}
	if moved := in.indices[current].movedAlias(current); moved != "" { // current is the index that is in use
		actions = append(actions, removeAlias(current, s.alias), addWriteAlias(current, s.alias), removeAlias(current, moved))
	}
	if len(actions) > 0 {
		if err := s.changeAliases(ctx, op, actions...); err != nil && !isLeaseLost(err) {
			return cmp.Or(refused, err)
		}
	}
	return refused
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
	copied := strings.TrimPrefix(in.indices[old].movedAlias(old), movedAliasPrefix(old))
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
