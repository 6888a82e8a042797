package esstore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// Setup makes the index and its alias where they are missing, and migrates an
// index of an older schema. It may be called whenever a program starts, by any
// number of processes at once.
//
// The index is Options.Alias with "-000001" after it; beside the alias
// Options.Alias it has one of its own, with ".own" after its name, which Update
// and Delete use. It has one shard, and one replica as soon as there is a second
// node.
//
// A migration copies all users into an index with the next number, while they go
// on being created, changed and deleted; all of that is carried over. Then, for
// at most a few seconds, writes are an ErrBusy, the alias is moved, and the old
// index deleted. Gets go on all the time. Versions that were read before are then
// an ErrConflict. One process migrates; the others' Setups wait, and take over
// what one that is gone has left, from where it was. To keep a program from
// waiting, call Setup from another beforehand: the Store can be used meanwhile,
// but for Search.
//
// If ctx is done, or the migration fails, the Store stays as it was, and the next
// Setup goes on. Only a process that is killed in those last seconds, or can't
// reach Elasticsearch any more, leaves writes refused: until the next Setup, or
// one that waits, has taken over.
//
// It fails if the alias is somebody else's index, or was made by a later
// version of this package.
func (s *Store) Setup(ctx context.Context) error { return s.arrange(ctx, "set up", false) }

// Reindex copies all users into a new index, as a migration of Setup does, though
// the schema may be this version's already: for a mapping that isn't as Setup
// makes it (see Check). It leaves out fields and documents that aren't this
// package's, which Setup's migration doesn't. While it runs there must be room for
// a second copy of the index.
func (s *Store) Reindex(ctx context.Context) error { return s.arrange(ctx, "reindex", true) }

// arrange brings about that there is one index of this schema behind the alias,
// and, if it is to be made anew, another than at first.
func (s *Store) arrange(ctx context.Context, op string, anew bool) error {
	a := attempt{op: op, anew: anew, tokens: map[string]bool{}}
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		in, err := s.look(ctx, op)
		if err != nil {
			return err
		}
		current, err := in.current()
		if err != nil {
			return fmt.Errorf("esstore: %s: %w", op, err)
		}
		var done bool
		if current == "" {
			done, err = s.create(ctx, op, in, &a)
		} else {
			done, err = s.advance(ctx, in, current, &a)
		}
		if done || err != nil {
			return err
		}
		if !sleep(ctx, pause) {
			return fmt.Errorf("esstore: %s: %w", op, ctx.Err())
		}
	}
}

// An attempt is what one Setup or Reindex remembers.
type attempt struct {
	op      string
	anew    bool
	first   string          // the index that was behind the alias at first
	moved   string          // the index that it was moved to, by this attempt
	tokens  map[string]bool // of leases that were asked for
	failed  int             // so often in a row
	watched watch
	since   time.Time // when the alias was first missed
}

// create makes the first index. It reports whether it did: another process may
// have been faster, or may be faster still.
func (s *Store) create(ctx context.Context, op string, in installation, a *attempt) (bool, error) {
	if a.since.IsZero() {
		a.since = time.Now()
	}
	if len(in.indices) == 0 {
		name := indexName(s.alias, 1)
		f := s.order(ctx, op, esapi.IndicesCreateRequest{
			Index: name, Body: indexBody(newMapping(), defaultSettings(), s.alias, ownAlias(name)),
			Instrument: s.instrument,
		})
		switch {
		case f == nil:
			return true, nil
		case f.kind != kindExists && !errors.Is(f.err, errUnacknowledged):
			return false, f
		}
	}
	// It is there, or in the making, and this node has not heard of its alias yet.
	if time.Since(a.since) > settleTimeout {
		return false, fmt.Errorf("esstore: %s: there is an index %s-…, or one in the making, but none has the alias %s", op, s.alias, s.alias)
	}
	return false, nil
}

const kindExists = "resource_already_exists_exception"

// indexBody is what an index is created with. Of the aliases, the first is to be
// written to.
func indexBody(m mapping, settings map[string]any, aliases ...string) *bytes.Reader {
	body := struct {
		Settings map[string]any            `json:"settings"`
		Mappings mapping                   `json:"mappings"`
		Aliases  map[string]map[string]any `json:"aliases"`
	}{settings, m, map[string]map[string]any{}}
	for i, alias := range aliases {
		body.Aliases[alias] = map[string]any{}
		if i == 0 {
			body.Aliases[alias]["is_write_index"] = true
		}
	}
	return encoded(body)
}

// settingsFrom returns the settings for an index that takes i's place: what an
// operator may have set is kept.
func settingsFrom(i index) map[string]any {
	settings := defaultSettings()
	for name, value := range i.Settings {
		for _, kept := range []string{
			"index.auto_expand_replicas", "index.codec", "index.indexing.slowlog.", "index.max_result_window",
			"index.merge.", "index.number_of_replicas", "index.priority", "index.refresh_interval",
			"index.routing.allocation.", "index.search.", "index.translog.", "index.unassigned.",
			"index.write.wait_for_active_shards",
		} {
			if strings.HasPrefix(name, kept) && !strings.HasPrefix(name, "index.routing.allocation.initial_recovery.") {
				settings[name] = value
			}
		}
	}
	if settings["index.auto_expand_replicas"] != "false" {
		delete(settings, "index.number_of_replicas") // which follows from it
	}
	return settings
}

// order sends a request that is answered when all nodes have heard of what it
// changed. If they haven't in time, that is a failure, too.
func (s *Store) order(ctx context.Context, op string, req esapi.Request) *failure {
	status, body, f := s.send(ctx, op, req)
	if f != nil {
		return f
	}
	var ans struct{ Acknowledged *bool }
	switch {
	case json.Unmarshal(body, &ans) != nil || ans.Acknowledged == nil:
		return &failure{op: op, status: status, err: errNotElasticsearch}
	case !*ans.Acknowledged:
		return &failure{op: op, status: status, err: errUnacknowledged}
	}
	return nil
}

// encoded returns v as the body of a request. Only what can be encoded is given.
func encoded(v any) *bytes.Reader {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return bytes.NewReader(b)
}
