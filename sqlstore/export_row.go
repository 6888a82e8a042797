package sqlstore

import (
	"database/sql"
	"encoding/json"
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
	for _, name := range dataColumns {
		secret := slices.Contains(secretColumns, name)
		if new(exportRow).target(name) != nil && (hashes || !secret) {
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

// An exportRow is a row that an export reads.
type exportRow struct {
	user             signup.User
	key, rule, hash  string
	profile, private []byte
}

// target returns where the value of a column goes; nil if a line doesn't have it.
func (r *exportRow) target(column string) any {
	switch column {
	case "key":
		return &r.key
	case "key_rule":
		return &r.rule
	case "id":
		return &r.user.ID
	case "email_address":
		return &r.user.Email
	case "password":
		return &r.hash
	case "first_name":
		return &r.user.FirstName
	case "last_name":
		return &r.user.LastName
	case "is_active":
		return &r.user.Active
	case "created_at":
		return timestamp{&r.user.CreatedAt}
	case "updated_at":
		return timestamp{&r.user.UpdatedAt}
	case "email_verified_at":
		return timestamp{&r.user.EmailVerifiedAt}
	case "profile":
		return &r.profile
	case "security_stamp":
		return &r.user.SecurityStamp
	case "private":
		return &r.private
	}
	return nil
}

// scanExported returns the user of a row, and about how many bytes it has.
func scanExported(d Dialect, rows *sql.Rows, columns []string) (signup.User, int, error) {
	var r exportRow
	targets := make([]any, len(columns))
	for i, name := range columns {
		targets[i] = r.target(name)
	}
	if err := rows.Scan(targets...); err != nil {
		return signup.User{}, 0, newFailure("export", d, err)
	}
	u := r.user
	u.PasswordHash, u.Private = signup.Hash(r.hash), signup.Private(r.private)
	if string(r.profile) != "{}" {
		if json.Unmarshal(r.profile, &u.Profile) != nil { // whose error may quote the text
			return signup.User{}, 0, &failure{op: "export", err: errNoProfile}
		}
	}
	u.SetKey(r.key, r.rule)
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
