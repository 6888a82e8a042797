package esstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

const (
	// leasePatience is how long a lease lasts without a heartbeat. After that,
	// another process takes it.
	leasePatience = 10 * time.Second
	// blockedPatience takes its place while writes are refused. It also limits
	// each request of a cutover.
	blockedPatience = 5 * time.Second
)

// errLeaseLost means that another process holds the lease, or that one of the two
// indices no longer exists.
var errLeaseLost = errors.New("another process holds the lease of the migration")

// isLeaseLost reports whether a request failed because the lease, or an index of
// it, no longer exists.
func isLeaseLost(err error) bool {
	e := asError(err)
	return e.isNoIndex() || e.Type == typeNoAlias
}

// leaseError returns errLeaseLost if err means that, otherwise err.
func leaseError(err error) error {
	if isLeaseLost(err) {
		return errLeaseLost
	}
	return err
}

// freeToken is the prefix of the token of a lease that no process holds.
const freeToken = "free-"

func newToken() string { return strings.ToLower(rand.Text()) }

// copyOf returns the newest index that is being made a copy of current; "" if
// there is none.
func (in installation) copyOf(current string) (string, indexState) {
	newest := ""
	for _, name := range in.copiesOf(current) {
		if numberOf(name) > numberOf(newest) {
			newest = name
		}
	}
	return newest, in.indices[newest]
}

// copiesOf returns the indices that are being made copies of current, or were. An
// index without a lease is not among them: no process could be kept from writing
// to it.
func (in installation) copiesOf(current string) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(in.indices)) {
		i := in.indices[name]
		if name != current && i.Mappings.Meta.Signup.From == current && i.aliasWith(copyLeasePrefix(name)) != "" && isIndexOf(name, in.alias) {
			names = append(names, name)
		}
	}
	return names
}

// A watch finds out whether a state has stopped changing.
type watch struct {
	state string
	since time.Time
}

// isStalled reports whether state has been the same for patience or longer.
func (w *watch) isStalled(state string, patience time.Duration) bool {
	if w.since.IsZero() || w.state != state {
		*w = watch{state, time.Now()}
	}
	return time.Since(w.since) >= patience
}

// acquireLease returns the migration to run. It returns nil if another process
// runs it, and an error that wraps errRace if the installation has changed since in was
// read.
func (s *Store) acquireLease(ctx context.Context, in installation, current string, a *attempt) (*migration, error) {
	m := &migration{
		s: s, op: a.op, attempt: a, from: current, reduced: a.reindex, copied: -1,
		window: in.indices[current].resultWindow(), byID: !in.indices[current].isListedByKey(),
	}
	to, target := in.copyOf(current)
	if target.schema() > schema {
		return nil, fmt.Errorf("esstore: %s: a later version of this package is copying %s to %s", a.op, current, to)
	}
	if to != "" && !a.mayTakeLease(in.indices[current], target, tokenOf(to, target)) {
		a.waitFor(ctx, s, fmt.Sprintf("the migration from %s to %s", current, to))
		return nil, nil
	}
	if a.canContinue(to, target) {
		m.resume(to, target)
		m.log(slog.LevelInfo, "migration resumed", "copied", m.copied)
	} else {
		switch err := m.createCopy(ctx, in, newToken()); {
		case asError(err).Type == typeIndexExists:
			return nil, fmt.Errorf("esstore: %s: the index %s exists and isn't listed (is it closed or hidden?): %w: %w", a.op, m.to, err, errRace)
		case err != nil:
			return nil, err
		}
		m.log(slog.LevelInfo, "migration started")
	}
	if most := min(copyPage, m.window); a.pages == nil || a.pages.most > most {
		a.pages = newPager(firstPage, most)
	}
	m.blocked = to != "" && (in.indices[current].isBlocked() || target.isBlocked())
	switch err := m.takeLease(ctx, in); {
	case isLeaseLost(err):
		return nil, fmt.Errorf("esstore: %s: %w: %w", a.op, err, errRace)
	case err != nil:
		return nil, err
	}
	for _, other := range in.copiesOf(current) {
		if other == m.to {
			continue
		}
		if err := s.deleteIndex(ctx, a.op, other); err != nil {
			return nil, transientIfSnapshot(err)
		}
	}
	return m, nil
}

// tokenOf returns the token of the lease on the copy named to.
func tokenOf(to string, target indexState) string {
	return strings.TrimPrefix(target.aliasWith(copyLeasePrefix(to)), copyLeasePrefix(to))
}

// refuseUnfinished returns an error if the index behind the alias is an unfinished
// copy, or if there is none and an unfinished copy is all that is left.
func (in installation) refuseUnfinished(current string) error {
	for _, name := range slices.Sorted(maps.Keys(in.indices)) {
		i := in.indices[name]
		from := i.Mappings.Meta.Signup.From
		if from == "" || i.aliasWith(copyLeasePrefix(name)) == "" || current != "" && current != name {
			continue
		}
		if current == name {
			return fmt.Errorf("the index %s behind the alias %s is an unfinished copy of %s: users may be missing; put the alias back on %s", name, in.alias, from, from)
		}
		return fmt.Errorf("no index is behind the alias %s, and %s is an unfinished copy of %s: users may be missing; open or restore %s, with the alias", in.alias, name, from, from)
	}
	return nil
}

