package integration

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8"

	"github.com/gosignup/signup/esstore"
)

// children are what this program does as a process of its own, so that it can be
// killed, by name. Each gets a store, as the environment says, and an argument.
var children = map[string]func(store *esstore.Store, argument string) error{}

const childVariable = "SIGNUP_TEST_CHILD"

// beChild does what a child does, if this process is one, and ends it.
func beChild() {
	call, ok := children[os.Getenv(childVariable)]
	if !ok {
		return
	}
	client, err := childClient()
	if err == nil {
		err = call(esstore.New(client, &esstore.Options{
			Alias: os.Getenv(childVariable + "_INDEX"), Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)),
		}), os.Getenv(childVariable+"_ARGUMENT"))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// childClient returns a client of a child's server.
func childClient() (*elasticsearch.Client, error) {
	return elasticsearch.NewClient(elasticsearch.Config{
		Addresses: []string{os.Getenv(childVariable + "_URL")}, RetryOnError: esstore.RetryOnError,
	})
}

// A child is a process.
type child struct {
	*exec.Cmd
	output bytes.Buffer
	exited chan error
}

// startChild starts a process of the store index on s, which has no security.
func startChild(t *testing.T, s *server, name, index, argument string) *child {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &child{Cmd: exec.Command(program), exited: make(chan error, 1)}
	c.Env = append(os.Environ(), childVariable+"="+name, childVariable+"_URL="+s.URL,
		childVariable+"_INDEX="+index, childVariable+"_ARGUMENT="+argument)
	c.Stdout, c.Stderr = &c.output, &c.output
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { c.exited <- c.Wait() }()
	t.Cleanup(func() { _ = c.Process.Kill() })
	return c
}

// kill ends the process at once, as kill -9 does, and reports whether it was still
// running.
func (c *child) kill(t *testing.T) bool {
	t.Helper()
	if err := c.Process.Kill(); err != nil {
		return false
	}
	err := <-c.exited
	record("%s", c.output.String())
	return err != nil && strings.Contains(err.Error(), "killed")
}

// wait waits until the process ends. The test fails if the process fails, or is still
// running after patience.
func (c *child) wait(t *testing.T, patience time.Duration) {
	t.Helper()
	select {
	case err := <-c.exited:
		record("%s", c.output.String())
		if err != nil {
			t.Fatalf("the process ended with %v, want success: %s", err, c.output.String())
		}
	case <-time.After(patience):
		t.Fatalf("the process is still running after %v, want it to end", patience)
	}
}
