// Package cpu tells what measuring itself takes of the processors.
package cpu

import (
	"syscall"
	"time"
)

// Own returns the processor time that this process has taken.
func Own() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // which takes another argument
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
