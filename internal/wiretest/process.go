package wiretest

import (
	"bufio"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Start builds the program pkg, runs it with args on a free port of this machine,
// and returns its URL as soon as it listens. At the end of the test the process
// gets SIGTERM, and must exit with status 0.
func Start(t *testing.T, pkg string, args ...string) (url string) {
	t.Helper()
	url, _ = StartProcess(t, pkg, args...)
	return url
}

// StartProcess is like [Start], and also returns a function that sends SIGTERM to
// the process before the end of the test. Only the first call has an effect.
func StartProcess(t *testing.T, pkg string, args ...string) (url string, terminate func()) {
	t.Helper()
	cmd := exec.Command(Build(t, pkg), append([]string{"-addr", "127.0.0.1:0"}, args...)...)
	var log Buffer
	cmd.Stderr = &log
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	terminate = sync.OnceFunc(func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Errorf("sending SIGTERM to %s: got the error %v, want nil", pkg, err)
		}
	})
	t.Cleanup(func() {
		terminate()
		kill := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
		defer kill.Stop()
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: got %v, want exit status 0", pkg, err)
		}
		t.Logf("the log of %s:\n%s", pkg, log.String()) // so that it is searched for secrets, too
	})
	kill := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if at, ok := strings.CutPrefix(lines.Text(), "listening on "); ok {
			return at, terminate
		}
	}
	t.Fatalf("%s printed no line \"listening on …\", want one; its log:\n%s", pkg, log.String())
	return "", terminate
}

// Build builds the program pkg and returns the path of the executable.
func Build(t *testing.T, pkg string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "program")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, pkg).CombinedOutput(); err != nil {
		t.Fatalf("go build %s: got the error %v, want nil\n%s", pkg, err, out)
	}
	return program
}
