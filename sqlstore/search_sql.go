package sqlstore

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gosignup/signup"
)

// listedColumns are what a listing reads of each user. The hash and other secrets aren't
// among them.
var listedColumns = []string{
	"key", "key_rule", "id", "email_address", "first_name", "last_name", "is_active", "created_at", "updated_at", "email_verified_at", "profile",
}

// conditions are those of a WHERE, with the values of their parameters.
type conditions struct {
	dialect Dialect
	texts   []string
	args    []any
}

// newConditions returns the conditions of q, except those of its After.
func newConditions(d Dialect, q signup.Query) *conditions {
	c := &conditions{dialect: d, texts: []string{"NOT placeholder"}}
	if q.Active != nil {
		c.add(not(!*q.Active) + "is_active")
	}
	if q.EmailVerified != nil {
		c.add("email_verified_at IS " + not(*q.EmailVerified) + "NULL")
	}
	c.addTimes(q.CreatedFrom, q.CreatedBefore)
	c.addIDs(q.IDs)
	c.addEmail(q.KeyPrefix(), q.EmailPrefixes())
	c.addName(q.NamePrefixes())
	return c
}

func not(negated bool) string {
	if negated {
		return "NOT "
	}
	return ""
}

func (c *conditions) add(text string) { c.texts = append(c.texts, text) }

// parameter returns the parameter for a value.
func (c *conditions) parameter(value any) string {
	c.args = append(c.args, value)
	return fmt.Sprintf("$%d", len(c.args))
}

func (c *conditions) parameters(values []any) string {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = c.parameter(value)
	}
	return "(" + strings.Join(texts, ", ") + ")"
}

func (c *conditions) addTimes(from, before time.Time) {
	if !from.IsZero() {
		c.add("created_at >= " + c.parameter(stamp(c.dialect, from)))
	}
	if !before.IsZero() {
		c.add("created_at < " + c.parameter(stamp(c.dialect, before)))
	}
}

func (c *conditions) addIDs(ids []string) {
	if len(ids) == 0 {
		return
	}
	var values []any
	long := false
	for _, id := range ids {
		if isStorable(id) {
			values = append(values, id)
			long = long || utf8.RuneCountInString(id) > maxIndexedID
		}
	}
	if len(values) == 0 {
		c.add("FALSE")
		return
	}
	if !long {
		c.add(indexedID)
	}
	c.add("id IN " + c.parameters(values))
}

// addEmail adds that the key or the address begins with a prefix. If email_lower is NULL,
// the address in lower case is the key.
func (c *conditions) addEmail(key string, emails []string) {
	if key == "" {
		return
	}
	either := []string{c.begins("key", key)}
	for _, email := range emails {
		either = append(either, "email_lower IS NOT NULL AND "+c.begins("email_lower", email))
		if email != key {
			either = append(either, "email_lower IS NULL AND "+c.begins("key", email))
		}
	}
	c.addEither(either)
}

// addName adds that the first or the last name begins with a prefix.
func (c *conditions) addName(names []string) {
	var either []string
	for _, name := range names {
		name = order(name)
		indexed := indexedName(name)
		for _, column := range []string{"last", "first"} {
			text := c.begins(column+"_order", indexed)
			if indexed != name {
				text += " AND " + c.begins(column+"_long", name)
			}
			either = append(either, text)
		}
	}
	if either != nil {
		c.addEither(either)
	}
}

func (c *conditions) addEither(texts []string) { c.add("(" + strings.Join(texts, " OR ") + ")") }

// begins returns that the column begins with the prefix. As a range, it needs no pattern,
// in which some characters would be special, and any index has it.
func (c *conditions) begins(column, prefix string) string {
	if !isStorable(prefix) {
		return "FALSE" // PostgreSQL refuses to read a NUL
	}
	text := column + " >= " + c.parameter(prefix)
	if end := afterPrefix(prefix); end != "" {
		text += " AND " + column + " < " + c.parameter(end)
	}
	return text
}

// page returns the statement that reads the next n users of q, after the place.
func (st *statements) page(c conditions, q signup.Query, place []any, n int) (query string, args []any) {
	c.args = slices.Clip(c.args) // shared by all pages
	sign, direction := " > ", ""
	if q.Descending {
		sign, direction = " < ", " DESC"
	}
	after := c.parameters(place)
	by := func(columns []string) string {
		return fmt.Sprintf("ORDER BY %s LIMIT %d", strings.Join(columns, direction+", ")+direction, n)
	}
	users := func(columns string, order []string, more ...string) string {
		where := slices.Concat(c.texts, more)
		if place != nil {
			where = append(where, "("+strings.Join(order, ", ")+")"+sign+after)
		}
		return fmt.Sprintf("SELECT %s FROM %susers WHERE %s %s", columns, st.prefix, strings.Join(where, " AND "), by(order))
	}
	order, listed := orderOf(q.Sort), strings.Join(listedColumns, ", ")
	if q.Sort != signup.SortByName {
		return users(listed, order), c.args
	}
	// users_last has the order of users without long names. The others, which are few as a
	// rule, are sorted.
	short := users(listed+", last_order, first_order", order, "last_long IS NULL")
	long := users(listed+", last_long, first_long", []string{"last_long", "first_long", "key"}, "last_long IS NOT NULL")
	return fmt.Sprintf("SELECT * FROM (%s) AS short UNION ALL SELECT * FROM (%s) AS long %s", short, long, by(order)), c.args
}
