package sqltest

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/gosignup/signup/internal/wiretest"
)

// childVariable is the environment variable that makes the tests' program one of the
// children.
const childVariable = "SIGNUP_TEST_CHILD"

// children are what the program does as a process of its own, by name. A child ends when
// its standard input does, which is also when the test's process has ended.
var children = map[string]func(args []string) error{"write": writeChild, "serve": serveChild}

func TestMain(m *testing.M) {
	name := os.Getenv(childVariable)
	if name == "" {
		os.Exit(m.Run())
	}
	if err := children[name](os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// ended returns a channel that is closed when the standard input ends.
func ended() <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(io.Discard, os.Stdin)
	}()
	return done
}

// A child is a process.
type child struct {
	*exec.Cmd
	input io.Closer
	lines *bufio.Scanner // of its standard output
	log   wiretest.Buffer
}

// startChild starts the child of that name. It is killed at the end of the test if it
// still runs.
func startChild(t *testing.T, name string, args ...string) *child {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &child{Cmd: exec.Command(program, args...)}
	c.Env = append(os.Environ(), childVariable+"="+name)
	c.Stderr = &c.log
	if c.input, err = c.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	output, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.lines = bufio.NewScanner(output)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill() })
	return c
}

// end waits until the process has ended, which must be because of a SIGKILL or, if there
// was none, with success. Its standard output must have been read.
func (c *child) end(t *testing.T, killed bool) {
	t.Helper()
	err := c.Wait()
	wasKilled := err != nil && strings.Contains(err.Error(), "killed")
	if killed != wasKilled || !killed && err != nil {
		t.Errorf("a child ended with %v, want killed %t: %s", err, killed, c.log.String())
	}
}
