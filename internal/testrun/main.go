// Testrun runs go test in the directory that its first argument names, with the
// others. It shows what failed, what the tests report as attributes, how many
// tests and subtests ran, and whether a password that was used on the way is
// anywhere in their output. A run that skips a test, or has none, fails.
// It runs in the root of the repository.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: testrun DIR ARGS...")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "testrun:", err)
		os.Exit(1)
	}
}

func run(dir string, args []string) error {
	work, err := os.MkdirTemp("", "testrun")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	overlay, err := writeOverlay(work)
	if err != nil {
		return err
	}
	passwords := filepath.Join(work, "passwords")

	cmd := exec.Command("go", append([]string{"test", "-json"}, args...)...)
	cmd.Dir = dir
	cmd.Stderr = os.Stderr
	// In GOFLAGS it holds for the processes as well that tests build.
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS="+os.Getenv("GOFLAGS")+" -overlay="+overlay, passwordsEnv+"="+passwords)
	events, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	var r report
	readErr := r.read(events)
	_, _ = io.Copy(io.Discard, events) // or the tests would block
	err = errors.Join(cmd.Wait(), readErr)
	fmt.Println(r.summary(dir))
	if err != nil {
		return err
	}
	if r.passed == 0 || r.skipped > 0 {
		return errors.New("a test was skipped, or none ran")
	}
	found, err := search(r.output.String(), passwords)
	if err != nil {
		return err
	}
	fmt.Printf("%s: %s\n", name(dir), found)
	return nil
}

// passwordsEnv is known to testdata/nfc.go, too.
const passwordsEnv = "SIGNUP_TEST_PASSWORDS"

// writeOverlay has the compiler take testdata/nfc.go for nfc.go.
func writeOverlay(dir string) (path string, err error) {
	root, err := os.Getwd()
	if err != nil {
		return "", err
	}
	replace := map[string]string{
		filepath.Join(root, "nfc.go"): filepath.Join(root, "internal", "testrun", "testdata", "nfc.go"),
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, "overlay.json")
	return path, os.WriteFile(path, text, 0o600)
}

func name(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	return filepath.Base(dir)
}
