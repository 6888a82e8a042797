package cputime

import (
	"testing"
	"time"
)

// A wait for another service takes no processor time.
func TestMeasureLeavesOutOtherServices(t *testing.T) {
	if !threadsCounted {
		t.Skip("the time of a thread isn't known here")
	}
	if took := Measure(func() { time.Sleep(100 * time.Millisecond) }); took > 50*time.Millisecond {
		t.Errorf("got %s, want much less than the wait of 100ms", took)
	}
}
