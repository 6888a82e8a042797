// Package cputime measures processor time.
package cputime

import (
	"runtime"
	"time"
)

// A Time is how long something has taken.
type Time struct {
	// Used is the processor time of the goroutine; other goroutines that it has
	// started don't count. Where the time of a thread isn't known, it is the time
	// that has passed.
	Used time.Duration
	// Passed is the time that has passed, or the processor time of the process, if
	// that is known and less: other programs lengthen the one, and other goroutines
	// the other, and a wait for another service takes no processor time.
	Passed time.Duration
}

// Measure returns how long f takes.
func Measure(f func()) Time {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	start, processBefore, before := time.Now(), process(), thread()
	f()
	t := Time{Used: thread() - before, Passed: time.Since(start)}
	if !threadsCounted {
		return Time{t.Passed, t.Passed}
	}
	t.Passed = min(t.Passed, process()-processBefore)
	return t
}
