package cputime

import (
	"runtime"
	"testing"
	"time"
)

// spin takes d of processor time.
func spin(d time.Duration) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	start, before := time.Now(), thread()
	for time.Since(start) < d || threadsCounted && thread()-before < d {
	}
}

// The work that f leaves to other goroutines counts, if f only waits for it.
func TestMeasureCountsWorkInOtherGoroutines(t *testing.T) {
	const work = 20 * time.Millisecond
	took := Measure(func() {
		done := make(chan bool)
		go func() { spin(work); close(done) }()
		<-done
	})
	if took < work {
		t.Errorf("got %s, want %s at least", took, work)
	}
}

// A short wait doesn't count where the time of a thread is known.
func TestMeasureLeavesOutShortWaits(t *testing.T) {
	if !threadsCounted {
		t.Skip("the time of a thread isn't known here")
	}
	for range 20 { // other programs may take the processor for longer
		start := time.Now()
		took := Measure(func() {
			spin(40 * time.Millisecond)
			time.Sleep(10 * time.Millisecond)
		})
		if passed := time.Since(start); took <= passed-9*time.Millisecond {
			return
		}
	}
	t.Error("got the wait in each of 20 times, want the time without it")
}

// After a panic of f, the goroutine isn't bound to its thread any more, and the
// panic passes through.
func TestMeasurePassesPanics(t *testing.T) {
	defer func() {
		if v := recover(); v != "f" {
			t.Errorf("got the panic %v, want f's", v)
		}
	}()
	Measure(func() { panic("f") })
}
