package cputime

import (
	"time"

	"golang.org/x/sys/unix"
)

// thread returns the processor time of the calling thread. Getrusage would return
// it as of the last tick, milliseconds ago.
func thread() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t) != nil {
		return 0
	}
	return time.Duration(t.Nano())
}
