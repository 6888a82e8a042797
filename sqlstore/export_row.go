package sqlstore

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/gosignup/signup"
)

// secretColumns are the columns that an export without hashes doesn't read.
var secretColumns = []string{"password", "security_stamp", "private"}

// exportColumns returns the columns that an export reads.
func exportColumns(hashes bool) []string {
	columns := []string{"key", "key_rule", "id"}
	for _, name := range dataColumns[:len(dataColumns)-orderColumns] {
		if name != "placeholder" && (hashes || !slices.Contains(secretColumns, name)) {
			columns = append(columns, name)
		}
	}
	return columns
}

// exportQuery returns the statement that reads a page: $1 is the key before it, and $2 its
// size.
func exportQuery(st *statements, columns []string) string {
	return fmt.Sprintf("SELECT %s FROM %susers WHERE key > $1 AND NOT placeholder ORDER BY key LIMIT $2",
		strings.Join(columns, ", "), st.prefix)
}

// scanExported returns the user of a row, and about how many bytes it has.
func scanExported(d Dialect, rows *sql.Rows, columns []string) (signup.User, int, error) {
	var r row
	if err := rows.Scan(r.targets(columns)...); err != nil {
		return signup.User{}, 0, newFailure("export", d, err)
	}
	u, err := r.finish()
	if err != nil {
		return signup.User{}, 0, &failure{op: "export", err: err}
	}
	return u, sizeOf(u), nil
}

// sizeOf returns about how many bytes u has.
func sizeOf(u signup.User) int {
	const rest = 200 // of the times and the rest of the row
	n := rest + len(u.ID) + len(u.Email)*2 + len(u.FirstName) + len(u.LastName) + len(u.PasswordHash) +
		len(u.SecurityStamp) + len(u.Private)
	for name, value := range u.Profile {
		n += len(name) + len(value)
	}
	return n
}
