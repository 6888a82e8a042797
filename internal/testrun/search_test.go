package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gosignup/signup/internal/leaktest"
)

// planted is the output of a run without a leak.
func planted() string {
	var b strings.Builder
	b.WriteString("=== RUN   TestX\n")
	for _, k := range leaktest.Kinds {
		b.WriteString("    x_test.go:1: " + leaktest.Planted + k.Name + " " + k.Sample + "\n")
	}
	return b.String()
}

// searched searches the output, and the record if it is not empty.
func searched(t *testing.T, output, record string) (string, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "record")
	if record != "" {
		if err := os.WriteFile(file, []byte(record), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return searchAll(output, file)
}

func TestNoLeak(t *testing.T) {
	output, kinds := planted(), len(leaktest.Kinds)
	for _, c := range []struct{ output, record, want string }{
		{output, "", fmt.Sprintf("in %d bytes of output; all %d planted ones found", len(output), kinds)},
		{output + output, "", fmt.Sprintf("in %d bytes of output; all %d planted ones found", 2*len(output), 2*kinds)},
		{output, output + "span: get\n", fmt.Sprintf("in %d bytes of output, spans and logs; all %d planted ones found", 2*len(output)+10, 2*kinds)},
	} {
		if got, err := searched(t, c.output, c.record); err != nil || got != "no marked password or address, no hash and no sealed text "+c.want {
			t.Errorf("%s, %v; want %s", got, err, c.want)
		}
	}
}

// Each kind of secret fails the run, in each form, in the output and in the
// record.
func TestLeak(t *testing.T) {
	for _, k := range leaktest.Kinds {
		for form, text := range leaktest.Encoded(k.Sample) {
			leak := "ok\nbefore " + text + " after\n"
			if _, err := searched(t, planted()+leak, ""); err == nil || !strings.Contains(err.Error(), "output: found "+k.Name) {
				t.Errorf("%s as %s in the output: %v, want that it is found", k.Name, form, err)
			}
			if _, err := searched(t, planted(), leak+planted()); err == nil || !strings.Contains(err.Error(), "logs: found "+k.Name) {
				t.Errorf("%s as %s in the record: %v, want that it is found", k.Name, form, err)
			}
		}
	}
}

func TestNotPlanted(t *testing.T) {
	wantError := func(output, record, want string) {
		t.Helper()
		if _, err := searched(t, output, record); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q in it", err, want)
		}
	}
	for _, k := range leaktest.Kinds {
		line := leaktest.Planted + k.Name + " " + k.Sample
		without := strings.ReplaceAll(planted(), line, "")
		wantError(without, "", "output: no planted "+k.Name)
		wantError(planted(), without, "logs: no planted "+k.Name)
		broken := leaktest.Planted + k.Name + " " + k.Sample[len(k.Sample)/2:]
		if k.Name == "address" {
			broken = leaktest.Planted + k.Name + " nobody"
		}
		wantError(planted()+broken, "", "the planted "+k.Name+" isn't found")
	}
	wantError(planted()+leaktest.Planted+"x", "", "one of the kinds")
	wantError("", "", "no planted")
}
