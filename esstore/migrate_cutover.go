package esstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

var (
	errTooSlow = errors.New("what was left to be copied took too long")
	errCounts  = errors.New("the copy has not as many users as the original")
)

// moveOver has the alias point to the copy. Writes are refused meanwhile.
func (m *migration) moveOver(ctx context.Context) error {
	m.hush(true)
	defer m.hush(false)
	// So that what isn't allowed is told before writes are refused, aliases are
	// changed as they will be, to no effect.
	if f := m.keep(ctx, newToken(),
		remove(m.from, m.s.alias), addWritten(m.from, m.s.alias),
		add(m.from, ownAlias(m.from)), add(m.to, ownAlias(m.to))); f != nil {
		return lost(f)
	}
	begin := time.Now()
	ctx = context.WithoutCancel(ctx) // half of it is good for nothing
	err := m.finish(ctx)
	if err == nil {
		err = m.point(ctx)
	}
	if err == nil {
		bounded, cancel := context.WithTimeout(ctx, blockedPatience)
		defer cancel()
		f := m.s.unblock(bounded, m.a.op, openingAlias(m.to))
		m.log(slog.LevelInfo, "the alias was moved", "writes_refused_for", time.Since(begin).Round(time.Millisecond))
		if f != nil && !f.noIndex() { // another process may have done it
			m.log(slog.LevelWarn, "writes are refused for some seconds more", "error", f)
		}
		return nil
	}
	if errors.Is(err, errLeaseLost) {
		return err
	}
	if reopened := m.reopen(ctx); reopened != nil {
		return reopened
	}
	return err
}

func (m *migration) hush(quiet bool) {
	m.mu.Lock()
	m.quiet = quiet
	m.mu.Unlock()
}

// finish refuses writes and makes the copy the same as the original.
func (m *migration) finish(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, maxBlocked)
	defer cancel()
	err := m.finishCopy(limited)
	if limited.Err() != nil {
		return errTooSlow
	}
	return err
}

func (m *migration) finishCopy(ctx context.Context) error {
	if f := m.s.block(ctx, m.a.op, m.sourceLease()); f != nil {
		return lost(f)
	}
	for pause := firstPause; ; pause *= 2 {
		if _, err := m.catchUp(ctx); err != nil {
			return err
		}
		at, err := m.s.checkpoints(ctx, m.a.op, m.from)
		if err != nil {
			return err
		}
		if at.last == m.copied {
			break
		}
		if !sleep(ctx, pause) { // the replica has not told yet what it has
			return ctx.Err()
		}
	}
	// All of the original is in the copy. If there is no more, it is the same.
	if same, err := m.isAsMany(ctx); err != nil {
		return err
	} else if !same {
		if err := m.removeGone(ctx); err != nil {
			return err
		}
	}
	if f := m.s.block(ctx, m.a.op, m.copyLease()); f != nil {
		return lost(f)
	}
	if same, err := m.isAsMany(ctx); err != nil || !same {
		return errors.Join(err, errCounts)
	}
	return nil
}

// point moves the alias from one index to the other.
func (m *migration) point(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, blockedPatience)
	defer cancel()
	f := m.s.changeAliases(ctx, m.a.op,
		remove(m.to, m.copyLease()), remove(m.from, m.sourceLease()),
		remove(m.from, m.s.alias), addWritten(m.to, m.s.alias),
		remove(m.from, ownAlias(m.from)), add(m.to, ownAlias(m.to)),
		add(m.from, movedAlias(m.from)+strconv.FormatInt(m.copied, 10)), add(m.to, openingAlias(m.to)))
	if f == nil {
		return nil
	}
	for pause := firstPause; ; pause *= 2 {
		in, err := m.s.look(ctx, m.a.op)
		if err == nil && in.indices[m.to].has(m.s.alias) {
			return nil
		}
		// A request that is still on its way finds the lease gone: see reopen.
		if err == nil || pause > lastPause || !sleep(ctx, pause) {
			return lost(f)
		}
	}
}

