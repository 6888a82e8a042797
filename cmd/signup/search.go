package main

import (
	"context"
	"flag"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/gosignup/signup"
)

var searchCommand = command{
	name: "search", about: "list users",
	more: `A user must meet all conditions. Without any, all users are listed, the oldest first.
A time is a date, which is its midnight in UTC, or as in RFC 3339.

With -json, each user is a line: an object with the member position, which -after takes
to continue after that user. Elasticsearch finds a new user after about a second.`,
	prepare: func(f *flag.FlagSet) func(context.Context, *call) error {
		o := searchOptions{limit: 50}
		o.declare(f)
		return func(ctx context.Context, c *call) error {
			q, err := o.query()
			if err != nil {
				return err
			}
			return withUsers(func(ctx context.Context, c *call, s store) error { return search(ctx, c, s, q, o.limit) })(ctx, c)
		}
	},
}

// searchOptions are the flags of search.
type searchOptions struct {
	q           signup.Query
	sort, after string
	limit       int
}

func (o *searchOptions) declare(f *flag.FlagSet) {
	f.StringVar(&o.q.EmailPrefix, "email", "", "the `beginning` of the address")
	f.StringVar(&o.q.NamePrefix, "name", "", "the `beginning` of the first or the last name")
	f.Func("created-from", "the user was created at this `time` or later", timeFlag(&o.q.CreatedFrom))
	f.Func("created-before", "the user was created before this `time`", timeFlag(&o.q.CreatedBefore))
	f.BoolFunc("active", "the user may log in; -active=false: may not", boolFlag(&o.q.Active))
	f.BoolFunc("verified", "the address is verified; -verified=false: is not", boolFlag(&o.q.EmailVerified))
	f.Func("id", "the user has this `ID`, or that of another -id", func(id string) error {
		o.q.IDs = append(o.q.IDs, id)
		return nil
	})
	f.StringVar(&o.sort, "sort", "creation", "the `order`: creation, email or name")
	f.BoolVar(&o.q.Descending, "descending", false, "reverse the order")
	f.IntVar(&o.limit, "limit", o.limit, "the greatest `number` of users; 0 is no limit")
	f.StringVar(&o.after, "after", "", "continue after this `position`")
}

func timeFlag(at *time.Time) func(string) error {
	return func(text string) (err error) {
		if *at, err = time.Parse(time.DateOnly, text); err != nil {
			*at, err = time.Parse(time.RFC3339, text)
		}
		if err != nil {
			return fmt.Errorf("want a date such as 2026-01-31, or a time such as 2026-01-31T12:00:00Z")
		}
		return nil
	}
}

func boolFlag(is **bool) func(string) error {
	return func(text string) error {
		b, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("want true or false")
		}
		*is = &b
		return nil
	}
}

// query returns the Query of the flags. It asks for one user more than the limit, to find
// out whether there are more.
func (o searchOptions) query() (signup.Query, error) {
	sorts := map[string]signup.Sort{
		"creation": signup.SortByCreation, "email": signup.SortByEmail, "name": signup.SortByName,
	}
	q := o.q
	var known bool
	if q.Sort, known = sorts[o.sort]; !known {
		return q, usageError{"-sort must be creation, email or name"}
	}
	if err := q.After.UnmarshalText([]byte(o.after)); err != nil {
		return q, usageError{"-after must be a position that search has printed"}
	}
	if o.limit < 0 {
		return q, usageError{"-limit must not be negative"}
	}
	if o.limit > 0 {
		q.Limit = o.limit + 1
	}
	if err := q.Check(); err != nil {
		return q, usageError{err.Error()}
	}
	return q, nil
}

// flushRows is the number of rows that are aligned with each other.
const flushRows = 100

func search(ctx context.Context, c *call, s store, q signup.Query, limit int) error {
	w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	n, last := 0, ""
	for u, err := range s.Search(ctx, q) {
		if err == nil && limit > 0 && n == limit {
			c.note("there are more users: repeat the search with -after %s", last)
			break
		}
		if err == nil {
			last, err = position(q, u)
		}
		if err == nil {
			err = c.writeRow(w, n, u, last)
		}
		if n++; err == nil && n%flushRows == 0 {
			err = w.Flush()
		}
		if err != nil {
			_ = w.Flush()
			return err
		}
	}
	if n == 0 {
		c.note("no user matches")
	}
	return w.Flush()
}

func position(q signup.Query, u signup.User) (string, error) {
	text, err := q.PositionOf(u).MarshalText()
	return string(text), err
}

// writeRow writes the user number n of a listing, which has this position.
func (c *call) writeRow(w *tabwriter.Writer, n int, u signup.User, position string) error {
	shown := newShownUser(u)
	if c.json {
		return writeJSON(c.stdout, struct {
			signup.PublicUser
			Position string `json:"position"`
		}{shown, position})
	}
	if n == 0 {
		_, _ = fmt.Fprintln(w, "ADDRESS\tNAME\tACTIVE\tVERIFIED\tCREATED\tID")
	}
	_, err := fmt.Fprintln(w, strings.Join([]string{
		oneLine(u.Email), nameOf(shown), yesOrNo(u.Active), yesOrNo(!u.EmailVerifiedAt.IsZero()), when(u.CreatedAt), oneLine(u.ID),
	}, "\t"))
	return err
}
