package legacyhash_test

import (
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

func readText(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The Go code of docs/migrating.md is that of the example.
func TestMigratingPageQuotesTheExample(t *testing.T) {
	page, example := readText(t, "../docs/migrating.md"), readText(t, "example_migrating_test.go")
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(page, -1)
	if len(blocks) != 1 || !strings.Contains(example, blocks[0][1]) {
		t.Errorf("got %d Go blocks, want one that is in example_migrating_test.go", len(blocks))
	}
}

// rows returns the cells of the page's tables, below the heading.
func rows(t *testing.T, heading string) (all [][]string) {
	t.Helper()
	_, section, _ := strings.Cut(readText(t, "../docs/migrating.md"), "\n## "+heading+"\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for line := range strings.Lines(section) {
		if cells := strings.Split(strings.TrimSpace(line), "|"); len(cells) > 2 && !strings.HasPrefix(line, "|---") {
			all = append(all, cells[1:len(cells)-1])
		}
	}
	if len(all) < 2 {
		t.Fatalf("got %d rows below %s, want some", len(all), heading)
	}
	return all[1:]
}

var code = regexp.MustCompile("`([^`]+)`")

// Of each kind of hash in the table of programs, a vector of the tests is verified
// with the formats of its row, and with none if the row names none.
func TestMigratingPageNamesTheFormats(t *testing.T) {
	var known []string // the stored texts of all vectors
	for _, v := range vectors(t) {
		if _, h := v.prepare(t); v.Salt == "" && v.CredentialData == "" && v.Pepper == "" {
			known = append(known, string(h))
		}
	}
	known = append(known, regexp.MustCompile(`(?i)"hash": *"([^"]+)"`).FindAllString(
		readText(t, "../testdata/foreign_hashes.json")+readText(t, "../testdata/werkzeug_hashes.json"), -1)...)
	for i, text := range known {
		if _, after, ok := strings.Cut(text, `": "`); ok {
			known[i] = strings.TrimSuffix(after, `"`)
		}
	}
	for _, row := range rows(t, "Programs") {
		a := &signup.Accounts{Store: memstore.New()}
		for _, name := range code.FindAllStringSubmatch(row[2], -1) {
			name := strings.TrimPrefix(name[1], "legacyhash.")
			if f := formats[name]; f != nil {
				a.HashFormats = append(a.HashFormats, f)
			} else if name != "Devise" && name != "Firebase" {
				t.Errorf("%s: got the format %s, want one that exists", row[0], name)
			}
		}
		for _, hash := range code.FindAllStringSubmatch(row[1], -1) {
			prefix, ok := strings.CutSuffix(hash[1], "…")
			if !ok {
				continue // the name of a function
			}
			accepted := 0
			for _, h := range known {
				if strings.HasPrefix(h, prefix) && a.CheckHash(signup.Hash(h)) == nil {
					accepted++
				}
			}
			if accepted == 0 {
				t.Errorf("%s: got no hash with %s that the row's formats accept, want one", row[0], prefix)
			}
		}
	}
}

// What the page lists as refused is refused, whatever the formats.
func TestMigratingPageListsWhatIsRefused(t *testing.T) {
	a := &signup.Accounts{Store: memstore.New(), HashFormats: allFormats(t)}
	for _, row := range rows(t, "What isn't accepted") {
		for _, hash := range code.FindAllStringSubmatch(row[1], -1) {
			if err := a.CheckHash(signup.Hash(hash[1])); !errors.Is(err, signup.ErrInvalid) {
				t.Errorf("%s: got %v for %s, want ErrInvalid", row[0], err, hash[1])
			}
		}
	}
}
