package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gosignup/signup"
)

// maxKey is the length in bytes of the longest key. PostgreSQL indexes at most about
// 2,700 bytes.
const maxKey = 2000

// isStorable reports whether both databases can keep text.
func isStorable(text string) bool { return utf8.ValidString(text) && strings.IndexByte(text, 0) < 0 }

// check returns ErrInvalid if u can't be stored under any key and ID.
func check(op string, u signup.User) error {
	if len(u.Private) > signup.MaxPrivate {
		return fmt.Errorf("sqlstore: %s: Private longer than %d bytes: %w", op, signup.MaxPrivate, signup.ErrInvalid)
	}
	storable := isStorable(string(u.PasswordHash))
	for _, text := range [...]string{u.Email, u.FirstName, u.LastName, u.SecurityStamp} {
		storable = storable && isStorable(text)
	}
	for name, value := range u.Profile {
		storable = storable && isStorable(name) && isStorable(value)
	}
	if !storable {
		return fmt.Errorf("sqlstore: %s: text that isn't UTF-8 or contains a NUL: %w", op, signup.ErrInvalid)
	}
	for _, at := range [...]time.Time{u.CreatedAt, u.UpdatedAt, u.EmailVerifiedAt} {
		if year := at.UTC().Year(); year < 1 || year > 9999 {
			return fmt.Errorf("sqlstore: %s: a time in the year %d: %w", op, year, signup.ErrInvalid)
		}
	}
	return nil
}

// checkNew returns ErrInvalid if u can't be stored under its key and ID.
func checkNew(op string, u signup.User) error {
	key := u.Key()
	switch {
	case key == "" || u.ID == "":
		return fmt.Errorf("sqlstore: %s: user without address or ID: %w", op, signup.ErrInvalid)
	case len(key) > maxKey:
		return fmt.Errorf("sqlstore: %s: key longer than %d bytes: %w", op, maxKey, signup.ErrInvalid)
	case !isStorable(key) || !isStorable(u.KeyRule()) || !isStorable(u.ID):
		return fmt.Errorf("sqlstore: %s: key, rule or ID that isn't UTF-8 or contains a NUL: %w", op, signup.ErrInvalid)
	}
	return check(op, u)
}

// data returns the values of dataColumns.
func data(d Dialect, u signup.User) ([]any, error) {
	profile, err := encodeProfile(u.Profile)
	if err != nil {
		return nil, err
	}
	var verified, private any // NULL
	if !u.EmailVerifiedAt.IsZero() {
		verified = stamp(d, u.EmailVerifiedAt)
	}
	if u.Private != "" {
		private = []byte(u.Private)
	}
	return append([]any{
		u.Email, string(u.PasswordHash), u.FirstName, u.LastName, flag(d, u.Active), stamp(d, u.CreatedAt), stamp(d, u.UpdatedAt),
		verified, profile, u.SecurityStamp, private, flag(d, u.Placeholder),
	}, append(orders(u), lowerEmail(u))...), nil
}

func flag(d Dialect, set bool) any {
	switch {
	case d == PostgreSQL:
		return set
	case set:
		return int64(1)
	}
	return int64(0)
}

func stamp(d Dialect, at time.Time) any {
	if d == PostgreSQL {
		return at.UTC().Truncate(time.Millisecond)
	}
	return at.UnixMilli()
}

func encodeProfile(profile map[string]string) (string, error) {
	if len(profile) == 0 {
		return "{}", nil
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(profile); err != nil {
		return "", fmt.Errorf("sqlstore: %w", err)
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

var errNoProfile = errors.New("the column profile isn't an object of texts")

func decodeProfile(text []byte) (profile map[string]string, err error) {
	if string(text) == "{}" {
		return nil, nil
	}
	if json.Unmarshal(text, &profile) != nil { // whose error may quote the text
		return nil, errNoProfile
	}
	return profile, nil
}

// A timestamp scans a time of either database. NULL is the zero time.
type timestamp struct{ at *time.Time }

func (t timestamp) Scan(value any) error {
	switch v := value.(type) {
	case nil:
		*t.at = time.Time{}
	case time.Time:
		*t.at = v.UTC()
	case int64:
		*t.at = time.UnixMilli(v).UTC()
	default:
		return fmt.Errorf("a time has the type %T", value)
	}
	return nil
}

// read reads the user stored under key. It returns ErrNotFound if there is none.
func (b *base) read(ctx context.Context, st *statements, op, key string) (signup.User, error) {
	var r row
	err := b.db.QueryRowContext(ctx, st.get, key).Scan(r.targets(st.getColumns)...)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return signup.User{}, fmt.Errorf("sqlstore: %s: %w", op, signup.ErrNotFound)
	case err != nil:
		return signup.User{}, newFailure(op, st.dialect, err)
	}
	u, err := r.finish()
	if err != nil {
		return signup.User{}, &failure{op: op, err: err}
	}
	return u, nil
}
