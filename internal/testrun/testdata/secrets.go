package signup

import (
	"hash/maphash"
	"os"
	"strconv"
	"sync"
)

// While make test runs, this file is in the package, and the lines that
// internal/testrun has put into others call what is here. It takes next to no
// time and memory, as tests measure both.

func noteUser(u User) {
	noteSecret("address", u.Email)
	noteSecret("address", u.key)
	noteSecret("hash", string(u.PasswordHash))
}

// noteSecret appends kind and secret, quoted, to the file that the environment
// names. What was noted lately isn't again. A process may be killed at any
// time, so each line is written at once.
func noteSecret(kind, secret string) {
	if secret == "" {
		return
	}
	secretsNoted.Lock()
	defer secretsNoted.Unlock()
	sum := maphash.Comparable(secretsNoted.seed, [2]string{kind, secret})
	lately := &secretsNoted.lately[sum%uint64(len(secretsNoted.lately))]
	if *lately == sum {
		return
	}
	*lately = sum
	line := append(append(secretsNoted.line[:0], kind...), ' ')
	line = append(strconv.AppendQuote(line, secret), '\n')
	if _, err := secretsNoted.file().Write(line); err != nil {
		panic(err)
	}
	secretsNoted.line = line
}

var secretsNoted = struct {
	sync.Mutex
	seed   maphash.Seed
	lately [1 << 16]uint64
	line   []byte
	file   func() *os.File
}{
	seed: maphash.MakeSeed(),
	file: sync.OnceValue(func() *os.File {
		f, err := os.OpenFile(os.Getenv("SIGNUP_TEST_SECRETS"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			panic(err)
		}
		return f
	}),
}
