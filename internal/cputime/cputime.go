// Package cputime measures processor time.
package cputime

import (
	"runtime"
	"time"
)

// Measure returns the processor time that f takes in the calling goroutine. If f has
// waited, and that is less than a quarter of the time that passes, other goroutines
// may do f's work, as those of argon2 do. Then it returns the time that passes, or
// the processor time of the process if that is less: other programs lengthen the
// former, and other goroutines the latter. Where the time of a thread isn't known,
// it always returns the time that passes.
func Measure(f func()) time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	waitsBefore, processBefore := waits(), process()
	start, before := time.Now(), thread()
	f()
	used, passed := thread()-before, time.Since(start)
	switch {
	case !threadsCounted:
		return passed
	case used < passed/4 && waits() > waitsBefore:
		return min(passed, process()-processBefore)
	}
	return used
}
