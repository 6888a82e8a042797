//go:build unix

package hashfmt_test

import (
	"fmt"
	"math"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gosignup/signup/internal/hashfmt"
)

// BenchmarkWork compares the estimates of Work with processor time. The metric
// "time/estimate" is the least time of one hash, of three, divided by the rounds of
// Work times the time of one round of bcrypt, measured before and after: 1 is exact,
// and less errs on the costly side.
//
//	go test -run '^$' -bench Work -benchtime 1x ./internal/hashfmt
func BenchmarkWork(b *testing.B) {
	hashes := []string{"$2b$12$" + strings.Repeat("a", 53)}
	for _, format := range []string{"$argon2id$v=19", "$argon2i$v=19", "$argon2id$v=16"} {
		for _, c := range []struct{ memory, passes, lanes int }{
			{64, 2000, 1}, {1 << 10, 100, 1}, {8 << 10, 20, 1}, {19456, 2, 1}, {64 << 10, 3, 1}, {64 << 10, 3, 4},
			{64 << 10, 1, 1}, {100 << 10, 2, 8}, {256 << 10, 1, 1}, {256 << 10, 3, 1}, {256 << 10, 3, 4}, {256 << 10, 6, 64}, {8 * 64, 200, 64},
		} {
			hashes = append(hashes, fmt.Sprintf("%s$m=%d,t=%d,p=%d$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", format, c.memory, c.passes, c.lanes))
		}
	}
	for _, params := range []string{"1024:8:16", "16384:8:1", "16384:8:5", "32768:8:1", "131072:8:1", "65536:8:3", "1024:128:2", "65536:1:8", "2:8:8192", "16:4096:8"} {
		hashes = append(hashes, "scrypt:"+params+"$somesalt$"+strings.Repeat("0a", 64))
	}
	for digest, size := range map[string]int{"md5": 16, "sha1": 20, "sha224": 28, "sha256": 32, "sha384": 48, "sha512": 64} {
		hashes = append(hashes, "pbkdf2:"+digest+":500000$somesalt$"+strings.Repeat("0a", size))
	}
	for _, hash := range hashes {
		h, ok := hashfmt.Parse(hash)
		if !ok {
			b.Fatalf("%s: got an unknown format, want a known one", hash)
		}
		name, _, _ := strings.Cut(hash, "$c29t")
		name, _, _ = strings.Cut(name, "$somesalt")
		b.Run(strings.ReplaceAll(name, "$", "."), func(b *testing.B) {
			least, round := time.Duration(math.MaxInt64), bcryptRound(b)
			for range b.N {
				for range 3 {
					least = min(least, cpuTime(b, func() { h.Matches([]byte("correct horse")) }))
				}
			}
			round = min(round, bcryptRound(b))
			b.ReportMetric(float64(least)/(float64(h.Work.Rounds)*float64(round)), "time/estimate")
			b.ReportMetric(float64(round), "ns/round")
		})
	}
}

// bcryptRound returns the least time of one round of bcrypt.
func bcryptRound(b *testing.B) time.Duration {
	h, _ := hashfmt.Parse("$2b$09$" + strings.Repeat("a", 53))
	least := time.Duration(math.MaxInt64)
	for range 5 {
		least = min(least, cpuTime(b, func() { h.Matches([]byte("correct horse")) }))
	}
	return least / time.Duration(h.Work.Rounds)
}

// cpuTime returns the processor time that the process takes while f runs.
func cpuTime(b *testing.B, f func()) time.Duration {
	used := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatalf("Getrusage returned %v, want nil", err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	before := used()
	f()
	return used() - before
}
