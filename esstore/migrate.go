package esstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// How a migration works, and why it loses and duplicates no user, at whatever
// point a process is killed or stalls, and however late a request arrives:
//
//   - The process that migrates holds a lease. The lease consists of two aliases,
//     one of the copy and one of the original, whose names end with a random
//     token. Elasticsearch changes several aliases in one atomic step, and can
//     make that step depend on the presence of certain aliases. Every request
//     that changes either index is sent to the aliases of the lease, and the
//     request that moves the Store's alias removes them. So a process that has
//     lost the lease can change nothing, and neither can a request that was sent
//     before the lease was renewed.
//   - Documents are copied in the order of their sequence numbers, up to the
//     global checkpoint. Nothing can change below it any more, so one number says
//     what has been copied. A document that is written in the meantime gets a
//     higher number and is copied next. The number is also the version of the
//     copied document, so an older state never replaces a newer one. Everything
//     is read from the primary.
//   - What was copied is read back and compared with what was sent, before it counts
//     as copied. So a template or pipeline of the cluster that changes documents
//     is noticed before the alias is moved.
//   - A deletion leaves no document behind. Deletions are found by comparing the
//     keys of both indices. A document is deleted from the copy only if the original
//     has none with its _id. Before the alias is moved, the copy must have as many
//     documents as the original, except those that Reindex leaves out.
//   - During the cutover, writes to the original are blocked. Setting the block
//     waits for the writes under way. The copy is blocked too, before the
//     documents of both are counted and until all nodes know where the alias
//     leads. So no process writes to one index and then reads the other.
//   - The cleanup deletes the original only if nothing was written to it after
//     the cutover. Index numbers only grow, so no later index gets its name.

// A migration copies the index from into the index to.
type migration struct {
	s        *Store
	op       string
	attempt  *attempt
	from, to string
	reduced  bool // copy only the documents and fields of this package
	blocked  bool // an earlier process was killed during its cutover
	rejected bool // the copy has other content than the original
	window   int  // the greatest length of a page

	unassigned bool // some shards of the copy weren't on a node when it was created

	mu     sync.Mutex // guards the next four, which the heartbeat reads
	token  string     // of the lease
	copied int64      // see meta
	beats  int64      // see meta
	silent bool       // no heartbeats during the cutover

	nodes   map[string]string // the node that has the primary, by index
	byID    bool              // deletions are found by _id, not by key
	foreign map[string]bool   // the ids of documents that were left out; nil if not known
	bounds  []string          // some keys, in order; nil before all keys were compared: see removeDeleted
}

func (m *migration) log(level slog.Level, msg string, args ...any) {
	m.s.logger.Log(context.Background(), level, msg, append([]any{"from", m.from, "to", m.to}, args...)...)
}

func (m *migration) setCopied(seqNo int64) {
	m.mu.Lock()
	m.copied = seqNo
	m.mu.Unlock()
}

// advance takes the next step towards an installation that is up to date. It
// reports whether there is nothing left to do.
func (s *Store) advance(ctx context.Context, in installation, current string, a *attempt) (done bool, err error) {
	if a.first == "" {
		a.first = current
	}
	if in.needsCleanup(current) {
		return s.cleanUp(ctx, in, current, a)
	}
	if a.isUpToDate(in, current) {
		return true, s.acceptCurrent(ctx, a.op, current, in.indices[current])
	}
	m, err := s.acquireLease(ctx, in, current, a)
	if m == nil || err != nil {
		return false, err
	}
	before := m.copied
	err = m.run(ctx)
	if err == nil {
		a.cutOverTo = m.to
	}
	if err == nil || m.copied > before {
		a.progress()
	}
	if errors.Is(err, errLeaseLost) {
		m.log(slog.LevelWarn, "another process continues the migration")
		return false, fmt.Errorf("esstore: %s: %w: %w", a.op, err, errRace)
	}
	return false, err
}

