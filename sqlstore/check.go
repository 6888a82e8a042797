package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Check returns the problems of the installation, the most severe first; nil if there
// are none. The order is that of the Code constants.
//
// Check is for operators and alarms. It sends about ten statements, so don't call it for
// each request of a client. It changes nothing, and needs no other privileges than the
// Store. The settings are those of one connection: others of the same *sql.DB have the
// same, unless the application sets them by connection. If something can't be checked,
// that is a finding with [CodeNotChecked]. Check returns an error only if ctx is done or
// if it could not check anything.
func (s *Store) Check(ctx context.Context) ([]Finding, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("sqlstore: check: %w", err)
	}
	st, f := s.ready(ctx, "check")
	if f != nil {
		return nil, f
	}
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return nil, newFailure("check", st.dialect, err)
	}
	defer func() { _ = conn.Close() }()
	c := &checkup{setupConn: setupConn{Conn: conn, st: st, op: "check"}}
	version, err := c.version(ctx)
	if err != nil {
		return nil, err
	}
	for _, part := range []struct {
		name  string
		check func(context.Context) error
	}{
		{"The settings", c.checkSettings},
		{"The tables", func(ctx context.Context) error { return c.checkSchema(ctx, version) }},
		{"The privileges", c.checkPrivileges},
	} {
		err := part.check(ctx)
		if err != nil && ctx.Err() != nil {
			return nil, fmt.Errorf("sqlstore: check: %w", ctx.Err())
		}
		if err != nil {
			c.add(CodeNotChecked, fmt.Sprintf("%s could not be checked: %v.", part.name, err), "See the log of the database. Then check again.")
		}
	}
	slices.SortStableFunc(c.findings, func(a, b Finding) int { return rankOf(a.Code) - rankOf(b.Code) })
	return c.findings, nil
}

// A checkup collects the findings of one Check.
type checkup struct {
	setupConn
	findings []Finding
}

func (c *checkup) add(code, problem, remedy string) {
	c.findings = append(c.findings, Finding{code, severityOf(code), problem, remedy})
}

// checkTables returns an error if the tables of the current schema aren't as Setup
// makes them.
func (c *setupConn) checkTables(ctx context.Context) error {
	k := &checkup{setupConn: *c}
	if err := k.checkSchema(ctx, schemaVersion); err != nil {
		return err
	}
	k.findings = slices.DeleteFunc(k.findings, func(f Finding) bool { return f.Severity != SeverityError })
	if len(k.findings) == 0 {
		return nil
	}
	text := k.findings[0].Problem + " " + k.findings[0].Remedy
	if more := len(k.findings) - 1; more > 0 {
		text += fmt.Sprintf(" Check returns %d more errors.", more)
	}
	return errors.New("sqlstore: set up: " + text)
}

// checkSchema checks the tables, which have the given version.
func (c *checkup) checkSchema(ctx context.Context, version int) error {
	switch {
	case version == 0:
		c.add(CodeNoSchema, fmt.Sprintf("The table %sschema doesn't exist or is empty: the Store isn't set up.", c.st.prefix),
			"Call Store.Setup, or carry out the statements of SchemaSQL. If it was set up, look at the prefix, and at the search_path or the file's name.")
		return nil
	case version < schemaVersion:
		c.add(CodeOlderSchema, fmt.Sprintf("The schema has version %d, and this version of the package needs %d.", version, schemaVersion), "Call Store.Setup.")
	case version > schemaVersion:
		c.add(CodeNewerSchema, fmt.Sprintf("The schema has version %d, and this version of the package knows %d at most.", version, schemaVersion),
			"Use a later version of the package.")
	}
	for _, table := range []struct {
		name    string
		columns []column
	}{{c.st.prefix + "users", userColumns}, {c.st.prefix + "counts", countColumns}} {
		if err := c.checkTable(ctx, table.name, table.columns); err != nil {
			return err
		}
	}
	return nil
}
