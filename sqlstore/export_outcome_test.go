package sqlstore_test

import (
	"database/sql/driver"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/sqlstore"
)

// fakeUsers is how many users an export of a fake has: two pages, and an empty one.
const fakeUsers = 2000

// A fakePage is a page of an export.
type fakePage struct {
	columns   []string
	next, end int
}

// newFakePage returns the page that the query of an export reads.
func newFakePage(query string, args []driver.NamedValue) *fakePage {
	list, _, _ := strings.Cut(strings.TrimPrefix(query, "SELECT "), " FROM ")
	p := &fakePage{columns: strings.Split(list, ", ")}
	_, _ = fmt.Sscanf(args[0].Value.(string), "user%d@", &p.next) // it is "" at first
	p.end = min(p.next+int(args[1].Value.(int64)), fakeUsers)
	return p
}

func (p *fakePage) Columns() []string { return p.columns }
func (*fakePage) Close() error        { return nil }

func (p *fakePage) Next(to []driver.Value) error {
	if p.next >= p.end {
		return io.EOF
	}
	p.next++
	for i, column := range p.columns {
		switch {
		case column == "profile":
			to[i] = "{}"
		case column == "is_active":
			to[i] = true
		case strings.HasSuffix(column, "_at"):
			to[i] = time.Unix(0, 0)
		default:
			to[i] = fmt.Sprintf("user%05d@example.org", p.next)
		}
	}
	return nil
}

// An export waits for a server only once it has read from it.
func TestExportOutcomes(t *testing.T) {
	afterOne := func(steps ...step) []step { return append([]step{works}, steps...) }
	for _, test := range []struct {
		name  string
		steps []step
		users int64
		want  error
		took  time.Duration // about
	}{
		{"made", nil, fakeUsers, nil, 0},
		{"no server", many(fails(errDial)), 0, signup.ErrBusy, 0},
		{"the server starts", many(fails(stateError("57P03"))), 0, signup.ErrBusy, 0},
		{"lost at first", []step{lost, lost}, fakeUsers, nil, 0},
		{"lost at first each time", many(lost), 0, errUnknown, 5 * time.Second},
		{"the server restarts", afterOne(many(fails(errDial))[:200]...), fakeUsers, nil, 25 * time.Second},
		{"the server stays away", afterOne(many(fails(errDial))...), 1000, signup.ErrBusy, time.Minute},
		{"others prevent it each time", afterOne(many(fails(stateError("40001")))...), 1000, signup.ErrBusy, time.Minute},
		{"lost each time", afterOne(many(lost)...), 1000, errUnknown, time.Minute},
		{"refused", afterOne(many(fails(stateError("42P01")))...), 1000, errUnknown, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, s := newFake(t, sqlstore.PostgreSQL, test.steps...)
				begin := time.Now()
				n, err := s.Export(t.Context(), io.Discard, nil)
				took := time.Since(begin)
				wantOutcome(t, err, test.want)
				if n != test.users || took < test.took*8/10 || took > test.took*12/10+time.Second {
					t.Errorf("got %d users after %s, want %d after about %s", n, took, test.users, test.took)
				}
			})
		})
	}
}
