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

	"github.com/gosignup/signup/esstore/internal/es"
)

// Setup makes the index and its aliases if they are missing, and migrates an index
// with an older schema. Any number of processes may call it at once, and a program
// may call it each time it starts.
//
// The name of the first index is Options.Alias and "-000001". The index has two
// aliases: Options.Alias, and its own name and ".own", which Update and Delete
// use. It has one shard, and one replica as soon as there is a second node.
//
// A migration copies all users into an index with the next number. Users can be
// created, changed and deleted meanwhile, and the copy gets all of these changes.
// Then comes the cutover: for a few seconds at most, writes return ErrBusy, and
// the alias is moved. At last, the cleanup deletes the old index. Get works
// throughout. After the cutover, Update and Delete return ErrConflict for Versions
// that were read before it.
//
// One process migrates. Setup in other processes waits for it and, if the process
// stops, continues where it stopped. So that a program doesn't wait when it starts,
// call Setup from another program beforehand.
//
// Programs of the older version keep working during a migration. A program of this
// version can't register users before the index has this version's schema: see the
// package comment. It can't search them either.
//
// What was copied is read back and compared. If the copy differs, because a template
// or a pipeline of the cluster changes what is written, the error says so, and the
// old index stays in use.
//
// If Elasticsearch can't be reached or has no capacity, Setup logs that and tries
// again, for a minute or somewhat longer, and then returns the error. While it waits
// for another process, it logs that each minute.
//
// If ctx is done or the migration fails, the Store stays as it was, and the next
// Setup continues. There is one exception: if a process is killed during the
// cutover, or loses the connection to Elasticsearch, writes are refused until the
// next Setup, or a Setup that is waiting, has continued.
//
// Setup fails if the alias belongs to an index that this package didn't make, or
// that a later version of this package made, and if the index is closed. If the index
// lacks its own alias, Setup adds it.
//
// Setup compares the index with what it asks for, as Elasticsearch reports it:
// index templates of the cluster are merged into each new index. If users or their
// hashes would be lost or couldn't be found in an index that Setup has just created, it
// deletes the index and fails. The error says which template is the cause and how to
// exclude the index from it. Only a role with the privilege monitor of the cluster can
// read the templates. If the index existed before, Setup fails only if users or their
// hashes would be lost. If only searches would miss users, Setup logs a warning, and
// [Store.Search] and [Store.Export] return errors: [Store.Reindex] is the remedy.
func (s *Store) Setup(ctx context.Context) error { return s.ensureIndex(ctx, "set up", false) }

// Reindex copies all users into a new index, as a migration by Setup does, even if
// the schema is current. Use it if the mapping is not as Setup makes it: see
// [Store.Check]. Unlike Setup, it leaves out fields and documents that this package
// doesn't write. The disk needs room for a second copy of the index meanwhile.
func (s *Store) Reindex(ctx context.Context) error { return s.ensureIndex(ctx, "reindex", true) }

// ensureIndex returns when one index with the current schema is behind the alias.
// If reindex is true, it is another index than the one at the beginning.
func (s *Store) ensureIndex(ctx context.Context, op string, reindex bool) error {
	a := attempt{op: op, reindex: reindex, tokens: map[string]bool{}, pace: newPace(batchBytes)}
	s = s.bounded()
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		done, err := s.takeStep(ctx, &a)
		if err = a.retry(ctx, s, err); done || err != nil {
			return err
		}
		if !sleep(ctx, pause) {
			return a.ended(fmt.Errorf("esstore: %s: %w", op, ctx.Err()))
		}
	}
}

// takeStep takes the next step, and reports whether there is nothing left to do. It
// returns false and nil if the next step has to wait for another process.
func (s *Store) takeStep(ctx context.Context, a *attempt) (done bool, err error) {
	in, err := s.look(ctx, a.op)
	if err != nil {
		return false, err
	}
	if changed, err := s.takeAliasOffCopies(ctx, a.op, in); changed || err != nil {
		return false, err
	}
	current, err := in.current()
	if err != nil {
		return false, fmt.Errorf("esstore: %s: %w", a.op, err)
	}
	if err := s.prepare(ctx, a, in, current); err != nil {
		return false, err
	}
	if current == "" {
		return s.createFirstIndex(ctx, in, a)
	}
	return s.advance(ctx, in, current, a)
}

