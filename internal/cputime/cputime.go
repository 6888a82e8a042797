// Package cputime measures processor time.
package cputime

import (
	"runtime"
	"time"
)

// A Time is how long something has taken.
type Time struct {
	// Used is the processor time of the goroutine; other goroutines that it has
	// started don't count. Where the time of a thread isn't known, it is Passed.
	Used time.Duration
	// Passed is the time that has passed.
	Passed time.Duration
}

// Measure returns how long f takes.
func Measure(f func()) Time {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	start, before := time.Now(), thread()
	f()
	t := Time{Used: thread() - before, Passed: time.Since(start)}
	if !threadsCounted {
		t.Used = t.Passed
	}
	return t
}
