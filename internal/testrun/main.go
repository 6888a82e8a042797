// Testrun runs go test in the directory that its first argument names, with the
// others. It shows what failed, what the tests report as attributes, and how many
// tests and subtests ran. Then it searches their output, and the spans and logs
// that they have written to the file that SIGNUP_TEST_RECORD names, for
// passwords, addresses, hashes, tokens and device cookies; see leaktest.Kinds for
// those that it recognises. A run that skips a test, or has none, fails.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// recordEnv is known to internal/integration, too.
const recordEnv = "SIGNUP_TEST_RECORD"

func main() {
	flag.Usage = func() { fmt.Fprintln(os.Stderr, "usage: testrun DIR ARGS...") }
	flag.Parse() // has none of its own, and ends at DIR
	if flag.NArg() < 2 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(flag.Arg(0), flag.Args()[1:]); err != nil {
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
	record := filepath.Join(work, "record")

	cmd := exec.Command("go", append([]string{"test", "-json"}, args...)...)
	cmd.Dir = dir
	cmd.Stderr = os.Stderr
	cmd.Env = append(os.Environ(), "GOWORK=off", recordEnv+"="+record)
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
	if slowest := r.slowest(); slowest != "" {
		fmt.Printf("%s: the slowest:%s\n", name(dir), slowest)
	}
	if err != nil {
		return err
	}
	if r.passed == 0 || r.skipped > 0 {
		return errors.New("a test was skipped, or none ran")
	}
	found, err := searchAll(r.text(), record)
	if err != nil {
		return err
	}
	fmt.Printf("%s: %s\n", name(dir), found)
	return nil
}

func name(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	return filepath.Base(dir)
}
