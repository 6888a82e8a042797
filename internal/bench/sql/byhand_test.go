package sql

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/sqlstore"
)

// The columns in the order of row.values.
var columns = []string{
	"key", "key_rule", "id", "version", "email_address", "password", "first_name", "last_name", "is_active",
	"created_at", "updated_at", "email_verified_at", "profile", "security_stamp", "private", "placeholder",
	"first_order", "last_order", "first_long", "last_long", "email_lower", // for listings
}

// statements returns the statements for a table, as sqlstore has them.
func statements(users string) (insert, get string) {
	const list = "key, key_rule, id, version, email_address, password, first_name, last_name, is_active, " +
		"created_at, updated_at, email_verified_at, profile, security_stamp, private, placeholder"
	return "INSERT INTO " + users + " (" + list + ", first_order, last_order, first_long, last_long, email_lower) VALUES " +
			"($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21) ON CONFLICT (key) DO NOTHING",
		"SELECT " + list + " FROM " + users + " WHERE key = $1"
}

// A row is a user as a program without sqlstore would declare it. T is the type of its
// times: time.Time in PostgreSQL, and int64 in SQLite.
type row[T any] struct {
	key, rule, id, version, email, password, first, last string
	active                                               bool
	created, updated                                     T
	verified                                             sql.Null[T]
	profile, stamp                                       string
	private                                              []byte
	placeholder                                          bool
}

func (r *row[T]) values() []any {
	return []any{
		r.key, r.rule, r.id, r.version, r.email, r.password, r.first, r.last, r.active,
		r.created, r.updated, r.verified, r.profile, r.stamp, r.private, r.placeholder,
		strings.ToLower(r.first), strings.ToLower(r.last), nil, nil, nil,
	}
}

var errExists = errors.New("the key exists")

// create inserts the row, and looks at the outcome.
func (r *row[T]) create(ctx context.Context, t *table) error {
	defer t.alone()()
	result, err := t.ExecContext(ctx, t.insert, r.values()...)
	if err != nil {
		return err
	}
	n, err := result.RowsAffected()
	if err == nil && n == 0 {
		err = errExists
	}
	return err
}

// get reads the row with this key.
func (r *row[T]) get(ctx context.Context, t *table, key string) error {
	return t.QueryRowContext(ctx, t.get, key).Scan(
		&r.key, &r.rule, &r.id, &r.version, &r.email, &r.password, &r.first, &r.last, &r.active,
		&r.created, &r.updated, &r.verified, &r.profile, &r.stamp, &r.private, &r.placeholder,
	)
}

// rowsOf returns the rows of users without a profile. at converts their times.
func rowsOf[T any](users []signup.User, at func(time.Time) T) []row[T] {
	rows := make([]row[T], len(users))
	for i, u := range users {
		rows[i] = row[T]{
			key: u.Key(), rule: u.KeyRule(), id: u.ID, version: rand.Text(),
			email: u.Email, password: string(u.PasswordHash), first: u.FirstName, last: u.LastName, active: u.Active,
			created: at(u.CreatedAt), updated: at(u.UpdatedAt),
			profile: "{}", stamp: u.SecurityStamp, private: []byte(u.Private), placeholder: u.Placeholder,
		}
	}
	return rows
}

func inUTC(at time.Time) time.Time { return at.UTC() }

// creator returns a function that creates one of the users by hand.
func (t *table) creator(users []signup.User) func(ctx context.Context, i int) error {
	if t.dialect == sqlstore.PostgreSQL {
		rows := rowsOf(users, inUTC)
		return func(ctx context.Context, i int) error { return rows[i].create(ctx, t) }
	}
	rows := rowsOf(users, time.Time.UnixMilli)
	return func(ctx context.Context, i int) error { return rows[i].create(ctx, t) }
}

// read reads a user by hand.
func (t *table) read(ctx context.Context, key string) error {
	if t.dialect == sqlstore.PostgreSQL {
		var r row[time.Time]
		return r.get(ctx, t, key)
	}
	var r row[int64]
	return r.get(ctx, t, key)
}

// valuesOf returns the values of the columns of each user.
func (t *table) valuesOf(users []signup.User) [][]any {
	if t.dialect == sqlstore.PostgreSQL {
		return valuesOf(rowsOf(users, inUTC))
	}
	return valuesOf(rowsOf(users, time.Time.UnixMilli))
}

func valuesOf[T any](rows []row[T]) [][]any {
	all := make([][]any, len(rows))
	for i := range rows {
		all[i] = rows[i].values()
	}
	return all
}
