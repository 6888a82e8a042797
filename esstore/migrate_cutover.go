package esstore

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strconv"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// maxBlocked limits how long writes are refused before the alias is moved. If that
// is too short, writes are let in again and the cutover is tried later.
const maxBlocked = 3500 * time.Millisecond

var (
	errTooSlow = errors.New("copying the last changes took too long")
	errCounts  = errors.New("the copy and the original have different numbers of users")
)

// cutOver moves the Store's alias to the copy. Writes are refused meanwhile.
func (m *migration) cutOver(ctx context.Context) error {
	m.setSilent(true)
	defer m.setSilent(false)
	if f := m.rehearse(ctx); f != nil {
		return leaseError(f)
	}
	begin := time.Now()
	ctx = context.WithoutCancel(ctx) // stopping here would leave writes refused
	err := m.finish(ctx)
	if err == nil {
		err = m.moveAlias(ctx)
	}
	switch {
	case err == nil:
		m.open(ctx, begin)
		return nil
	case errors.Is(err, errLeaseLost):
		return err
	}
	if unblockErr := m.unblockBoth(ctx); unblockErr != nil {
		return unblockErr
	}
	return err
}

// rehearse changes aliases as the cutover will, but without effect. So a missing
// privilege is found before writes are refused.
func (m *migration) rehearse(ctx context.Context) *failure {
	return m.renewLease(ctx, newToken(),
		removeAlias(m.from, m.s.alias), addWriteAlias(m.from, m.s.alias),
		addAlias(m.from, ownAlias(m.from)), addAlias(m.to, ownAlias(m.to)))
}

// open lets writes into the copy after the alias was moved. If it fails, the
// cleanup does it.
func (m *migration) open(ctx context.Context, begin time.Time) {
	ctx, cancel := context.WithTimeout(ctx, blockedPatience)
	defer cancel()
	f := m.s.unblock(ctx, m.op, openingAlias(m.to))
	m.log(slog.LevelInfo, "alias moved", "writes_refused_for", time.Since(begin).Round(time.Millisecond))
	if f != nil && !f.noIndex() { // otherwise another process has done it
		m.log(slog.LevelWarn, "writes are refused for some more seconds", "error", f)
	}
}

// finish refuses writes and completes the copy, within maxBlocked.
func (m *migration) finish(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, maxBlocked)
	defer cancel()
	err := m.finishCopy(ctx)
	if ctx.Err() != nil {
		return errTooSlow
	}
	return err
}

func (m *migration) finishCopy(ctx context.Context) error {
	if f := m.s.block(ctx, m.op, m.sourceLease()); f != nil {
		return leaseError(f)
	}
	if err := m.catchUpFully(ctx); err != nil {
		return err
	}
	// The copy has all of the original. If it has no more, the two are the same.
	if same, err := m.hasEqualCounts(ctx); err != nil {
		return err
	} else if !same {
		if err := m.removeDeleted(ctx); err != nil {
			return err
		}
	}
	if f := m.s.block(ctx, m.op, m.copyLease()); f != nil {
		return leaseError(f)
	}
	if same, err := m.hasEqualCounts(ctx); err != nil || !same {
		return errors.Join(err, errCounts)
	}
	return nil
}

// catchUpFully copies until nothing is left. The global checkpoint may lag behind
// the last write for a moment, until the replica has reported what it has.
func (m *migration) catchUpFully(ctx context.Context) error {
	for pause := firstPause; ; pause *= 2 {
		if _, err := m.catchUp(ctx); err != nil {
			return err
		}
		at, err := m.s.readCheckpoint(ctx, m.op, m.from)
		if err != nil || at.last == m.copied {
			return err
		}
		if !sleep(ctx, pause) {
			return ctx.Err()
		}
	}
}

// moveAlias moves the alias from one index to the other, and ends the lease.
func (m *migration) moveAlias(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, blockedPatience)
	defer cancel()
	f := m.s.changeAliases(ctx, m.op,
		removeAlias(m.to, m.copyLease()), removeAlias(m.from, m.sourceLease()),
		removeAlias(m.from, m.s.alias), addWriteAlias(m.to, m.s.alias),
		removeAlias(m.from, ownAlias(m.from)), addAlias(m.to, ownAlias(m.to)),
		addAlias(m.from, movedAliasPrefix(m.from)+strconv.FormatInt(m.copied, 10)), addAlias(m.to, openingAlias(m.to)))
	if f == nil {
		return nil
	}
	// The request may have succeeded all the same.
	for pause := firstPause; ; pause *= 2 {
		in, err := m.s.look(ctx, m.op)
		if err == nil && in.indices[m.to].hasAlias(m.s.alias) {
			return nil
		}
		// If it is still under way, it will find the lease gone: see unblockBoth.
		if err == nil || pause > lastPause || !sleep(ctx, pause) {
			return leaseError(f)
		}
	}
}

// unblockBoth lets writes in again. It renews the lease first, because a request
// to move the alias may still be under way.
func (m *migration) unblockBoth(ctx context.Context) error {
	var f *failure
	for pause := firstPause; pause <= lastPause; pause *= 2 {
		if f = m.tryUnblockBoth(ctx); f == nil {
			return nil
		}
		if !f.isTransient() || !sleep(ctx, pause) {
			break
		}
	}
	if !isLeaseLost(f) {
		m.log(slog.LevelError, "writes are refused until the next Setup", "error", f)
	}
	return leaseError(f)
}

func (m *migration) tryUnblockBoth(ctx context.Context) *failure {
	limited := func(do func(context.Context) *failure) *failure {
		ctx, cancel := context.WithTimeout(ctx, blockedPatience)
		defer cancel()
		return do(ctx)
	}
	f := limited(func(ctx context.Context) *failure { return m.renewLease(ctx, newToken()) })
	for _, lease := range []string{m.sourceLease(), m.copyLease()} {
		if f == nil {
			f = limited(func(ctx context.Context) *failure { return m.s.unblock(ctx, m.op, lease) })
		}
	}
	return f
}

// block makes Elasticsearch refuse writes to the index of the alias, and waits for
// the writes under way.
func (s *Store) block(ctx context.Context, op, alias string) *failure {
	for tried := false; ; tried = true {
		status, body, f := s.send(ctx, op, esapi.IndicesAddBlockRequest{
			Index: []string{alias}, Block: "write", Instrument: s.instrument,
		})
		if f != nil {
			return f
		}
		var ans struct {
			All    *bool `json:"acknowledged"`
			Shards bool  `json:"shards_acknowledged"`
		}
		switch {
		case json.Unmarshal(body, &ans) != nil || ans.All == nil:
			return &failure{op: op, status: status, err: errNotElasticsearch}
		case *ans.All && ans.Shards:
			return nil
		case tried:
			return &failure{op: op, status: status, err: errUnacknowledged}
		}
		// Elasticsearch doesn't wait if the index was blocked already.
		if f := s.unblock(ctx, op, alias); f != nil {
			return f
		}
	}
}

// unblock lets writes into the index of the alias.
func (s *Store) unblock(ctx context.Context, op, alias string) *failure {
	return s.sendAcknowledged(ctx, op, esapi.IndicesPutSettingsRequest{
		Index: []string{alias}, Body: encoded(map[string]any{"index.blocks.write": nil}), Instrument: s.instrument,
	})
}
