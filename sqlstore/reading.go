package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A reading is how a read is repeated.
type reading struct {
	op    string
	limit time.Duration // from the first attempt
	waits bool          // it is repeated too while the database is unavailable
}

// repeat calls read again while other statements prevent it or the connection breaks.
func (r reading) repeat(ctx context.Context, read func() error) error {
	for p := newPacer(); ; {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("sqlstore: %s: %w", r.op, err)
		}
		err := read()
		f, failed := errors.AsType[*failure](err)
		if !failed {
			return err
		}
		repeat := f.kind == contended || f.kind == open || r.waits && f.kind == unavailable
		if f.kind == open {
			f.kind = refused // not busy: the connection breaks each time
		}
		if ctx.Err() == nil && (!repeat || !p.wait(ctx, r.limit) && ctx.Err() == nil) {
			return f
		}
	}
}
