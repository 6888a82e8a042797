// Package cputime measures processor time.
package cputime

import (
	"runtime"
	"time"
)

// Measure returns the processor time that f takes in the calling goroutine. Where
// the system doesn't count the time of a thread, or f leaves most of its work to
// other goroutines, it returns the time that passes.
func Measure(f func()) time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	start, before := time.Now(), thread()
	f()
	used, passed := thread()-before, time.Since(start)
	if used < passed/8 {
		return passed
	}
	return used
}
