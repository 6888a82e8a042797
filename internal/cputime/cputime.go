// Package cputime measures processor time.
package cputime

import (
	"runtime"
	"time"
)

// Measure returns the processor time that f takes in the calling goroutine: other
// goroutines that f starts don't count. Where the time of a thread isn't known, it
// returns the time that passes.
func Measure(f func()) time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	start, before := time.Now(), thread()
	f()
	if !threadsCounted {
		return time.Since(start)
	}
	return thread() - before
}
