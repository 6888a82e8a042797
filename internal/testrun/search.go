package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/gosignup/signup/internal/leaktest"
)

// Secrets are what a run has used, of each kind: those that were planted in
// the output, and the others.
type secrets struct{ planted, others map[string][]string }

// search fails if output has one of the secrets in it other than those that
// were planted there, or lacks one of these.
func (s secrets) search(output string) error {
	for _, kind := range kinds {
		if found := leaktest.Find(output, s.others[kind]); len(found) > 0 {
			return fmt.Errorf("the output has %d of the kind %s, such as %s", len(found), kind, examples(output, found))
		}
		planted := s.planted[kind]
		if len(planted) == 0 || len(leaktest.Find(output, planted)) != len(planted) {
			return fmt.Errorf("of the kind %s, one that was planted in the output isn't found, or none was planted", kind)
		}
	}
	return nil
}

// examples quotes some of what was found, with the first line that has it as it
// is.
func examples(output string, found []string) string {
	var b strings.Builder
	for _, secret := range found[:min(len(found), 10)] {
		fmt.Fprintf(&b, "\n\t%q", secret)
		if before, after, ok := strings.Cut(output, secret); ok {
			line := before[strings.LastIndexByte(before, '\n')+1:] + secret
			rest, _, _ := strings.Cut(after, "\n")
			fmt.Fprintf(&b, " in %.300q", line+rest)
		}
	}
	return b.String()
}

func (s secrets) String() string {
	planted := 0
	for _, kind := range kinds {
		planted += len(s.planted[kind])
	}
	return fmt.Sprintf("%d passwords, %d addresses and %d hashes, but for %d that were planted",
		len(s.others[password]), len(s.others[address]), len(s.others[hash]), planted)
}

// Shorter ones are in an output by chance: "password", for one. So is what
// was given for an address and has no @.
func canBeSearched(kind, secret string) bool {
	secret = strings.TrimSpace(secret)
	if kind == address {
		return len(secret) >= 8 && strings.Contains(secret, "@")
	}
	return len(secret) >= 10
}

// readSecrets returns those that can be searched for, each once.
func readSecrets(file string) (secrets, error) {
	s := secrets{make(map[string][]string), make(map[string][]string)}
	f, err := os.Open(file)
	if err != nil {
		return s, fmt.Errorf("no secret was noted down: %w", err)
	}
	defer func() { _ = f.Close() }()
	seen := make(map[string]bool)
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<22)
	for lines.Scan() {
		line := lines.Text()
		if seen[line] {
			continue
		}
		seen[line] = true
		kind, quoted, _ := strings.Cut(line, " ")
		secret, err := strconv.Unquote(quoted)
		switch {
		case err != nil:
			return s, fmt.Errorf("%s: %q: %w", file, line, err)
		case leaktest.IsPlanted(secret):
			s.planted[kind] = append(s.planted[kind], secret)
		case canBeSearched(kind, secret):
			s.others[kind] = append(s.others[kind], secret)
		}
	}
	return s, lines.Err()
}
