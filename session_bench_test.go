package signup_test

import (
	"fmt"
	"testing"

	"github.com/gosignup/signup"
)

// BenchmarkResume measures Resume beside the Store.Get that it makes, in the device of
// the latest log-in and in that of the earliest, which is the last one looked at.
func BenchmarkResume(b *testing.B) {
	for _, n := range []int{1, 5, signup.MaxDevices} {
		a := sessionAccounts(b)
		latest := logIn(b, a, signup.Client{Label: "Firefox 145 on Linux"})
		earliest := latest
		for range n - 1 {
			latest = logIn(b, a, signup.Client{Label: "Firefox 145 on Linux"})
		}
		b.Run(fmt.Sprintf("Get with %d devices", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := a.Store.Get(b.Context(), latest.Key); err != nil {
					b.Fatalf("Get returned %v, want nil", err)
				}
			}
		})
		for name, s := range map[string]signup.Session{"latest": latest, "earliest": earliest} {
			b.Run(fmt.Sprintf("Resume in the %s of %d devices", name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := a.Resume(b.Context(), s); err != nil {
						b.Fatalf("Resume returned %v, want nil", err)
					}
				}
			})
		}
	}
}

// Resume allocates no more than its Get.
func TestResumeAllocates(t *testing.T) {
	a := sessionAccounts(t)
	s := logIn(t, a, signup.Client{Label: `"Firefox"`})
	for range signup.MaxDevices - 1 {
		logIn(t, a, signup.Client{Label: `"Firefox"`})
	}
	get := testing.AllocsPerRun(100, func() { _, _ = a.Store.Get(t.Context(), s.Key) })
	resume := testing.AllocsPerRun(100, func() { _, _ = a.Resume(t.Context(), s) })
	if resume > get {
		t.Errorf("Resume allocates %v times, Get %v; want no more", resume, get)
	}
}
