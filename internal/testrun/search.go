package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/gosignup/signup/internal/leaktest"
)

// searchAll searches the output, and the file record if the tests have written
// one. It returns what it has searched, or an error if there is a secret or if
// it missed one that was planted.
func searchAll(output, record string) (searched string, err error) {
	var all search
	all.search("output", output)
	bytes, where := len(output), "output"
	recorded, err := os.ReadFile(record)
	switch {
	case err == nil:
		all.search("spans and logs", string(recorded))
		bytes, where = bytes+len(recorded), "output, spans and logs"
	case !errors.Is(err, fs.ErrNotExist):
		return "", err
	}
	if len(all.problems) > 0 {
		return "", errors.New(strings.Join(all.problems[:min(len(all.problems), 10)], "\n\t"))
	}
	return fmt.Sprintf("no marked password or address, no hash and no sealed text in %d bytes of %s; all %d planted ones found",
		bytes, where, all.planted), nil
}

type search struct {
	planted  int // and found
	problems []string
}

// search adds what is wrong with text: a secret in a line, one that was planted
// in a line and isn't found there, and a kind of which none was planted.
func (s *search) search(where, text string) {
	planted := make(map[string]bool)
	for line := range strings.Lines(text) {
		found := leaktest.Recognize(line)
		if _, after, ok := strings.Cut(line, leaktest.Planted); ok {
			i := slices.IndexFunc(leaktest.Kinds, func(k leaktest.Kind) bool { return strings.HasPrefix(after, k.Name) })
			if i < 0 {
				s.problem("%s: planted is %.300q, want one of the kinds that are searched for", where, line)
				continue
			}
			kind := leaktest.Kinds[i].Name
			if found[kind] == "" {
				s.problem("%s: the planted %s isn't found in %.300q", where, kind, line)
				continue
			}
			planted[kind] = true
			s.planted++
			continue
		}
		for kind, secret := range found {
			s.problem("%s: found %s %q in %.300q", where, kind, secret, line)
		}
	}
	for _, k := range leaktest.Kinds {
		if !planted[k.Name] {
			s.problem("%s: no planted %s was found, want one or more", where, k.Name)
		}
	}
}

func (s *search) problem(format string, args ...any) {
	s.problems = append(s.problems, fmt.Sprintf(format, args...))
}
