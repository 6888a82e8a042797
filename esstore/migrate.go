package esstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// How a migration goes, and why nothing is lost or doubled, whoever is killed or
// stalls at whatever point, and however late a request arrives:
//
//   - Who migrates holds a lease: two aliases, of the copy and of the original,
//     whose names only they know. Elasticsearch changes aliases all at once, and
//     can be told to do so only if certain ones are still there. All that changes
//     either index is sent to these aliases, and the request that moves the
//     Store's alias removes them. So who has lost the lease can't do anything any
//     more, nor can a request that was sent before it was renewed.
//   - Documents are copied in the order of their sequence numbers, up to the
//     global checkpoint, below which nothing can change any more. So one number
//     tells what was copied; what is written meanwhile gets a higher one and is
//     next. It is the version of the copied document, too: an older state never
//     replaces a newer one. All is read from the primary.
//   - Deletions leave no document behind. They are found by comparing which keys
//     are there.
//   - For the last of it the original is blocked for writes, which waits for those
//     under way. So is the copy, before the two are counted, and until all nodes
//     have heard of the alias, so that nobody writes to the one and then reads the
//     other.
//   - The original is deleted only if nothing was written to it after that. No
//     other index ever has its name, as numbers only grow.

const (
	// A lease is lost to another process when its holder has shown no sign of
	// life for so long.
	leasePatience   = 10 * time.Second
	blockedPatience = 5 * time.Second // while writes are refused
	beatInterval    = 2 * time.Second

	// maxBlocked bounds how long writes are refused before the alias is moved.
	// If that was too short, they are let in again, and it is tried later.
	maxBlocked = 3500 * time.Millisecond
	maxTries   = 10
)

// errLeaseLost says that another process has taken over.
var errLeaseLost = errors.New("another process has taken the migration over")

// The aliases of a lease, less what only its holder knows.
func copyLease(index string) string   { return index + ".copy-" }
func sourceLease(index string) string { return index + ".source-" }

// freeToken begins that of a lease which nobody holds.
const freeToken = "free-"

func newToken() string { return strings.ToLower(rand.Text()) }

// movedAlias begins the alias of an index whose users were moved to the next. Its
// end is the last sequence number that was.
func movedAlias(index string) string { return index + ".moved-" }

// openingAlias is of an index that users were moved to, until it has let writes in.
func openingAlias(index string) string { return index + ".opening" }

// advance does the next thing that is to be done about an installation whose
// index current is behind the alias. It reports whether there is nothing left.
func (s *Store) advance(ctx context.Context, in installation, current string, a *attempt) (done bool, err error) {
	if a.first == "" {
		a.first = current
	}
	if in.isUntidy(current) {
		return s.tidyUp(ctx, in, current, a)
	}
	upToDate := in.indices[current].schema() == schema && (!a.anew || current != a.first)
	if to, _ := in.copyOf(current); upToDate && (to == "" || !in.indices[current].isBlocked()) {
		return true, nil // else somebody was killed in the last seconds of a Reindex
	}
	m, err := s.lease(ctx, in, current, a)
	if m == nil || err != nil {
		return false, err
	}
	begin := m.copied
	err = m.run(ctx)
	if err == nil {
		a.moved = m.to
	}
	if m.copied > begin {
		a.failed = 0
	}
	if errors.Is(err, errLeaseLost) {
		m.log(slog.LevelWarn, "another process goes on with the migration")
		return false, nil
	}
	return false, a.again(ctx, s, err)
}

// again returns nil if what failed may be tried again, after a while.
func (a *attempt) again(ctx context.Context, s *Store, err error) error {
	f, _ := errors.AsType[*failure](err)
	if f == nil || !f.isTransient() || a.failed == maxTries || ctx.Err() != nil {
		return err
	}
	a.failed++
	s.logger.WarnContext(ctx, "migration was interrupted, and goes on", "error", err)
	sleep(ctx, time.Duration(a.failed)*time.Second)
	return nil
}

// copyOf returns the index that is being made a copy of current.
func (in installation) copyOf(current string) (string, index) {
	name := ""
	for _, other := range in.copiesOf(current) {
		if numberOf(other) > numberOf(name) {
			name = other
		}
	}
	return name, in.indices[name]
}

// copiesOf returns the indices that are, or were to be, copies of current. One
// without a lease isn't: nobody could be kept from going on with it.
func (in installation) copiesOf(current string) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(in.indices)) {
		i := in.indices[name]
		if name != current && i.Mappings.Meta.Signup.From == current && i.named(copyLease(name)) != "" && isIndexOf(name, in.alias) {
			names = append(names, name)
		}
	}
	return names
}

// A watch tells whether what it is shown has changed.
type watch struct {
	what  string
	since time.Time
}

func (w *watch) isStalled(what string, patience time.Duration) bool {
	if w.since.IsZero() || w.what != what {
		*w = watch{what, time.Now()}
	}
	return time.Since(w.since) >= patience
}

