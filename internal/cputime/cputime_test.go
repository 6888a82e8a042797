package cputime_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/gosignup/signup/internal/cputime"
	"golang.org/x/crypto/bcrypt"
)

func hash() { _, _ = bcrypt.GenerateFromPassword([]byte("correct horse battery"), 8) }

// A wait takes no processor time, and so doesn't the work of another goroutine,
// where the time of a thread is known.
func TestMeasure(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the processor time of a thread is only known on Linux")
	}
	for _, c := range []struct {
		name string
		f    func()
		most float64 // of the time of a hash
	}{
		{"a wait", func() { time.Sleep(50 * time.Millisecond) }, 0.5},
		{"another goroutine", func() {
			done := make(chan struct{})
			go func() {
				defer close(done)
				hash()
			}()
			<-done
		}, 0.5},
	} {
		own := cputime.Measure(hash)
		if got := cputime.Measure(c.f); float64(got.Used) > c.most*float64(own.Used) || got.Passed < got.Used {
			t.Errorf("%s: got %+v, want little of the %s of a hash used", c.name, got, own.Used)
		}
	}
}

// The thread is free again if the function panics.
func TestMeasurePanic(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("Measure returned, want the panic of its function")
		}
	}()
	cputime.Measure(func() { panic("x") })
}
