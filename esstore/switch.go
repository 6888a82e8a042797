package esstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

var errTooSlow = errors.New("what was left to be copied took too long")

// moveOver has the alias point to the copy. Writes are refused meanwhile.
func (m *migration) moveOver(ctx context.Context) error {
	// First without an effect, so that what isn't allowed is told before writes are
	// refused.
	if f := m.s.changeAliases(ctx, m.op,
		add(m.from, m.s.alias), add(m.from, ownAlias(m.from)),
		add(m.to, m.lease), add(m.to, ownAlias(m.to))); f != nil {
		return m.lost(f)
	}
	begin := time.Now()
	ctx = context.WithoutCancel(ctx) // half of it is good for nothing
	err := m.finish(ctx)
	if err == nil {
		err = m.point(ctx)
	}
	if err == nil {
		f := m.s.unblock(ctx, m.op, m.to)
		m.log(slog.LevelInfo, "the alias was moved", "writes_refused_for", time.Since(begin).Round(time.Millisecond))
		if f != nil {
			return f
		}
		return nil
	}
	if errors.Is(err, errLeaseLost) {
		return err
	}
	if f := m.reopen(ctx); f != nil {
		m.log(slog.LevelError, "writes are refused until the next Setup", "error", f)
		return errors.Join(err, m.lost(f))
	}
	return err
}

// lost returns f, or errLeaseLost.
func (m *migration) lost(f *failure) error {
	if isLost(f) {
		return errLeaseLost
	}
	return f
}

// finish refuses writes and copies the last of them.
func (m *migration) finish(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, maxBlocked)
	defer cancel()
	// Not limited: who gives up waiting for a block gets it nonetheless, at some time.
	if f := m.s.block(ctx, m.op, m.from); f != nil {
		return f
	}
	if err := m.finishCopy(limited); limited.Err() != nil {
		return errTooSlow
	} else if err != nil {
		return err
	}
	if f := m.s.block(ctx, m.op, m.to); f != nil {
		return f
	}
	if limited.Err() != nil {
		return errTooSlow
	}
	return nil
}

// finishCopy makes the copy the same as the original, which is at rest.
func (m *migration) finishCopy(ctx context.Context) error {
	for pause := firstPause; ; pause *= 2 {
		if _, err := m.catchUp(ctx); err != nil {
			return err
		}
		last, _, err := m.s.checkpoints(ctx, m.op, m.from)
		if err != nil {
			return err
		}
		if last == m.copied {
			break
		}
		if !sleep(ctx, pause) { // the replica has not told yet what it has
			return ctx.Err()
		}
	}
	if err := m.removeGone(ctx, true); err != nil {
		return err
	}
	if f := m.note(ctx); f != nil {
		return m.lost(f)
	}
	return nil
}

// point moves the alias from one index to the other.
func (m *migration) point(ctx context.Context) error {
	write := add(m.to, m.s.alias)
	write["add"].(map[string]any)["is_write_index"] = true
	f := m.s.changeAliases(ctx, m.op,
		remove(m.to, m.lease), remove(m.from, m.s.alias), write,
		remove(m.from, ownAlias(m.from)), add(m.from, movedAlias(m.from)))
	if f == nil {
		return nil
	}
	for pause := firstPause; ; pause *= 2 {
		in, err := m.s.look(ctx, m.op)
		if err == nil && in.indices[m.to].has(m.s.alias) {
			return nil
		}
		// A request that is still on its way finds the lease gone: see reopen.
		if err == nil || pause > lastPause || !sleep(ctx, pause) {
			return m.lost(f)
		}
	}
}

// reopen lets writes in again, but not before a request to move the alias, which
// may still be on its way, can't have an effect any more.
func (m *migration) reopen(ctx context.Context) *failure {
	if f := m.renewLease(ctx); f != nil {
		return f
	}
	f := m.s.unblock(ctx, m.op, m.from)
	if g := m.s.unblock(ctx, m.op, m.to); f == nil {
		f = g
	}
	return f
}

// block has Elasticsearch refuse writes to the index, and waits for those that
// are under way.
func (s *Store) block(ctx context.Context, op, index string) *failure {
	for again := false; ; again = true {
		status, body, f := s.send(ctx, op, esapi.IndicesAddBlockRequest{
			Index: []string{index}, Block: "write", Instrument: s.instrument,
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
		case again:
			return &failure{op: op, status: status, err: errUnacknowledged}
		}
		// Where it is blocked already, Elasticsearch doesn't wait.
		if f := s.unblock(ctx, op, index); f != nil {
			return f
		}
	}
}

func (s *Store) unblock(ctx context.Context, op, index string) *failure {
	return s.order(ctx, op, esapi.IndicesPutSettingsRequest{
		Index: []string{index}, Body: encoded(map[string]any{"index.blocks.write": nil}), Instrument: s.instrument,
	})
}

// tidy ends the move from old to current: it lets writes in, and deletes old,
// which still has those whom users then delete.
func (s *Store) tidy(ctx context.Context, op string, in installation, current, old string) error {
	now := in.indices[current]
	if now.isBlocked() {
		if f := s.unblock(ctx, op, current); f != nil {
			return f
		}
	}
	last, _, err := s.checkpoints(ctx, op, old)
	if f, ok := errors.AsType[*failure](err); ok && f.noIndex() {
		return nil // another process has done it
	}
	if err != nil {
		return err
	}
	copied := now.Mappings.Meta.Signup.Copied
	if now.Mappings.Meta.Signup.From != old || copied == nil || *copied != last {
		return fmt.Errorf("esstore: %s: %s was moved to %s and written to afterwards; compare them, and delete it", op, old, current)
	}
	f := s.order(ctx, op, esapi.IndicesDeleteRequest{Index: []string{old}, Instrument: s.instrument})
	if f != nil && !f.noIndex() {
		return f
	}
	return nil
}