// lease returns the migration to be run, or nil if another process runs it or
// something has changed.
func (s *Store) lease(ctx context.Context, in installation, current string, a *attempt) (*migration, error) {
	m := &migration{s: s, a: a, from: current, anew: a.anew, copied: -1, window: in.indices[current].window()}
	to, i := in.copyOf(current)
	is := i.Mappings.Meta.Signup
	if i.schema() > schema {
		return nil, fmt.Errorf("esstore: %s: a later version of this package is copying %s to %s", a.op, current, to)
	}
	blocked := in.indices[current].isBlocked()
	held := strings.TrimPrefix(i.named(copyLease(to)), copyLease(to))
	if to != "" {
		patience := leasePatience
		switch {
		case strings.HasPrefix(held, freeToken), a.tokens[held]:
			patience = 0
		case blocked:
			patience = blockedPatience
		}
		if !a.watched.isStalled(fmt.Sprint(i.Aliases, is.Beat, blocked), patience) {
			return nil, nil
		}
	}
	// What was made by an older version, or otherwise than it should be now, is left.
	usable := to != "" && i.schema() == schema && isDeclared(i.Mappings) && (is.Reduced || !a.anew)
	if !usable {
		f := s.createCopy(ctx, m, in, newToken())
		switch {
		case f != nil && (f.kind == kindExists || f.isTransient()):
			return nil, nil
		case f != nil:
			return nil, f
		}
		m.log(slog.LevelInfo, "migration begins")
	} else {
		m.to, m.token, m.anew = to, held, is.Reduced
		if is.Copied != nil {
			m.copied = *is.Copied
		}
		m.beats = is.Beat
		m.log(slog.LevelInfo, "migration goes on", "copied", m.copied)
	}
	m.blocked = to != "" && (blocked || i.isBlocked())
	if f := m.take(ctx, in); f != nil {
		if isLost(f) || f.isTransient() {
			return nil, nil
		}
		return nil, f
	}
	for _, other := range in.copiesOf(current) {
		if other != m.to {
			if f := s.deleteIndex(ctx, a.op, other); f != nil {
				return nil, f
			}
		}
	}
	return m, nil
}

// createCopy makes the index to copy to.
func (s *Store) createCopy(ctx context.Context, m *migration, in installation, token string) *failure {
	m.to, m.token = indexName(s.alias, in.last()+1), token
	m.a.tokens[token] = true // it may be there even if that isn't known
	is := newMapping()
	is.Meta.Signup.From, is.Meta.Signup.Reduced = m.from, m.anew
	return s.order(ctx, m.a.op, esapi.IndicesCreateRequest{
		Index: m.to, Body: indexBody(is, settingsFrom(in.indices[m.from]), copyLease(m.to)+token),
		WaitForActiveShards: "all", Timeout: 10 * time.Second, Instrument: s.instrument,
	})
}

func (s *Store) deleteIndex(ctx context.Context, op, name string) *failure {
	f := s.order(ctx, op, esapi.IndicesDeleteRequest{Index: []string{name}, Instrument: s.instrument})
	if f.noIndex() {
		return nil
	}
	return f
}

// A migration copies the index from into the index to.
type migration struct {
	s        *Store
	a        *attempt
	from, to string
	anew     bool // leave out what isn't this package's
	blocked  bool // one was killed while it moved the alias
	window   int  // how long a page may be

	mu            sync.Mutex // for beat
	token         string
	copied, beats int64 // see meta
	quiet         bool  // no beats while the alias is moved

	nodes  map[string]string // which has the primary of an index
	bounds []string          // some keys, in order: see removeGone; nil before all keys were compared
}

func (m *migration) log(level slog.Level, msg string, args ...any) {
	m.s.logger.Log(context.Background(), level, msg, append([]any{"from", m.from, "to", m.to}, args...)...)
}

// isLost reports whether a request failed because the lease is gone, or an index
// with it.
func isLost(f *failure) bool {
	return f.noIndex() || f != nil && f.kind == "aliases_not_found_exception"
}

// lost returns f, or errLeaseLost.
func lost(f *failure) error {
	if isLost(f) {
		return errLeaseLost
	}
	return f
}

func (m *migration) copyLease() string   { return copyLease(m.to) + m.token }
func (m *migration) sourceLease() string { return sourceLease(m.from) + m.token }

// take takes the lease from whoever has it, and those of all other copies with it.
func (m *migration) take(ctx context.Context, in installation) *failure {
	var actions []map[string]any
	for alias := range in.indices[m.from].Aliases {
		if strings.HasPrefix(alias, sourceLease(m.from)) {
			actions = append(actions, remove(m.from, alias))
		}
	}
	for _, other := range in.copiesOf(m.from) {
		if other != m.to {
			actions = append(actions, remove(other, in.indices[other].named(copyLease(other))))
		}
	}
	return m.renew(ctx, newToken(), append(actions, remove(m.to, m.copyLease()))...)
}

