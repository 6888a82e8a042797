//go:build !linux

package cputime

import "time"

// thread returns 0, as the standard library doesn't measure the time of a thread
// here.
func thread() time.Duration { return 0 }
