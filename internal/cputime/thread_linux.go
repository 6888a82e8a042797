package cputime

import (
	"time"

	"golang.org/x/sys/unix"
)

const threadsCounted = true

// thread returns the processor time of the calling thread. Getrusage would return
// it as of the last tick, milliseconds ago.
func thread() time.Duration { return clock(unix.CLOCK_THREAD_CPUTIME_ID) }

// process returns the processor time of the process.
func process() time.Duration { return clock(unix.CLOCK_PROCESS_CPUTIME_ID) }

func clock(id int32) time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(id, &t) // it fails for no clock of its own
	return time.Duration(t.Nano())
}
