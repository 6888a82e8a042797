package sqlstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/transfer"
)

// An importBatch is the users of one statement.
type importBatch struct {
	*base
	st    *statements
	items []importItem
	bytes int // about the length of the items
}

// An importItem is one user of a batch.
type importItem struct {
	transfer.ImportResult
	settled      bool
	key, version string
	row          []any // the values of insertColumns
}

// insertColumns are the columns of a new row.
func insertColumns() []string {
	return append([]string{"key", "key_rule", "id", "version"}, dataColumns...)
}

// add adds a user. If err isn't nil, or the user can't be stored, that is its result.
func (b *importBatch) add(n int64, u signup.User, err error) {
	it := importItem{ImportResult: transfer.ImportResult{N: n, User: u}}
	if err == nil {
		err = checkNew("import", u)
	}
	if err == nil {
		it.key, it.version = u.Key(), rand.Text()
		var values []any
		values, err = data(b.st.dialect, u)
		it.row = append([]any{it.key, u.KeyRule(), u.ID, it.version}, values...)
	}
	if err != nil {
		it.settle(err)
	}
	b.items, b.bytes = append(b.items, it), b.bytes+sizeOf(u)
}

// reset empties the batch.
func (b *importBatch) reset() {
	clear(b.items)
	b.items, b.bytes = b.items[:0], 0
}

// settle settles the items that aren't settled, with this error.
func (b *importBatch) settle(err error) {
	for n := range b.items {
		if it := &b.items[n]; !it.settled {
			it.settle(err)
		}
	}
}

// settle sets the error of the item, which may be nil.
func (it *importItem) settle(err error) { it.settled, it.Err, it.row = true, err, nil }

// unsettled returns those of the items that aren't settled.
func unsettled(items []*importItem) (left []*importItem) {
	for _, it := range items {
		if !it.settled {
			left = append(left, it)
		}
	}
	return left
}

// store stores the users of the batch. If it returns an error, that is the error of the
// items that aren't settled, and the next batches would fail with it too.
func (b *importBatch) store(ctx context.Context) error {
	all := make([]*importItem, len(b.items))
	for n := range b.items {
		all[n] = &b.items[n]
	}
	return b.storeItems(ctx, unsettled(all))
}

// storeItems sends the items until each is settled. If the database refuses the
// statement because of one of them, each half is sent for itself.
func (b *importBatch) storeItems(ctx context.Context, items []*importItem) error {
	if len(items) == 0 {
		return nil
	}
	err := b.repeat(ctx, items)
	f, failed := errors.AsType[*failure](err)
	if !failed || !f.isOfRow() {
		return err
	}
	items = unsettled(items)
	if len(items) == 1 {
		items[0].settle(f)
		return nil
	}
	for _, half := range [][]*importItem{items[:len(items)/2], items[len(items)/2:]} {
		if err := b.storeItems(ctx, half); err != nil {
			return err
		}
	}
	return nil
}

// repeat sends the items until each is settled. See write.run.
func (b *importBatch) repeat(ctx context.Context, items []*importItem) error {
	var doubt *failure // the first failure of unknown outcome
	for p := newPacer(); ; {
		if ctx.Err() != nil {
			return b.ended(ctx, items, doubt != nil)
		}
		f := b.attempt(ctx, items)
		items = unsettled(items)
		switch {
		case len(items) == 0:
			return nil
		case ctx.Err() != nil:
			return b.ended(ctx, items, true)
		case doubt == nil && f.kind == open:
			doubt = f
			p = newPacer()
		case f.isOfRow(), doubt == nil && f.kind != contended:
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

// ended returns the error for the items that aren't settled when the context is done. If
// they may have been sent, it first settles those that were stored.
func (b *importBatch) ended(ctx context.Context, items []*importItem, sent bool) error {
	if sent {
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), lateTimeout)
		defer cancel()
		if holders, f := b.holders(late, items); f == nil {
			_ = b.confirm(late, own(items, holders)) // what isn't confirmed isn't settled
		}
	}
	return fmt.Errorf("sqlstore: import: %w", ctx.Err())
}
