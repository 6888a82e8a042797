package esstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// How a migration goes, and why nothing is lost or doubled, whoever is killed or
// stalls at whatever point:
//
//   - Who migrates holds a lease: an alias of the copy that only they know.
//     Elasticsearch changes aliases atomically, and can be told to do so only if
//     one is still there. All writes to the copy go through the lease, and the
//     request that moves the Store's alias removes it, so that who has lost it
//     can neither write nor move.
//   - Documents are copied in the order of their sequence numbers, up to the
//     global checkpoint, below which nothing can change any more. So one number
//     tells what was copied; what is written meanwhile gets a higher one and is
//     next. It is the version of the copied document, too: an older state never
//     replaces a newer one.
//   - Deletions leave no document behind. They are found by comparing which keys
//     are there.
//   - For the last of it the old index is blocked for writes, which waits for
//     those under way. The copy is blocked as well until all nodes have heard of
//     the alias, so that nobody writes to the one and then reads the other.
//   - The old index is deleted only if nothing was written to it after that.

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

const freeLease = "free"

func leaseOf(index, token string) string { return index + ".copy-" + token }
func newToken() string                   { return strings.ToLower(rand.Text()) }

// movedAlias is of an index whose users were moved to the next.
func movedAlias(index string) string { return index + ".moved" }

// advance does the next thing that is to be done about an installation whose
// index current is behind the alias. It reports whether there is nothing left.
func (s *Store) advance(ctx context.Context, in installation, current string, a *attempt) (done bool, err error) {
	if a.first == "" {
		a.first = current
	}
	for name, i := range in.indices {
		if i.has(movedAlias(name)) {
			return false, s.tidy(ctx, a.op, in, current, name)
		}
	}
	if in.indices[current].schema() == schema && (!a.anew || current != a.first) {
		return true, nil
	}
	m, err := s.lease(ctx, in, current, a)
	if m == nil || err != nil {
		return false, err
	}
	begin := m.copied
	err = m.run(ctx)
	a.lease = m.lease
	if m.copied > begin {
		a.failed = 0
	}
	f, _ := errors.AsType[*failure](err)
	switch {
	case errors.Is(err, errLeaseLost):
		m.log(slog.LevelWarn, "another process goes on with the migration")
		return false, nil
	case ctx.Err() == nil && f.isTransient() && a.failed < maxTries:
		a.failed++
		m.log(slog.LevelWarn, "migration was interrupted, and goes on", "error", err)
		sleep(ctx, time.Duration(a.failed)*time.Second)
		return false, nil
	}
	return false, err
}

// copyOf returns the index that is being made a copy of current.
func (in installation) copyOf(current string) (string, index) {
	name := ""
	for other, i := range in.indices {
		if other != current && i.Mappings.Meta.Signup.From == current && numberOf(other) > numberOf(name) {
			name = other
		}
	}
	return name, in.indices[name]
}

func (i index) lease(name string) string {
	for alias := range i.Aliases {
		if strings.HasPrefix(alias, leaseOf(name, "")) {
			return alias
		}
	}
	return ""
}

// A watch tells whether the holder of a lease is alive.
type watch struct {
	lease string
	beat  int64
	since time.Time
}

func (w *watch) isStalled(lease string, beat int64, patience time.Duration) bool {
	if w.since.IsZero() || w.lease != lease || w.beat != beat {
		*w = watch{lease, beat, time.Now()}
	}
	return time.Since(w.since) >= patience
}

