package esstore

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
)

// prepare returns an error if Setup and Reindex can't go on: an index that they need is
// closed, users may be missing from the only one there is, or the aliases of the index
// current don't lead to it alone, and to all of it. If current only lacks its own alias,
// which Update and Delete use, prepare adds it.
//
// Setup doesn't need a closed copy of an index that needs no migration. prepare only logs
// it.
func (s *Store) prepare(ctx context.Context, a *attempt, in installation, current string) error {
	op := a.op
	if name := in.closed(current); name != "" {
		if a.reindex || name == current || current == "" || in.needsCleanup(current) || !a.isUpToDate(in, current) {
			return fmt.Errorf("esstore: %s: %w", op, closedError(name))
		}
		s.logger.WarnContext(ctx, "an abandoned copy of the index is closed: delete it, or open it", "index", current, "copy", name)
	}
	if err := in.refuseUnfinished(current); err != nil {
		return fmt.Errorf("esstore: %s: %w", op, err)
	}
	if current == "" {
		return nil
	}
	if err := in.checkAliases(current); err != nil {
		return fmt.Errorf("esstore: %s: %w", op, err)
	}
	if in.indices[current].hasAlias(ownAlias(current)) {
		return nil
	}
	return s.addOwnAlias(ctx, op, in, current)
}

// closed returns a closed index that Setup or Reindex needs if current is behind the
// alias: a copy of current, an index whose users were moved, or, if there is no current,
// any. It returns "" if there is none.
func (in installation) closed(current string) string {
	for _, name := range slices.Sorted(maps.Keys(in.indices)) {
		if in.isClosedAndNeeded(name, current) {
			return name
		}
	}
	return ""
}

// isClosedAndNeeded reports whether the index of this name is one of those that closed
// describes.
func (in installation) isClosedAndNeeded(name, current string) bool {
	i := in.indices[name]
	isCopy := i.aliasWith(copyLeasePrefix(name)) != "" && i.Mappings.Meta.Signup.From == current
	return i.isClosed() && (current == name || isIndexOf(name, in.alias) &&
		(current == "" || isCopy || i.aliasWith(movedAliasPrefix(name)) != ""))
}

// checkAliases returns an error if the alias or the own alias of the index name leads to
// a part of the index or to another index.
func (in installation) checkAliases(name string) error {
	for _, alias := range []string{in.alias, ownAlias(name)} {
		if a, exists := in.indices[name].Aliases[alias]; exists && !a.isPlain() {
			return fmt.Errorf("the alias %s of the index %s has a filter or routing, or takes no writes: set it again (see Check)", alias, name)
		}
		for _, other := range slices.Sorted(maps.Keys(in.indices)) {
			if other != name && in.indices[other].hasAlias(alias) {
				return fmt.Errorf("the alias %s of the index %s leads to the index %s too: remove it there", alias, name, other)
			}
		}
	}
	return nil
}

// addOwnAlias adds the own alias of the index current, provided that current is behind the
// alias of the Store at that moment. Otherwise an index whose users are being moved could
// be written to.
func (s *Store) addOwnAlias(ctx context.Context, op string, in installation, current string) error {
	own := ownAlias(current)
	err := s.changeAliases(ctx, op, removeAlias(current, s.alias), addWriteAlias(current, s.alias), addAlias(current, own))
	switch e := asError(err); {
	case err == nil:
	case isLeaseLost(err): // current is no longer behind the alias
		return nil
	case e.Status == http.StatusForbidden:
		return fmt.Errorf("esstore: %s: the index %s lacks the alias %s, which Update and Delete need, and it can't be added: %w", op, current, own, err)
	default:
		return err
	}
	s.logger.Log(ctx, slog.LevelWarn, "the own alias of the index was missing and was added", "index", current, "alias", own)
	in.indices[current].Aliases[own] = aliasState{}
	return nil
}
