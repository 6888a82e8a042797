package sqlstore

import (
	"context"
	"fmt"
	"strings"
)

// The privileges on the table $1 that the role doesn't have, not even for a column.
const postgresLacking = `
SELECT coalesce(string_agg(p, ', ' ORDER BY i), '') FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) WITH ORDINALITY x(p, i)
WHERE NOT CASE p WHEN 'DELETE' THEN has_table_privilege(to_regclass($1), p) ELSE has_any_column_privilege(to_regclass($1), p) END`

// checkPrivileges checks what the role may do with the tables. SQLite has no roles.
func (c *checkup) checkPrivileges(ctx context.Context) error {
	if c.st.dialect == SQLite {
		return nil
	}
	for _, table := range []string{c.st.prefix + "users", c.st.prefix + "counts"} {
		var lacking string // "" if there is no such table
		if err := c.QueryRowContext(ctx, postgresLacking, table).Scan(&lacking); err != nil {
			return newFailure(c.op, c.st.dialect, err)
		}
		if lacking == "" {
			continue
		}
		consequence := "Calls of the Store fail."
		if strings.HasSuffix(table, "counts") {
			consequence = "Calls of the Counter fail, or counts that have ended are never deleted."
		}
		c.add(CodePrivilege, fmt.Sprintf("On the table %s, the role has no privilege to %s. %s", table, lacking, consequence),
			fmt.Sprintf("GRANT %s ON %s TO the role.", lacking, table))
	}
	return nil
}