// mayTakeLease reports whether the lease with this token is free, is this
// attempt's own, or has had no heartbeat for too long.
func (a *attempt) mayTakeLease(source, target indexState, token string) bool {
	patience := leasePatience
	switch {
	case strings.HasPrefix(token, freeToken), a.tokens[token]:
		patience = 0
	case source.isBlocked():
		patience = blockedPatience
	}
	state := fmt.Sprint(slices.Sorted(maps.Keys(target.Aliases)), target.Mappings.Meta.Signup.Beat, source.isBlocked())
	return a.watched.isStalled(state, patience)
}

// canContinue reports whether the copy named to, if there is one, is such as this
// attempt would make it.
func (a *attempt) canContinue(to string, target indexState) bool {
	return to != "" && target.schema() == schema && len(harmful(target.differences(), hides)) == 0 &&
		!target.Mappings.Meta.Signup.Rejected &&
		(target.Mappings.Meta.Signup.Reduced || !a.reindex)
}

// resume sets what an earlier process has recorded about the copy named to.
func (m *migration) resume(to string, target indexState) {
	recorded := target.Mappings.Meta.Signup
	m.to, m.token, m.reduced, m.beats = to, tokenOf(to, target), recorded.Reduced, recorded.Beat
	if recorded.Copied != nil {
		m.copied = *recorded.Copied
	}
	if m.copied < 0 {
		m.foreign = map[string]bool{}
	}
	m.window = min(m.window, target.resultWindow())
}

// createCopy creates the index to copy to, with its part of the lease.
func (m *migration) createCopy(ctx context.Context, in installation, token string) error {
	m.to, m.token, m.foreign = indexName(m.s.alias, in.lastNumber()+1), token, map[string]bool{}
	m.attempt.tokens[token] = true // the index may exist even if the request fails
	declaration := newMapping()
	declaration.Meta.Signup.From, declaration.Meta.Signup.Reduced = m.from, m.reduced
	if err := m.refuseAlias(ctx); err != nil {
		return err
	}
	started, err := m.s.createIndex(ctx, m.op, esapi.IndicesCreateRequest{
		Index: m.to, Body: indexBody(declaration, settingsFrom(in.indices[m.from]), m.copyLease()),
		WaitForActiveShards: "all", Timeout: 10 * time.Second, Instrument: m.s.instrument,
	})
	if err != nil {
		return m.s.explained(ctx, m.op, m.to, err)
	}
	if m.unassigned = !started; m.unassigned { // then writes to the copy wait
		m.log(slog.LevelInfo, "waiting for the shards of the copy (see GET /_cluster/allocation/explain)")
	}
	return m.acceptCopy(ctx)
}

// copyLease and sourceLease return the two aliases of the lease.
func (m *migration) copyLease() string   { return copyLeasePrefix(m.to) + m.token }
func (m *migration) sourceLease() string { return sourceLeasePrefix(m.from) + m.token }

// takeLease takes the lease from the process that holds it. It removes the leases
// of all other copies too.
func (m *migration) takeLease(ctx context.Context, in installation) error {
	var actions []map[string]any
	for alias := range in.indices[m.from].Aliases {
		if strings.HasPrefix(alias, sourceLeasePrefix(m.from)) {
			actions = append(actions, removeAlias(m.from, alias))
		}
	}
	for _, other := range in.copiesOf(m.from) {
		if other != m.to {
			actions = append(actions, removeAlias(other, in.indices[other].aliasWith(copyLeasePrefix(other))))
		}
	}
	return m.setLease(ctx, newToken(), append(actions, removeAlias(m.to, m.copyLease()))...)
}

// renewLease gives the lease another token, so that requests that were sent under
// the old one have no effect any more. It performs the other actions in the same
// atomic step.
func (m *migration) renewLease(ctx context.Context, token string, actions ...map[string]any) error {
	return m.setLease(ctx, token, append(actions, removeAlias(m.to, m.copyLease()), removeAlias(m.from, m.sourceLease()))...)
}

func (m *migration) setLease(ctx context.Context, token string, actions ...map[string]any) error {
	m.attempt.tokens[token] = true
	err := m.s.changeAliases(ctx, m.op, append(actions,
		addAlias(m.to, copyLeasePrefix(m.to)+token), addAlias(m.from, sourceLeasePrefix(m.from)+token))...)
	if err == nil {
		m.mu.Lock()
		m.token = token
		m.mu.Unlock()
	}
	return err
}

// freeLease records the progress and marks the lease as free, even if ctx is done.
// If that fails, the lease expires.
func (m *migration) freeLease(ctx context.Context) {
	detached, cancel := detach(ctx, settleTimeout)
	defer cancel()
	if m.recordProgress(detached) == nil {
		_ = m.renewLease(detached, freeToken+newToken())
	}
}