// reopen lets writes in again. It renews the lease first: a request to move the
// alias may be on its way.
func (m *migration) reopen(ctx context.Context) error {
	bounded := func(do func(context.Context) *failure) *failure {
		ctx, cancel := context.WithTimeout(ctx, blockedPatience)
		defer cancel()
		return do(ctx)
	}
	var f *failure
	for pause := firstPause; pause <= lastPause; pause *= 2 {
		f = bounded(func(ctx context.Context) *failure { return m.keep(ctx, newToken()) })
		for _, lease := range []string{m.sourceLease(), m.copyLease()} {
			if f == nil {
				f = bounded(func(ctx context.Context) *failure { return m.s.unblock(ctx, m.a.op, lease) })
			}
		}
		if f == nil || !f.isTransient() || !sleep(ctx, pause) {
			break
		}
	}
	if f == nil {
		return nil
	}
	if !isLost(f) {
		m.log(slog.LevelError, "writes are refused until the next Setup", "error", f)
	}
	return lost(f)
}

// block has Elasticsearch refuse writes to the index of an alias, and waits for
// those that are under way.
func (s *Store) block(ctx context.Context, op, alias string) *failure {
	for again := false; ; again = true {
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
		case again:
			return &failure{op: op, status: status, err: errUnacknowledged}
		}
		// Where it is blocked already, Elasticsearch doesn't wait.
		if f := s.unblock(ctx, op, alias); f != nil {
			return f
		}
	}
}

func (s *Store) unblock(ctx context.Context, op, alias string) *failure {
	return s.order(ctx, op, esapi.IndicesPutSettingsRequest{
		Index: []string{alias}, Body: encoded(map[string]any{"index.blocks.write": nil}), Instrument: s.instrument,
	})
}

// isUntidy reports whether the alias was moved, and not all done that is to be done
// then.
func (in installation) isUntidy(current string) bool {
	return in.indices[current].has(openingAlias(current)) || in.moved() != ""
}

// moved returns an index whose users were moved to another; "" if there is none.
func (in installation) moved() string {
	for name, i := range in.indices {
		if i.named(movedAlias(name)) != "" {
			return name
		}
	}
	return ""
}

// tidyUp ends a move: it lets writes in, and deletes the old index, which still has
// those whom users then delete. Whose move it wasn't leaves that, for a while, to
// who is at it, and for good where it isn't allowed to.
func (s *Store) tidyUp(ctx context.Context, in installation, current string, a *attempt) (done bool, err error) {
	old := in.moved()
	if a.moved != current && !a.watched.isStalled("untidy "+old, blockedPatience) {
		return false, nil
	}
	err = s.tidy(ctx, a.op, in, current, old)
	f, _ := errors.AsType[*failure](err)
	switch {
	case f == nil:
		return false, err
	case f.status == http.StatusForbidden && !in.indices[current].isBlocked() && !f.isBlocked():
		return !a.anew && in.indices[current].schema() == schema, nil
	case f.kind == "snapshot_in_progress_exception":
		f = &failure{op: f.op, status: http.StatusServiceUnavailable, err: errors.New("the old index is in a snapshot that is being made")}
	}
	return false, a.again(ctx, s, f)
}

func (s *Store) tidy(ctx context.Context, op string, in installation, current, old string) error {
	now := in.indices[current]
	opening := now.has(openingAlias(current))
	if opening && now.isBlocked() {
		if f := s.unblock(ctx, op, openingAlias(current)); f != nil {
			return f
		}
	}
	if old != "" {
		copied := strings.TrimPrefix(in.indices[old].named(movedAlias(old)), movedAlias(old))
		at, err := s.checkpoints(ctx, op, old)
		if f, ok := errors.AsType[*failure](err); ok && f.noIndex() {
			return nil // another process has done it
		}
		if err != nil {
			return err
		}
		if now.Mappings.Meta.Signup.From != old || copied != strconv.FormatInt(at.last, 10) {
			return fmt.Errorf("esstore: %s: %s was moved to %s and written to afterwards; compare them, and delete it", op, old, current)
		}
		if f := s.deleteIndex(ctx, op, old); f != nil {
			return f
		}
	}
	if opening {
		if f := s.changeAliases(ctx, op, remove(current, openingAlias(current))); f != nil && !isLost(f) {
			return f
		}
	}
	return nil
}
