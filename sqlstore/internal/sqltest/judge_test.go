package sqltest

import (
	"fmt"

	"github.com/gosignup/signup"
)

// none is the number of a user that isn't stored, and torn that of one that no call wrote.
const none, torn = -1, -2

// numberOf returns the number of a user that c's Name, with c's ID, is stored under.
func numberOf(c call, stored *signup.User) int {
	if stored == nil {
		return none
	}
	if _, err := fmt.Sscan(stored.Profile["number"], &c.N); err != nil || !stored.Equal(c.user()) {
		return torn
	}
	return c.N
}

// judgeOwn judges the calls of the only caller that touches a user, in their order.
func (f *figures) judgeOwn(calls []call, stored *signup.User) {
	may := map[int]bool{none: true} // the numbers that may be stored
	busyWith := make(map[int]bool)  // those of calls that were busy since
	var deleted map[int]bool        // those before a Delete
	for _, c := range calls {
		after := c.N
		if c.Op == "delete" {
			after, deleted = none, may
		}
		isCreate := c.Op == "create"
		switch {
		case c.Outcome == busy:
			busyWith[after] = true
		case c.Outcome == unknown && (!isCreate || may[none]):
			may[after] = true
		case c.Outcome == unknown:
		case c.Outcome == made && isCreate && !may[none]:
			f.doubled++
		case c.Outcome == made:
			may = map[int]bool{after: true}
			clear(busyWith)
		case c.Outcome == "replayed" && isCreate && len(may) > 1:
			delete(may, none)
		case c.Outcome == "replayed" && isCreate && !may[none]:
		case isCreate:
			f.ownDuplicates++
		default:
			f.ownConflicts++
			may[after] = true
		}
	}
	switch n := numberOf(calls[0], stored); {
	case may[n]:
	case busyWith[n]:
		f.busyButDone++
	case n >= 0 && may[none] && len(deleted) > 0 && !deleted[n]:
		f.doubled++ // made anew after it was deleted
	default:
		f.lost++
	}
}

// judgeRivals judges the calls of several creators of a user.
func (f *figures) judgeRivals(calls []call, stored *signup.User) {
	creators, there, possible, isBusy := 0, false, false, false
	for _, c := range calls {
		own := stored != nil && stored.ID == c.ID
		switch c.Outcome {
		case made:
			creators++
			there = true
		case "exists":
			there = true
			if own {
				f.ownDuplicates++
			}
		case "replayed":
			there = true
		case busy:
			isBusy = isBusy || own
		}
		if (c.Outcome == made || c.Outcome == "replayed") && !own || own && numberOf(c, stored) != 0 {
			f.lost++
		}
		possible = possible || own && (c.Outcome == made || c.Outcome == unknown)
	}
	f.doubled += max(0, creators-1)
	switch {
	case stored == nil && there && creators == 0:
		f.lost++ // another one was said to be there
	case stored != nil && !possible && isBusy:
		f.busyButDone++
	case stored != nil && !possible:
		f.doubled++ // without a creator
	}
}

// judgeCount judges the calls that add 1 to a user's number.
func (f *figures) judgeCount(calls []call, stored *signup.User) {
	creators, least, most, there := 0, 0, 0, false
	for _, c := range calls {
		switch {
		case c.Op == "create" && c.Outcome == made:
			creators++
		case c.Op == "create" && c.Outcome == "exists":
			f.ownDuplicates++ // all creators create the same user
		case c.Outcome == "not found":
			f.ownConflicts++ // no caller deletes it
		case c.Op == "update" && c.Outcome == made:
			least++
			most++
		case c.Op == "update" && c.Outcome == unknown:
			most++
		}
		there = there || c.Outcome == made || c.Outcome == "replayed"
	}
	f.doubled += max(0, creators-1)
	switch n := numberOf(calls[0], stored); {
	case n == none && !there:
	case n < least:
		f.lost += max(1, least-n)
	case n > most:
		f.doubled += n - most
	}
}
