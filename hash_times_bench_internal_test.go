package signup

import (
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup/internal/cputime"
	"golang.org/x/text/unicode/norm"
)

// BenchmarkRefused prints the processor time of a refused check of a known user's
// hash as a ratio to that of an unknown user. Each is measured in turn.
func BenchmarkRefused(b *testing.B) {
	own := Bcrypt{Cost: 8}
	hashers := []struct {
		name   string
		hasher Hasher
	}{
		{"plain", own},
		{"peppered", markedHasher{own}},
		{"changed to argon2id", Argon2id{Memory: 8 << 10}},
	}
	hashes := []struct {
		name string
		hash Hash
	}{
		{"bcrypt 8", made(b, own, checkedPassword)},
		{"bcrypt 6", made(b, Bcrypt{Cost: 6}, checkedPassword)},
		{"bcrypt 9", made(b, Bcrypt{Cost: 9}, checkedPassword)},
		{"peppered bcrypt 8", made(b, markedHasher{own}, checkedPassword)},
		{"peppered bcrypt 7", made(b, markedHasher{Bcrypt{Cost: 7}}, checkedPassword)},
		{"argon2id 8 MiB", made(b, Argon2id{Memory: 8 << 10}, checkedPassword)},
		{"argon2id 64 MiB", made(b, Argon2id{Memory: 64 << 10, Time: 1}, checkedPassword)},
		{"Django PBKDF2", Hash("pbkdf2_sha256$60000$seasalt2$" + strings.Repeat("A", 43) + "=")},
		{"Werkzeug scrypt", Hash("scrypt:8192:8:1$salt$" + strings.Repeat("00", 64))},
		{"Werkzeug SHA-512", Hash("pbkdf2:sha512:10000$salt$" + strings.Repeat("00", 64))},
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
					refuse := func(h Hash) time.Duration {
						return cputime.Measure(func() { a.newCheck(h, s.password).do(false) })
					}
					for range 4 { // so that the times are known
						refuse("")
						refuse(h.hash)
					}
					var known, unknown time.Duration
					for b.Loop() {
						known += refuse(h.hash)
						unknown += refuse("")
					}
					b.ReportMetric(float64(known)/float64(unknown), "known/unknown")
				})
			}
		}
	}
}