// isUpToDate reports whether there is nothing to migrate. A block on the original
// of a copy is left from a Reindex that was killed during its cutover.
func (a *attempt) isUpToDate(in installation, current string) bool {
	if in.indices[current].schema() != schema || a.reindex && current == a.first {
		return false
	}
	to, _ := in.copyOf(current)
	return to == "" || !in.indices[current].isBlocked()
}

// run migrates for as long as the process holds the lease. If it fails, it frees
// the lease, so that the next process can continue at once.
func (m *migration) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		m.heartbeat(ctx, cancel)
	}()
	err := m.migrate(ctx)
	cause := context.Cause(ctx)
	cancel(nil)
	<-stopped
	if err != nil && (isLeaseLost(err) || errors.Is(cause, errLeaseLost)) {
		return errLeaseLost
	}
	if err == nil || errors.Is(err, errLeaseLost) {
		return err
	}
	if errors.Is(err, errCounts) {
		m.copied = -1 // the cause is unknown: the next process copies everything again
	}
	if errors.Is(err, errContent) || errors.Is(err, errDiverted) || errors.Is(err, errUnstorable) {
		m.rejected = true // the next process makes another copy
	}
	m.freeLease(ctx)
	if cause != nil {
		return fmt.Errorf("esstore: %s: %w", m.op, m.ended(cause, err))
	}
	if _, ok := errors.AsType[*Error](err); ok {
		return err
	}
	return fmt.Errorf("esstore: %s: %w", m.op, err)
}

// ended returns the error of a migration whose context was done, with what it was doing.
func (m *migration) ended(cause, err error) error {
	if m.unassigned {
		cause = fmt.Errorf("%w, while waiting for the shards of %s: see GET /_cluster/allocation/explain", cause, m.to)
	}
	if err.Error() != cause.Error() && !strings.HasSuffix(err.Error(), ": "+cause.Error()) {
		return fmt.Errorf("%w, after the error: %w", cause, err)
	}
	return cause
}

// migrate copies, and then cuts over as soon as little is left to copy.
func (m *migration) migrate(ctx context.Context) error {
	begin := time.Now()
	if m.blocked {
		if done, err := m.resumeCutover(ctx); done || err != nil {
			return err
		}
	}
	if err := m.findForeign(ctx); err != nil {
		return err
	}
	if _, err := m.catchUp(ctx); err != nil {
		return err
	}
	for tries := 1; ; tries++ {
		if err := m.approach(ctx); err != nil {
			return err
		}
		err := m.cutOver(ctx)
		if err == nil {
			m.log(slog.LevelInfo, "migration finished", "took", time.Since(begin).Round(time.Millisecond))
			return nil
		}
		if !errors.Is(err, errTooSlow) || tries == maxTries {
			return err
		}
		m.log(slog.LevelWarn, "the cutover took too long and is tried again", "tries", tries)
		if !sleep(ctx, time.Duration(tries)*time.Second) {
			return ctx.Err()
		}
	}
}

// resumeCutover continues after a process that was killed during its cutover.
// Writes are refused already, so it tries to finish, and reports whether it did.
// Otherwise it lets writes in again.
func (m *migration) resumeCutover(ctx context.Context) (done bool, err error) {
	if m.copied < 0 || m.reduced && m.foreign == nil { // to find those takes too long
		return false, m.unblockBoth(ctx)
	}
	err = m.cutOver(ctx)
	if errors.Is(err, errTooSlow) { // cutOver has let writes in again
		return false, nil
	}
	return err == nil, err
}

// approach copies and compares until less than a page is left, so that writes are
// refused for a short time only.
func (m *migration) approach(ctx context.Context) error {
	for range 5 {
		if err := m.removeDeleted(ctx); err != nil {
			return err
		}
		if n, err := m.catchUp(ctx); err != nil || n < copyPage {
			return err
		}
	}
	return nil
}