// An attempt is the state of one call of Setup or Reindex.
type attempt struct {
	op        string
	reindex   bool            // make a new index even if the schema is current
	first     string          // the index that was behind the alias at the beginning
	cutOverTo string          // the index to which this attempt has moved the alias
	tokens    map[string]bool // of all leases that this attempt has requested
	failures  int             // transient failures in a row
	failing   time.Time       // when the first of them was
	last      error           // the last of them
	races     int             // steps in a row that another process had taken
	troubled  time.Time       // when the last failure or race was
	watched   watch
	pace      *pace  // of the writes to the copy
	pages     *pager // of the reads of both indices

	waiting               string // what the attempt waits for
	waitBegun, waitLogged time.Time
	missing               time.Time // when the alias was first found missing
}

// createFirstIndex creates the first index. It reports whether it did: another
// process may have created it, or may be creating it.
func (s *Store) createFirstIndex(ctx context.Context, in installation, a *attempt) (bool, error) {
	if a.missing.IsZero() {
		a.missing = time.Now()
	}
	if len(in.indices) == 0 {
		name := indexName(s.alias, 1)
		started, err := s.createIndex(ctx, a.op, esapi.IndicesCreateRequest{
			Index: name, Body: indexBody(newMapping(), defaultSettings(), s.alias, ownAlias(name)),
			Instrument: s.instrument,
		})
		switch {
		case err == nil && !started: // nothing can be stored
			return false, fmt.Errorf("esstore: %s: the index %s was created, but no node has taken its shard, so that it can't be used: GET /_cluster/allocation/explain shows the reason", a.op, name)
		case err == nil:
			return true, s.acceptFirst(ctx, a.op, name)
		case asError(err).Type != typeIndexExists && !errors.Is(err, es.ErrUnacknowledged):
			return false, s.explained(ctx, a.op, name, err)
		}
	}
	// The index exists, or is being created, and this node doesn't know its alias yet.
	if time.Since(a.missing) > settleTimeout {
		return false, fmt.Errorf("esstore: %s: there is an index %s-…, or one is being created, but none has the alias %s", a.op, s.alias, s.alias)
	}
	return false, nil
}

// createIndex creates an index, and reports whether it has its shard: no node may have
// taken it in time, which is half a minute unless req says otherwise.
func (s *Store) createIndex(ctx context.Context, op string, req esapi.IndicesCreateRequest) (started bool, err error) {
	r, err := s.send(ctx, op, req)
	if err != nil {
		return false, err
	}
	var response struct {
		Acknowledged *bool
		Started      *bool `json:"shards_acknowledged"`
	}
	switch {
	case json.Unmarshal(r.Body, &response) != nil || response.Acknowledged == nil:
		return false, notElasticsearch(op, r.Status)
	case !*response.Acknowledged:
		return false, &Error{Op: op, Status: r.Status, err: es.ErrUnacknowledged, attempts: r.Attempts}
	}
	return response.Started == nil || *response.Started, nil
}

// indexBody returns the body of the request that creates an index. The index is
// written to through the first alias.
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

// keptSettings are the prefixes of the settings that a migration keeps, because an
// operator may have set them.
var keptSettings = []string{
	"index.auto_expand_replicas", "index.codec", "index.hidden", "index.indexing.slowlog.", "index.max_result_window",
	"index.merge.", "index.number_of_replicas", "index.priority", "index.refresh_interval",
	"index.routing.allocation.", "index.search.", "index.translog.", "index.unassigned.",
	"index.write.wait_for_active_shards",
}

// settingsFrom returns the settings for the index that replaces i.
func settingsFrom(i indexState) map[string]any {
	settings := defaultSettings()
	for name, value := range i.Settings {
		for _, kept := range keptSettings {
			if strings.HasPrefix(name, kept) && !strings.HasPrefix(name, "index.routing.allocation.initial_recovery.") {
				settings[name] = value
			}
		}
	}
	if settings["index.auto_expand_replicas"] != "false" {
		delete(settings, "index.number_of_replicas") // Elasticsearch sets it
	}
	return settings
}

// encoded returns v as the body of a request. It panics if v can't be encoded.
func encoded(v any) *bytes.Reader {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return bytes.NewReader(b)
}
