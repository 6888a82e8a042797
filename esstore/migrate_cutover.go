package esstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup/esstore/internal/es"
)

// maxBlocked limits how long writes are refused before the alias is moved. If that
// is too short, writes are let in again and the cutover is tried later.
const maxBlocked = 3500 * time.Millisecond

var (
	errTooSlow = errors.New("copying the last changes took too long")
	errCounts  = errors.New("the copy and the original have different numbers of documents")
)

// cutOver moves the Store's alias to the copy. Writes are refused meanwhile.
func (m *migration) cutOver(ctx context.Context) error {
	m.setSilent(true)
	defer m.setSilent(false)
	if err := m.rehearse(ctx); err != nil {
		return leaseError(err)
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
func (m *migration) rehearse(ctx context.Context) error {
	return m.renewLease(ctx, newToken(),
		removeAlias(m.from, m.s.alias), addWriteAlias(m.from, m.s.alias),
		addAlias(m.from, ownAlias(m.from)), addAlias(m.to, ownAlias(m.to)))
}

// open lets writes into the copy after the alias was moved. If it fails, the
// cleanup does it.
func (m *migration) open(ctx context.Context, begin time.Time) {
	ctx, cancel := context.WithTimeout(ctx, blockedPatience)
	defer cancel()
	err := m.s.unblock(ctx, m.op, openingAlias(m.to))
	m.log(slog.LevelInfo, "alias moved", "writes_refused_for", time.Since(begin).Round(time.Millisecond))
	if err != nil && !isNoIndex(err) { // otherwise another process has done it
		m.log(slog.LevelWarn, "writes are refused for some more seconds", "error", err)
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
	if err := m.s.block(ctx, m.op, m.sourceLease()); err != nil {
		return leaseError(err)
	}
	if err := m.catchUpFully(ctx); err != nil {
		return err
	}
	if err := m.finishDeletions(ctx); err != nil {
		return err
	}
	if err := m.s.block(ctx, m.op, m.copyLease()); err != nil {
		return leaseError(err)
	}
	want, got, err := m.countBoth(ctx)
	if err == nil && want != got {
		err = fmt.Errorf("%w: %s has %d to be copied, and %s has %d; %s is unchanged and remains in use", errCounts, m.from, want, m.to, got, m.from)
	}
	return err
}

// finishDeletions completes the deletions in the copy, which has all of the original. If
// it has no more, the two are the same. If the keys don't lead to what it has more, the
// ids do. That may take too long, and is then done while writes are allowed.
func (m *migration) finishDeletions(ctx context.Context) error {
	want, got, err := m.countBoth(ctx)
	if err != nil || want == got {
		return err
	}
	if err := m.removeDeleted(ctx); err != nil || m.byID {
		return err
	}
	if want, got, err = m.countBoth(ctx); err != nil || want == got {
		return err
	}
	m.compareByID("the keys don't lead to all deletions", nil)
	return m.removeDeleted(ctx)
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
	moveErr := m.s.changeAliases(ctx, m.op,
		removeAlias(m.to, m.copyLease()), removeAlias(m.from, m.sourceLease()),
		removeAlias(m.from, m.s.alias), addWriteAlias(m.to, m.s.alias),
		removeAlias(m.from, ownAlias(m.from)), addAlias(m.to, ownAlias(m.to)),
		addAlias(m.from, movedAliasPrefix(m.from)+strconv.FormatInt(m.copied, 10)), addAlias(m.to, openingAlias(m.to)))
	if moveErr == nil {
		return nil
	}
	// The request may have succeeded all the same.
	for pause := firstPause; ; pause *= 2 {
		in, err := m.s.look(ctx, m.op)
		if err == nil && in.indices[m.to].hasAlias(m.s.alias) {
			return nil
		}
		// If it is still under way, it will fail because the lease was renewed: see unblockBoth.
		if err == nil || pause > lastPause || !sleep(ctx, pause) {
			return leaseError(moveErr)
		}
	}
}

// unblockBoth lets writes in again. It renews the lease first, because a request
// to move the alias may still be under way.
func (m *migration) unblockBoth(ctx context.Context) error {
	var err error
	for pause := firstPause; pause <= lastPause; pause *= 2 {
		if err = m.tryUnblockBoth(ctx); err == nil {
			return nil
		}
		if !isPassing(err) || !sleep(ctx, pause) {
			break
		}
	}
	if !isLeaseLost(err) {
		m.log(slog.LevelError, "writes are refused until the next Setup", "error", err)
	}
	return leaseError(err)
}

func (m *migration) tryUnblockBoth(ctx context.Context) error {
	limited := func(do func(context.Context) error) error {
		ctx, cancel := context.WithTimeout(ctx, blockedPatience)
		defer cancel()
		return do(ctx)
	}
	err := limited(func(ctx context.Context) error { return m.renewLease(ctx, newToken()) })
	for _, lease := range []string{m.sourceLease(), m.copyLease()} {
		if err == nil {
			err = limited(func(ctx context.Context) error { return m.s.unblock(ctx, m.op, lease) })
		}
	}
	return err
}

// block makes Elasticsearch refuse writes to the index of the alias, and waits for
// the writes under way.
func (s *Store) block(ctx context.Context, op, alias string) error {
	for tried := false; ; tried = true {
		r, err := s.send(ctx, op, esapi.IndicesAddBlockRequest{
			Index: []string{alias}, Block: "write", Instrument: s.instrument,
		})
		if err != nil {
			return err
		}
		var response struct {
			All    *bool `json:"acknowledged"`
			Shards bool  `json:"shards_acknowledged"`
		}
		switch {
		case json.Unmarshal(r.Body, &response) != nil || response.All == nil:
			return notElasticsearch(op, r.Status)
		case *response.All && response.Shards:
			return nil
		case tried:
			return &Error{Op: op, Status: r.Status, err: es.ErrUnacknowledged}
		}
		// Elasticsearch doesn't wait if the index was blocked already.
		if err := s.unblock(ctx, op, alias); err != nil {
			return err
		}
	}
}

// unblock lets writes into the index of the alias.
func (s *Store) unblock(ctx context.Context, op, alias string) error {
	return s.sendAcknowledged(ctx, op, esapi.IndicesPutSettingsRequest{
		Index: []string{alias}, Body: encoded(map[string]any{"index.blocks.write": nil}), Instrument: s.instrument,
	})
}