// keep renews the lease, so that no request which was sent under the former has an
// effect any more. It does what else actions say, in the same step.
func (m *migration) keep(ctx context.Context, token string, actions ...map[string]any) *failure {
	return m.renew(ctx, token, append(actions, remove(m.to, m.copyLease()), remove(m.from, m.sourceLease()))...)
}

func (m *migration) renew(ctx context.Context, token string, actions ...map[string]any) *failure {
	m.a.tokens[token] = true
	f := m.s.changeAliases(ctx, m.a.op, append(actions, add(m.to, copyLease(m.to)+token), add(m.from, sourceLease(m.from)+token))...)
	if f == nil {
		m.mu.Lock()
		m.token = token
		m.mu.Unlock()
	}
	return f
}

func add(index, alias string) map[string]any {
	return map[string]any{"add": map[string]any{"index": index, "alias": alias}}
}

// remove fails if the alias isn't there, and all else that is in the request with
// it.
func remove(index, alias string) map[string]any {
	return map[string]any{"remove": map[string]any{"index": index, "alias": alias, "must_exist": true}}
}

func (s *Store) changeAliases(ctx context.Context, op string, actions ...map[string]any) *failure {
	return s.order(ctx, op, esapi.IndicesUpdateAliasesRequest{
		Body: encoded(map[string]any{"actions": actions}), MasterTimeout: 5 * time.Second, Instrument: s.instrument,
	})
}

// run migrates, for as long as it has the lease. If it fails, the next one may go
// on at once.
func (m *migration) run(ctx context.Context) error {
	op := m.a.op
	ctx, cancel := context.WithCancelCause(ctx)
	beating := make(chan struct{})
	go func() {
		defer close(beating)
		m.beat(ctx, cancel)
	}()
	err := m.migrate(ctx)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	cancel(nil)
	<-beating
	f, is := errors.AsType[*failure](err)
	if isLost(f) {
		err = errLeaseLost // or either index is gone
	}
	if err == nil || errors.Is(err, errLeaseLost) {
		return err
	}
	if errors.Is(err, errCounts) {
		m.copied = -1 // whatever that was: the next copies all again
	}
	detached, stop := detach(ctx, settleTimeout)
	defer stop()
	if m.note(detached) == nil {
		_ = m.keep(detached, freeToken+newToken())
	}
	if is {
		return err
	}
	return fmt.Errorf("esstore: %s: %w", op, err)
}

func (m *migration) migrate(ctx context.Context) error {
	begin := time.Now()
	switch {
	case m.blocked && m.copied >= 0: // writes are refused already
		if err := m.moveOver(ctx); !errors.Is(err, errTooSlow) {
			return err
		}
	case m.blocked:
		if err := m.reopen(ctx); err != nil {
			return err
		}
	}
	if _, err := m.catchUp(ctx); err != nil {
		return err
	}
	for tries := 1; ; tries++ {
		// So that little is left for the time when writes are refused.
		for range 5 {
			if err := m.removeGone(ctx); err != nil {
				return err
			}
			if n, err := m.catchUp(ctx); err != nil {
				return err
			} else if n < copyPage {
				break
			}
		}
		err := m.moveOver(ctx)
		if err == nil {
			m.log(slog.LevelInfo, "migration is done", "took", time.Since(begin).Round(time.Millisecond))
			return nil
		}
		if !errors.Is(err, errTooSlow) || tries == maxTries {
			return err
		}
		m.log(slog.LevelWarn, "moving the alias took too long, and is tried again", "tries", tries)
		if !sleep(ctx, time.Duration(tries)*time.Second) {
			return ctx.Err()
		}
	}
}

// beat shows that the migration is alive, and what it has copied, until ctx is
// done.
func (m *migration) beat(ctx context.Context, cancel context.CancelCauseFunc) {
	for sleep(ctx, beatInterval) {
		m.mu.Lock()
		token, quiet := m.token, m.quiet
		m.mu.Unlock()
		if quiet {
			continue
		}
		f := m.note(ctx)
		m.mu.Lock()
		gone := isLost(f) && m.token == token
		m.mu.Unlock()
		if gone {
			cancel(errLeaseLost)
		}
	}
}

// note writes into the copy's mapping what was copied.
func (m *migration) note(ctx context.Context) *failure {
	var is meta
	m.mu.Lock()
	m.beats++
	lease, copied := m.copyLease(), m.copied
	is.Signup.Beat = m.beats
	m.mu.Unlock()
	is.Signup.Schema, is.Signup.From, is.Signup.Copied, is.Signup.Reduced = schema, m.from, &copied, m.anew
	return m.s.order(ctx, m.a.op, esapi.IndicesPutMappingRequest{
		Index: []string{lease}, Body: encoded(map[string]any{"_meta": is}), Instrument: m.s.instrument,
	})
}

// isDeclared reports whether m has the fields of this version, and as it declares
// them.
func isDeclared(m mapping) bool { return reflect.DeepEqual(m.Properties, declared()) }