// lease returns the migration to be run, or nil if another process runs it or
// something has changed.
func (s *Store) lease(ctx context.Context, in installation, current string, a *attempt) (*migration, error) {
	m := &migration{s: s, op: a.op, from: current, anew: a.anew, copied: -1}
	to, i := in.copyOf(current)
	switch {
	case to == "":
		m.to = indexName(s.alias, in.last()+1)
		m.lease = leaseOf(m.to, newToken())
		mapping := newMapping()
		mapping.Meta.Signup.From = current
		f := s.order(ctx, a.op, esapi.IndicesCreateRequest{
			Index: m.to, Body: indexBody(mapping, settingsFrom(in.indices[current]), m.lease),
			WaitForActiveShards: "all", Timeout: 10 * time.Second, Instrument: s.instrument,
		})
		a.lease = m.lease // it may be there even if that isn't known
		if f != nil && (f.kind == kindExists || f.isTransient() || errors.Is(f.err, errUnacknowledged)) {
			return nil, nil
		}
		if f != nil {
			return nil, f
		}
		m.log(slog.LevelInfo, "migration begins")
		return m, nil
	case i.schema() > schema:
		return nil, fmt.Errorf("esstore: %s: a later version of this package is copying %s to %s", a.op, current, to)
	}
	patience := leasePatience
	held := i.lease(to)
	switch {
	case in.indices[current].isBlocked():
		patience = blockedPatience
	case held == "", held == leaseOf(to, freeLease), held == a.lease:
		patience = 0
	}
	if !a.watched.isStalled(held, i.Mappings.Meta.Signup.Beat, patience) {
		return nil, nil
	}
	m.to, m.lease, m.blocked = to, held, i.isBlocked() || in.indices[current].isBlocked()
	if i.schema() < schema || a.anew && !isDeclared(i.Mappings) {
		// By an older version. Who copies into it loses the lease with it.
		if f := s.order(ctx, a.op, esapi.IndicesDeleteRequest{Index: []string{to}, Instrument: s.instrument}); f != nil && !f.noIndex() {
			return nil, f
		}
		return nil, nil
	}
	if f := m.renewLease(ctx); f != nil {
		if f.isTransient() || isLost(f) {
			return nil, nil
		}
		return nil, f
	}
	a.lease = m.lease
	if c := i.Mappings.Meta.Signup.Copied; c != nil {
		m.copied = *c
	}
	m.beats = i.Mappings.Meta.Signup.Beat
	m.log(slog.LevelInfo, "migration goes on", "copied", m.copied)
	return m, nil
}

// A migration copies the index from to the index to.
type migration struct {
	s        *Store
	op       string
	from, to string
	anew     bool // leave out what isn't this package's
	blocked  bool // one was killed while it moved the alias

	mu            sync.Mutex // for beat
	lease         string
	copied, beats int64 // see meta

	bounds []string // some keys, in order: see removeGone; nil before all keys were compared
}

func (m *migration) log(level slog.Level, msg string, args ...any) {
	if logger := m.s.logger; logger != nil {
		logger.Log(context.Background(), level, msg, append([]any{"from", m.from, "to", m.to}, args...)...)
	}
}

// isLost reports whether a request failed because the lease is gone, or the copy
// with it.
func isLost(f *failure) bool {
	return f.noIndex() || f != nil && f.kind == "aliases_not_found_exception"
}

// renewLease replaces the lease by a new one, so that no request of its former
// holder has an effect any more.
func (m *migration) renewLease(ctx context.Context) *failure { return m.replaceLease(ctx, newToken()) }

func (m *migration) replaceLease(ctx context.Context, token string) *failure {
	next := leaseOf(m.to, token)
	actions := []map[string]any{add(m.to, next)}
	if m.lease != "" {
		actions = append(actions, remove(m.to, m.lease))
	}
	f := m.s.changeAliases(ctx, m.op, actions...)
	if f == nil {
		m.mu.Lock()
		m.lease = next
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
	if f, ok := errors.AsType[*failure](err); ok && isLost(f) {
		err = errLeaseLost // either index is gone
	}
	if err == nil || errors.Is(err, errLeaseLost) {
		return err
	}
	detached, stop := detach(ctx, settleTimeout)
	defer stop()
	if f := m.note(detached); f == nil {
		_ = m.replaceLease(detached, freeLease)
	}
	if f, ok := errors.AsType[*failure](err); ok && f.op == m.op {
		return err
	}
	return fmt.Errorf("esstore: %s: %w", m.op, err)
}

func (m *migration) migrate(ctx context.Context) error {
	begin := time.Now()
	if m.blocked {
		if f := m.s.unblock(ctx, m.op, m.to); f != nil {
			return f
		}
		if m.copied >= 0 { // writes are refused already
			if err := m.moveOver(ctx); !errors.Is(err, errTooSlow) {
				return err
			}
		}
	}
	if _, err := m.catchUp(ctx); err != nil {
		return err
	}
	for tries := 1; ; tries++ {
		// So that little is left for the time when writes are refused.
		for range 5 {
			if err := m.removeGone(ctx, false); err != nil {
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
		lease := m.lease
		m.mu.Unlock()
		f := m.note(ctx)
		m.mu.Lock()
		lost := isLost(f) && m.lease == lease
		m.mu.Unlock()
		if lost {
			cancel(errLeaseLost)
		}
	}
}

// note writes into the copy's mapping what was copied.
func (m *migration) note(ctx context.Context) *failure {
	var is meta
	m.mu.Lock()
	m.beats++
	lease, copied := m.lease, m.copied
	is.Signup.Beat = m.beats
	m.mu.Unlock()
	is.Signup.Schema, is.Signup.From, is.Signup.Copied = schema, m.from, &copied
	return m.s.order(ctx, m.op, esapi.IndicesPutMappingRequest{
		Index: []string{lease}, Body: encoded(map[string]any{"_meta": is}), Instrument: m.s.instrument,
	})
}
