//go:build unix

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/gosignup/signup/internal/wiretest"
)

// A user without access to the file or its directory learns which access is missing.
func TestPermission(t *testing.T) {
	program := wiretest.Build(t, ".")
	dir := t.TempDir()
	file := filepath.Join(dir, "users.db")
	on("sqlite:"+file).run(t.Context(), "setup").want(t, exitDone)
	t.Run("fill", func(t *testing.T) { fill(t, "sqlite:"+file, 1) }) // which closes it
	for _, name := range []string{filepath.Dir(program), dir} {      // other users can't enter them
		chmod(t, filepath.Dir(name), 0o755)
	}
	t.Cleanup(func() { chmod(t, dir, 0o700) })
	const write, read = "(with a write-ahead log, the process must be able to write the file and its directory", "the process can't read it"
	for _, c := range []struct {
		file, dir os.FileMode
		args      string
		code      int
		want      string
	}{
		{0o444, 0o555, "search", exitFailed, "2:" + write},
		{0o444, 0o555, "show " + address(0), exitFailed, "2:" + write},
		{0o444, 0o555, "deactivate " + address(0), exitFailed, "2:" + write},
		{0o444, 0o555, "check", exitFailed, "2:" + write},
		{0o444, 0o555, "setup", exitFailed, "2:" + write},
		{0o666, 0o555, "export", exitFailed, "2:" + write},
		{0, 0o555, "search", exitFailed, "2:" + read},
		{0o444, 0o555, "search -store sqlite:" + file + "?immutable=1", exitDone, "id-000"},
	} {
		chmod(t, file, c.file)
		chmod(t, dir, c.dir)
		cmd := exec.CommandContext(t.Context(), program, strings.Fields(c.args)...)
		cmd.Env = append(os.Environ(), "SIGNUP_STORE=sqlite:"+file)
		if os.Getuid() == 0 { // root may write each file
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		}
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		_ = cmd.Run() // the exit code says it
		result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}.want(t, c.code, c.want)
	}
}

func chmod(t *testing.T, name string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(name, mode); err != nil {
		t.Fatal(err)
	}
}
