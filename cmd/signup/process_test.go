package main

import (
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup/internal/wiretest"
)

// A signal ends the program, which says what it has done, also if the signal comes twice.
func TestSignal(t *testing.T) {
	url := newSQLite(t)
	on(url).run(t.Context(), "setup").want(t, exitDone)
	fill(t, url, 1)
	source := on(url).run(t.Context(), "export", "-hashes", "-").stdout

	cmd := exec.CommandContext(t.Context(), wiretest.Build(t, "."), "import")
	cmd.Env = append(os.Environ(), "SIGNUP_STORE="+url)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr wiretest.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	if _, err := io.WriteString(stdin, source); err != nil { // and no end
		t.Fatal(err)
	}
	time.Sleep(500 * time.Millisecond)
	for range 2 { // as timeout(1) does
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	_ = cmd.Wait() // the exit code says it
	result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}.want(t, exitFailed, "1 users read: ", "2:interrupted: ")
	if strings.Contains(stderr.String(), "goroutine") {
		t.Errorf("got %s, want no stack", shown(stderr.String()))
	}
}
