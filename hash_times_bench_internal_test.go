//go:build linux

package signup

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"golang.org/x/text/unicode/norm"
)

// measured returns the processor time that the process takes while f runs, as argon2id
// computes in several goroutines, and the time that passes.
func measured(f func()) (used, passed time.Duration) {
	var before, after unix.Timespec
	start := time.Now()
	_ = unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &before)
	f()
	_ = unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &after)
	return time.Duration(after.Nano() - before.Nano()), time.Since(start)
}

// BenchmarkRefused prints the processor time of a refused check of a known user's
// hash as a ratio to that of an unknown user, and the ratio of the times that pass, which
// is what a client sees. They are measured in turn, and the medians are compared.
func BenchmarkRefused(b *testing.B) {
	own := Bcrypt{Cost: 7}
	hashers := []struct {
		name   string
		hasher Hasher
	}{
		{"plain", own},
		{"peppered", markedHasher{own}},
		{"changed to argon2id", Argon2id{Memory: 4 << 10}},
	}
	hashes := []struct {
		name string
		hash Hash
	}{
		{"bcrypt 7", made(b, own, checkedPassword)},
		{"bcrypt 5", made(b, Bcrypt{Cost: 5}, checkedPassword)},
		{"bcrypt 8", made(b, Bcrypt{Cost: 8}, checkedPassword)},
		{"peppered bcrypt 7", made(b, markedHasher{own}, checkedPassword)},
		{"peppered bcrypt 6", made(b, markedHasher{Bcrypt{Cost: 6}}, checkedPassword)},
		{"argon2id 4 MiB", made(b, Argon2id{Memory: 4 << 10}, checkedPassword)},
		{"argon2id 24 MiB", made(b, Argon2id{Memory: 24 << 10, Time: 1}, checkedPassword)},
		{"argon2id of 8 lanes", made(b, Argon2id{Memory: 12 << 10, Threads: 8}, checkedPassword)},
		{"Django PBKDF2", Hash("pbkdf2_sha256$30000$seasalt2$" + strings.Repeat("A", 43) + "=")},
		{"Werkzeug scrypt", Hash("scrypt:4096:8:1$salt$" + strings.Repeat("00", 64))},
		{"Werkzeug SHA-512", Hash("pbkdf2:sha512:5000$salt$" + strings.Repeat("00", 64))},
		{"Werkzeug HMAC", Hash("sha256$salt$" + strings.Repeat("00", 32))},
		{"too costly", Hash("$2a$31$" + strings.Repeat("a", 53))},
		{"unknown format", "plain$$"},
	}
	situations := []struct{ name, password string }{
		{"wrong", wrongPassword},
		{"wrong in form D", norm.NFD.String(wrongPassword)},
		{"inactive", checkedPassword},
		{"inactive in form D", norm.NFD.String(checkedPassword)},
		{"long", strings.Repeat("x", 100)},
	}
	for _, own := range hashers {
		for _, h := range hashes {
			for _, s := range situations {
				b.Run(strings.Join([]string{own.name, h.name, s.name}, "/"), func(b *testing.B) {
					a := &Accounts{Store: struct{ Store }{}, Hasher: own.hasher}
					if err := a.setUp(); err != nil {
						b.Fatalf("setUp returned %v, want nil", err)
					}
					refuse := func(h Hash) (used, passed time.Duration) {
						return measured(func() { a.newCheck(h, s.password).do(false) })
					}
					for range 8 { // so that the times are known
						refuse("")
						refuse(h.hash)
					}
					var used, passed [3][]time.Duration
					hashes := []Hash{h.hash, "", ""}
					for b.Loop() {
						// In random order: otherwise the garbage collection, which argon2id's
						// memory starts every few checks, might always fall to one of them.
						for _, i := range rand.Perm(len(hashes)) {
							u, p := refuse(hashes[i])
							used[i], passed[i] = append(used[i], u), append(passed[i], p)
						}
					}
					b.ReportMetric(ratioOfMedians(used[0], used[1]), "known/unknown")
					b.ReportMetric(ratioOfMedians(passed[0], passed[1]), "passed-known/unknown")
					// How much two series of the same check differ, on this machine.
					b.ReportMetric(ratioOfMedians(used[2], used[1]), "unknown/unknown")
				})
			}
		}
	}
}

// ratioOfMedians returns the median of times divided by that of others. It sorts both.
func ratioOfMedians(times, others []time.Duration) float64 {
	median := func(t []time.Duration) float64 {
		slices.Sort(t)
		return float64(t[len(t)/2])
	}
	return median(times) / median(others)
}
