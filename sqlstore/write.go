package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/gosignup/signup"
)

const (
	// busyTimeout limits how long a statement is repeated that others have prevented.
	busyTimeout = 10 * time.Second
	// settleTimeout limits how long a method tries to find out the outcome of a write.
	settleTimeout = 5 * time.Second
	// lateTimeout limits how long a method continues after its context is done, to
	// find out the same.
	lateTimeout = time.Second
	// The first and the longest pause before a statement is repeated, on average half
	// of that.
	firstPause, lastPause = 2 * time.Millisecond, 250 * time.Millisecond
)

// A pacer makes the pauses between the attempts of a call.
type pacer struct {
	begin time.Time
	pause time.Duration
}

func newPacer() *pacer { return &pacer{time.Now(), firstPause} }

// wait waits before the next attempt. It reports whether there is to be one: not after
// the limit, counted from the first attempt, and not if ctx is done.
func (p *pacer) wait(ctx context.Context, limit time.Duration) bool {
	if time.Since(p.begin) > limit {
		return false
	}
	timer := time.NewTimer(rand.N(p.pause) + 1)
	defer timer.Stop()
	p.pause = min(2*p.pause, lastPause)
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// A write is a Create, an Update or a Delete.
type write struct {
	*base
	op      string
	key, id string
	from    string // the version that it changes; "" for a Create
	version string // the version that it stores; "" for a Delete
	// send returns the statement and its arguments.
	send func(*statements) (query string, args []any, err error)
}

// run makes the write. A statement whose outcome is unknown is sent once more: it has
// the same version, so that at most one of them has an effect, and that version shows
// which.
func (w *write) run(ctx context.Context) error {
	var doubt *failure // the first failure of unknown outcome
	for p := newPacer(); ; {
		if ctx.Err() != nil {
			return w.ended(ctx, doubt != nil)
		}
		f, result := w.attempt(ctx, doubt)
		switch {
		case f == nil:
			return result
		case ctx.Err() != nil:
			return w.ended(ctx, true)
		case doubt == nil && f.kind == open:
			doubt = f
			p = newPacer()
		case doubt == nil && f.kind != contended:
			return f
		}
		limit := busyTimeout
		if doubt != nil {
			limit, f = settleTimeout, doubt
		}
		if !p.wait(ctx, limit) && ctx.Err() == nil {
			return f
		}
	}
}

// attempt sends the statement. If it changes nothing, attempt reads why. It returns
// the result of the write, or the failure that prevents one.
func (w *write) attempt(ctx context.Context, doubt *failure) (f *failure, result error) {
	st, f := w.ready(ctx, w.op)
	if f != nil {
		return f, nil
	}
	query, args, err := w.send(st)
	if err != nil {
		return nil, err
	}
	if n, f := w.exec(ctx, st, w.op, query, args...); f != nil || n > 0 {
		return f, nil
	}
	id, version, f := w.holder(ctx, st)
	if f != nil {
		return f.asRead(), nil
	}
	switch {
	case version != "" && version == w.version:
		return w.confirm(ctx, st, st.confirmOwn, version, nil)
	case w.from == "":
		return w.judgeCreate(ctx, st, id)
	}
	return w.judgeChange(doubt, id, version)
}

// judgeCreate returns the result of a Create that stored nothing because id holds the
// key.
func (w *write) judgeCreate(ctx context.Context, st *statements, id string) (*failure, error) {
	switch id {
	case "": // it was deleted since
		return &failure{op: w.op, kind: contended, err: errMoved}, nil
	case w.id:
		f, result := w.confirm(ctx, st, st.confirmID, id, signup.ErrReplayed)
		return f.asRead(), result
	}
	return nil, w.because(signup.ErrExists)
}

// judgeChange returns the result of an Update or Delete that changed nothing, and
// after which this ID and version are stored. If an earlier attempt may have had an
// effect, that may have been changed since.
func (w *write) judgeChange(doubt *failure, id, version string) (*failure, error) {
	isDelete := w.version == ""
	switch {
	case id == w.id && version == w.from:
		return &failure{op: w.op, kind: contended, err: errMoved}, nil
	case doubt != nil && isDelete && id != w.id:
		return nil, nil // the user is deleted, by this call or another one
	case doubt != nil && !isDelete:
		return nil, doubt
	case id == "":
		return nil, w.because(signup.ErrNotFound)
	}
	return nil, w.because(signup.ErrConflict)
}

var errMoved = errors.New("the stored user changes all the time")

func (w *write) because(err error) error { return fmt.Errorf("sqlstore: %s: %w", w.op, err) }

// confirm writes a row once more that was read after a write of unknown outcome, or
// after a repeated Create. With synchronous replication, PostgreSQL shows a change
// that isn't replicated yet if the wait for that was canceled. A later commit waits
// again. The row keeps its content and its version.
func (w *write) confirm(ctx context.Context, st *statements, query, arg string, result error) (*failure, error) {
	switch n, f := w.exec(ctx, st, w.op, query, w.key, arg); {
	case f != nil:
		f.kind = open
		return f, nil
	case n == 0:
		return &failure{op: w.op, kind: open, err: errMoved}, nil
	case result != nil:
		return nil, w.because(result)
	}
	return nil, nil
}

// asRead returns f as the failure of a read, after which the same write may succeed.
func (f *failure) asRead() *failure {
	if f != nil && f.kind == open {
		f.kind = contended
	}
	return f
}

// exec carries a statement out and returns the number of rows that it changed.
func (b *base) exec(ctx context.Context, st *statements, op, query string, args ...any) (int64, *failure) {
	release, err := b.alone(ctx, st)
	if err != nil {
		return 0, newFailure(op, st.dialect, err)
	}
	defer release()
	r, err := b.db.ExecContext(ctx, query, args...)
	var n int64
	if err == nil {
		n, err = r.RowsAffected()
	}
	if err != nil {
		return 0, newFailure(op, st.dialect, err)
	}
	return n, nil
}

// alone waits until no other write of b is under way, if the database is SQLite, which
// has one writer at a time. Its own lock isn't fair: of many that wait, some wait until
// they give up. So only Stores and processes compete for it, and few connections are
// open.
func (b *base) alone(ctx context.Context, st *statements) (release func(), err error) {
	if st.dialect != SQLite {
		return func() {}, nil
	}
	select {
	case b.writer <- struct{}{}:
		return func() { <-b.writer }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// holder reads the ID and the version stored under w.key; "" if there is no user.
func (w *write) holder(ctx context.Context, st *statements) (id, version string, f *failure) {
	err := w.db.QueryRowContext(ctx, st.holder, w.key).Scan(&id, &version)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", "", newFailure(w.op, st.dialect, err)
	}
	return id, version, nil
}

// ended returns the result of a write whose context is done: nil if it is found to be
// made, otherwise the context's error.
func (w *write) ended(ctx context.Context, sent bool) error {
	done := fmt.Errorf("sqlstore: %s: %w", w.op, ctx.Err())
	st := w.statements.Load()
	if !sent || st == nil || w.version == "" {
		return done
	}
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), lateTimeout)
	defer cancel()
	_, version, f := w.holder(late, st)
	if f != nil || version != w.version {
		return done
	}
	if f, _ := w.confirm(late, st, st.confirmOwn, version, nil); f != nil {
		return done
	}
	return nil
}
