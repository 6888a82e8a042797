package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A process is a server in a separate process, so that its processor time and memory
// can be measured. It leads a process group, to which its children belong.
type process struct {
	URL string
	cmd *exec.Cmd
}

// start runs the program, and returns when it prints "listening on " and its URL in a
// line. Its standard error goes to the file log.
func start(log string, program string, args ...string) (*process, error) {
	errs, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	defer func() { _ = errs.Close() }()
	p := &process{cmd: exec.Command(program, args...)}
	p.cmd.Stderr = errs
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if url, ok := strings.CutPrefix(lines.Text(), "listening on "); ok {
			p.URL = url
			return p, nil
		}
	}
	p.stop()
	printed, _ := os.ReadFile(log)
	return nil, fmt.Errorf("%s did not start: %s", filepath.Base(program), printed)
}

func (p *process) stop() {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	_ = p.cmd.Wait()
}

// cpu returns the processor time that the process and its children have used, to
// 10 ms.
func (p *process) cpu() (time.Duration, error) {
	var ticks int64
	err := p.each(func(pid string) error {
		stat, err := os.ReadFile("/proc/" + pid + "/stat")
		if err != nil {
			return err
		}
		// utime and stime are the 14th and 15th fields (proc_pid_stat(5)), in
		// hundredths of a second.
		for _, field := range afterName(stat)[11:13] {
			n, err := strconv.ParseInt(field, 10, 64)
			if err != nil {
				return err
			}
			ticks += n
		}
		return nil
	})
	return time.Duration(ticks) * 10 * time.Millisecond, err
}

// memory returns the peak memory of the process and its children, summed, in MiB.
func (p *process) memory() (float64, error) { return p.status("VmHWM") }

// resident returns the present memory of the process and its children, summed, in
// MiB.
func (p *process) resident() (float64, error) { return p.status("VmRSS") }

// status returns the sum of a field, in MiB, of the status of the process and its
// children (proc_pid_status(5)).
func (p *process) status(field string) (float64, error) {
	var sum float64
	err := p.each(func(pid string) error {
		status, err := os.ReadFile("/proc/" + pid + "/status")
		if err != nil {
			return err
		}
		_, rest, _ := strings.Cut(string(status), field+":")
		var kib float64
		if _, err := fmt.Sscan(rest, &kib); err != nil {
			return err
		}
		sum += kib / 1024
		return nil
	})
	return sum, err
}

// each calls f for the process and each of its children.
func (p *process) each(f func(pid string) error) error {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return err
	}
	group := strconv.Itoa(p.cmd.Process.Pid)
	found := false
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if fields := afterName(stat); err != nil || len(fields) < 13 || fields[2] != group {
			continue // of another group, or gone
		}
		found = true
		if err := f(filepath.Base(filepath.Dir(path))); err != nil {
			return err
		}
	}
	if !found {
		return errors.New("the server has ended")
	}
	return nil
}

// afterName returns the fields of a process's stat from the third on. The second is
// the name in brackets, which may contain blanks.
func afterName(stat []byte) []string {
	_, rest, _ := strings.Cut(string(stat), ") ")
	return strings.Fields(rest)
}
