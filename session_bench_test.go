package signup_test

import (
	"fmt"
	"testing"

	"github.com/gosignup/signup"
)

// BenchmarkResume measures Resume beside the Store.Get that it makes. The device is
// the last one listed, and so the last one looked at.
func BenchmarkResume(b *testing.B) {
	for _, n := range []int{1, 5, signup.MaxDevices} {
		a := sessionAccounts(b)
		var s signup.Session
		for range n {
			s = logIn(b, a, signup.Client{Label: "Firefox 145 on Linux"})
		}
		b.Run(fmt.Sprintf("Get with %d devices", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := a.Store.Get(b.Context(), s.Key); err != nil {
					b.Fatalf("Get returned %v, want nil", err)
				}
			}
		})
		b.Run(fmt.Sprintf("Resume with %d devices", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := a.Resume(b.Context(), s); err != nil {
					b.Fatalf("Resume returned %v, want nil", err)
				}
			}
		})
	}
}

// Resume allocates no more than its Get.
func TestResumeAllocates(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	a := sessionAccounts(t)
	var s signup.Session
	for range signup.MaxDevices {
		s = logIn(t, a, signup.Client{Label: `"Firefox"`})
	}
	get := testing.AllocsPerRun(100, func() { _, _ = a.Store.Get(t.Context(), s.Key) })
	resume := testing.AllocsPerRun(100, func() { _, _ = a.Resume(t.Context(), s) })
	if resume > get {
		t.Errorf("Resume allocates %v times, Get %v; want no more", resume, get)
	}
}
