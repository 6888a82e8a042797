package integration

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

// saveAs is how the guide says under which name to save a Go block.
var saveAs = regexp.MustCompile("(?i)save this(?: one)? as `(\\w+\\.go)`:$")

// TestGuideProgram builds the Go code of the operator's guide, as a program of a
// module of its own, and runs each command of the guide in the guide's order.
func TestGuideProgram(t *testing.T) {
	doc := readGuide(t)
	program := doc.build(t)
	s := tlsServer(t)
	u, ca, _ := s.reach(t)
	u.User = nil
	alias := indexName(t)
	store := esstore.New(s.client(t), &esstore.Options{Alias: alias})
	// The guide imports a file that its program wrote. Two of the users in it aren't
	// stored any more.
	users := map[string]signup.User{}
	if err := store.Setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		user := newUser(i)
		users[user.Key()] = user
		if err := store.Create(t.Context(), &user); err != nil {
			t.Fatal(err)
		}
	}

	dir, commands := t.TempDir(), 0
	for _, block := range doc.blocks {
		if block.kind != "sh" {
			continue
		}
		for line := range strings.Lines(block.text) {
			arguments, ok := strings.CutPrefix(strings.TrimSpace(line), "go run . ")
			if !ok {
				t.Fatalf("the guide has the command %q, want go run . and arguments", line)
			}
			if strings.HasPrefix(arguments, "import ") {
				for _, i := range []int{0, 2} {
					user, err := store.Get(t.Context(), newUser(i).Key())
					if err == nil {
						err = store.Delete(t.Context(), user)
					}
					if err != nil {
						t.Fatal(err)
					}
				}
			}
			commands++
			cmd := exec.CommandContext(t.Context(), program, strings.Fields(arguments)...)
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "ELASTICSEARCH_URL="+u.String(), "ELASTICSEARCH_CA="+ca, "ELASTICSEARCH_INDEX="+alias,
				"ELASTICSEARCH_USER="+s.Username, "ELASTICSEARCH_PASSWORD="+s.Password)
			out, err := cmd.CombinedOutput()
			record("output of the guide's program: %s", out)
			if err != nil {
				t.Fatalf("%s: got %v, want success\n%s", arguments, err, out)
			}
			if want := "created=2 present=1"; strings.HasPrefix(arguments, "import ") && !strings.Contains(string(out), want) {
				t.Errorf("%s: got %s, want %s", arguments, out, want)
			}
		}
	}
	if commands == 0 {
		t.Fatal("the guide has no commands, want some")
	}
	wantExported(t, exported(t, store, &esstore.ExportOptions{Hashes: true}), users)

	// The guide says which members a line has.
	for file, hashes := range map[string]bool{"users.jsonl": false, "backup.jsonl": true} {
		b, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		if has := bytes.Contains(b, []byte(`"password":`)); has != hashes {
			t.Errorf("%s: hashes are in it: got %t, want %t", file, has, hashes)
		}
		_, section, _ := strings.Cut(doc.text, "\n### A line of an export\n")
		section, _, _ = strings.Cut(section, "\n### ")
		for _, member := range regexp.MustCompile(`"(\w+)":`).FindAllSubmatch(bytes.ReplaceAll(b, []byte(`"company":`), nil), -1) {
			if !strings.Contains(section, fmt.Sprintf("`%s`", member[1])) {
				t.Errorf("an export has the member %s, want it in the guide", member[1])
			}
		}
	}
}

// build builds the Go blocks and returns the path of the program. It checks them
// with go vet, too.
func (g guideText) build(t *testing.T) string {
	t.Helper()
	lines := strings.Split(g.text, "\n")
	work := t.TempDir()
	for _, block := range g.blocks {
		if block.kind != "go" {
			continue
		}
		above := lines[:block.line-1]
		name := saveAs.FindStringSubmatch(strings.TrimSpace(strings.Join(above, "\n")))
		if name == nil {
			t.Fatalf("the Go block in line %d of the guide: got no file name above it, want one", block.line)
		}
		file, err := os.OpenFile(filepath.Join(work, name[1]), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		_, err = file.WriteString(block.text)
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"go.mod", "go.sum"} { // of this module, which has the official client
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(work, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	program := filepath.Join(work, "program")
	for _, args := range [][]string{
		{"mod", "edit", "-module=example.org/operator", "-replace=github.com/gosignup/signup=" + root},
		{"build", "-o", program, "."},
		{"vet", "."},
	} {
		cmd := exec.CommandContext(t.Context(), "go", args...)
		cmd.Dir = work
		cmd.Env = append(os.Environ(), "GOWORK=off")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go %s: got %v, want the guide's code to compile\n%s", args[0], err, out)
		}
	}
	if out, err := exec.CommandContext(t.Context(), "gofmt", "-l", work).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("gofmt -l: got %s, %v, want the guide's code formatted", out, err)
	}
	return program
}
