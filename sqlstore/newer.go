package sqlstore

import "context"

// HasNewerSchema reports whether a later version of this package has made or migrated the
// tables, as the finding [CodeNewerSchema] of [Store.Check] does. The Store then reads and
// writes what it knows, an Update keeps the rest, and an Export leaves the rest out.
//
// It takes two statements, and false means also that the Store isn't set up. The errors are
// those of [Store.Search].
func (s *Store) HasNewerSchema(ctx context.Context) (newer bool, err error) {
	const op = "look at the schema"
	err = reading{op, settleTimeout, false}.repeat(ctx, func() error {
		st, f := s.ready(ctx, op)
		if f != nil {
			return f
		}
		conn, err := s.db.Conn(ctx)
		if err != nil {
			return newFailure(op, st.dialect, err)
		}
		defer func() { _ = conn.Close() }()
		version, err := (&setupConn{Conn: conn, st: st, op: op}).version(ctx)
		newer = version > schemaVersion
		return err
	})
	return newer, err
}
