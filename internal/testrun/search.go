package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/gosignup/signup/internal/leaktest"
)

// Shorter ones are in an output by chance: "password", for one.
const shortest = 10

// search fails if output has a password of the file in it, other than those
// that were planted there, or lacks one of these.
func search(output, passwords string) (told string, err error) {
	secrets, planted, err := readPasswords(passwords)
	if err != nil {
		return "", err
	}
	if found := leaktest.Find(output, secrets); len(found) > 0 {
		return "", fmt.Errorf("the output has %d of the passwords, such as %q", len(found), found[:min(len(found), 10)])
	}
	if len(planted) == 0 || len(leaktest.Find(output, planted)) != len(planted) {
		return "", errors.New("a password that was planted in the output isn't found, or none was planted")
	}
	return fmt.Sprintf("none of %d passwords is in %d bytes of output, but for %d that were planted", len(secrets), len(output), len(planted)), nil
}

// readPasswords returns those that can be searched for, each once.
func readPasswords(file string) (secrets, planted []string, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, nil, fmt.Errorf("no password was noted down: %w", err)
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
		secret, err := strconv.Unquote(line)
		switch {
		case err != nil:
			return nil, nil, fmt.Errorf("%s: %q: %w", file, line, err)
		case strings.HasPrefix(secret, leaktest.Planted):
			planted = append(planted, secret)
		case len(strings.TrimSpace(secret)) >= shortest:
			secrets = append(secrets, secret)
		}
	}
	return secrets, planted, lines.Err()
}
