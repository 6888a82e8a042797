// Package cpu returns how much processor time this process uses.
package cpu

import (
	"syscall"
	"time"
)

// Own returns the processor time that this process has used. It is safe for
// concurrent use.
func Own() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // impossible with this argument
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
