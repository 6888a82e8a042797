// Testrun runs go test in the directory that its first argument names, with the
// others. It shows what failed, what the tests report as attributes, how many
// tests and subtests ran, and whether a password, an address or a hash that was
// used on the way is anywhere in their output, or in the spans and logs that
// they have written to the file that SIGNUP_TEST_RECORD names. A run that skips
// a test, or has none, fails. It runs in the root of the repository.
package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
)

// recordEnv is known to internal/integration, too.
const recordEnv = "SIGNUP_TEST_RECORD"

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
	root, err := os.Getwd()
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "testrun")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	overlay, err := writeOverlay(root, work)
	if err != nil {
		return err
	}
	secretsFile, record := filepath.Join(work, "secrets"), filepath.Join(work, "record")

	cmd := exec.Command("go", append([]string{"test", "-json"}, args...)...)
	cmd.Dir = dir
	cmd.Stderr = os.Stderr
	// In GOFLAGS it holds for the processes as well that tests build.
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS="+os.Getenv("GOFLAGS")+" -overlay="+overlay,
		secretsEnv+"="+secretsFile, recordEnv+"="+record)
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
	found, err := searchAll(r.output.String(), record, secretsFile)
	if err != nil {
		return err
	}
	fmt.Printf("%s: %s\n", name(dir), found)
	return nil
}

// searchAll searches the output, and the file record if the tests have written
// one, for the secrets.
func searchAll(output, record, secretsFile string) (told string, err error) {
	used, err := readSecrets(secretsFile)
	if err != nil {
		return "", err
	}
	where := "output"
	recorded, err := os.ReadFile(record)
	switch {
	case err == nil:
		where = "output, spans and logs"
	case !errors.Is(err, fs.ErrNotExist):
		return "", err
	}
	text := output + "\n" + string(recorded)
	if err := used.search(text); err != nil {
		return "", err
	}
	return fmt.Sprintf("none of %s, is in %d bytes of %s", used, len(text), where), nil
}

func name(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	return filepath.Base(dir)
}
