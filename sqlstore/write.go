package sqlstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/gosignup/signup"
)

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
