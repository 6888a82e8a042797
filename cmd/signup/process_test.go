package main

import (
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gosignup/signup/internal/wiretest"
)

// A signal ends the program, which says what it has done, also if the signal comes twice. A
// signal that was ignored before stays so.
func TestSignal(t *testing.T) {
	program := wiretest.Build(t, ".")
	// A program ignores what its parent ignores, such as SIGHUP under nohup, but not what its
	// parent handles.
	handled := make(chan os.Signal, 1)
	signal.Notify(handled, os.Interrupt, syscall.SIGHUP)
	defer signal.Stop(handled)
	for _, c := range []struct {
		name    string
		args    []string
		signal  os.Signal
		ignored bool
	}{
		{"interrupt", []string{program, "import"}, os.Interrupt, false},
		{"the terminal is closed", []string{program, "import"}, syscall.SIGHUP, false},
		{"ignored", []string{"sh", "-c", `trap "" HUP INT; exec "$0" import`, program}, syscall.SIGHUP, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			url := newSQLite(t)
			on(url).run(t.Context(), "setup").want(t, exitDone)
			fill(t, url, 1)
			source := on(url).run(t.Context(), "export", "-hashes", "-").stdout

			cmd := exec.CommandContext(t.Context(), c.args[0], c.args[1:]...)
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
				if err := cmd.Process.Signal(c.signal); err != nil {
					t.Fatal(err)
				}
				time.Sleep(10 * time.Millisecond)
			}
			if c.ignored {
				_ = stdin.Close()
			}
			_ = cmd.Wait() // the exit code says it
			got := result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
			if c.ignored {
				got.want(t, exitDone, "1 users read: ")
			} else {
				got.want(t, exitFailed, "1 users read: ", "2:interrupted: ")
			}
			if strings.Contains(got.stderr, "goroutine") {
				t.Errorf("got %s, want no stack", shown(got.stderr))
			}
		})
	}
}
