// Package cputime measures processor time.
package cputime

import (
	"runtime"
	"time"
)

// Measure returns the processor time that f takes in the calling goroutine. If f has
// waited, and that is less than a quarter of the time that passes, it returns the
// latter: then other goroutines do f's work, as those of argon2 do, or another
// service. Where the time of a thread isn't known, it always returns the time that
// passes.
func Measure(f func()) time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	waitsBefore := waits()
	start, before := time.Now(), thread()
	f()
	used, passed := thread()-before, time.Since(start)
	if !threadsCounted || used < passed/4 && waits() > waitsBefore {
		return passed
	}
	return used
}
