// Package outage logs failures that strangers can cause by the thousand with few records.
package outage

import (
	"slices"
	"sync"
	"time"
)

// quietTime is how long nothing may fail until an outage has ended.
const quietTime = 10 * time.Second

// maxCauses is how many different causes of one outage are logged.
const maxCauses = 4

// An Outage counts failures that strangers can cause by the thousand, such as requests
// refused for lack of capacity, so that the log has one record when they begin and one
// when they end. Calls that don't fail don't touch it, and between outages it has
// neither a timer nor a goroutine.
type Outage struct {
	mu          sync.Mutex
	failed      int64 // 0: there is no outage
	began, last time.Time
	causes      []string // the first different ones
}

// Note counts a failure, and reports whether it is the first, or another with a
// cause to log. After the first, look is called when the outage may have ended.
func (o *Outage) Note(cause string, look func()) (first, other bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last = time.Now()
	o.failed++
	if o.failed == 1 {
		o.began = o.last
		o.causes = []string{cause}
		time.AfterFunc(quietTime, look)
		return true, false
	}
	if len(o.causes) == maxCauses || slices.Contains(o.causes, cause) {
		return false, false
	}
	o.causes = append(o.causes, cause)
	return false, true
}

// End returns the number of failures and the time from the first to the last, if
// the outage has ended. Otherwise, it returns 0, and look is called later.
func (o *Outage) End(look func()) (failed int64, lasted time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if left := quietTime - time.Since(o.last); left > 0 {
		time.AfterFunc(left, look)
		return 0, 0
	}
	failed, lasted = o.failed, o.last.Sub(o.began)
	o.failed, o.causes = 0, nil
	return failed, lasted
}
