package esstore

import (
	"context"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// The aliases of a migration. Each is the name of its index, a word, and, except
// for openingAlias, something that only the end of the name says.

// copyLeasePrefix and sourceLeasePrefix return the beginnings of the two aliases of
// a lease. A token follows.
func copyLeasePrefix(index string) string   { return index + ".copy-" }
func sourceLeasePrefix(index string) string { return index + ".source-" }

// movedAliasPrefix returns the beginning of the alias of an index whose users were
// moved to another index. The last sequence number that was copied follows.
func movedAliasPrefix(index string) string { return index + ".moved-" }

// openingAlias returns the alias of an index to which users were moved, for as
// long as it may still refuse writes.
func openingAlias(index string) string { return index + ".opening" }

// addAlias returns the action that adds an alias to an index, or replaces it.
func addAlias(index, alias string) map[string]any {
	return map[string]any{"add": map[string]any{"index": index, "alias": alias}}
}

// addWriteAlias returns the action that adds an alias through which the index is
// written to.
func addWriteAlias(index, alias string) map[string]any {
	return map[string]any{"add": map[string]any{"index": index, "alias": alias, "is_write_index": true}}
}

// removeAlias returns the action that removes an alias. If the index doesn't have
// it, the whole request fails and changes nothing.
func removeAlias(index, alias string) map[string]any {
	return map[string]any{"remove": map[string]any{"index": index, "alias": alias, "must_exist": true}}
}

// changeAliases performs the actions in one atomic step.
func (s *Store) changeAliases(ctx context.Context, op string, actions ...map[string]any) *failure {
	return s.sendAcknowledged(ctx, op, esapi.IndicesUpdateAliasesRequest{
		Body: encoded(map[string]any{"actions": actions}), MasterTimeout: 5 * time.Second, Instrument: s.instrument,
	})
}
