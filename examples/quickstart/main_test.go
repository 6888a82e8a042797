package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup/internal/wiretest"
)

const program = "github.com/gosignup/signup/examples/quickstart"

// The curl command that is printed works as printed.
func TestHint(t *testing.T) {
	url := wiretest.Start(t, program)
	_, line, _ := strings.Cut(hint(url), "\n\n")
	for _, want := range []string{
		`{"message":"'ada@example.org' added successfully!","success":true}`,
		`{"message":"'ada@example.org' already exists.","success":false}`,
	} {
		out, err := exec.CommandContext(t.Context(), "sh", "-c", strings.Replace(line, "curl", "curl -sS", 1)).CombinedOutput()
		if err != nil || strings.TrimSpace(string(out)) != want {
			t.Errorf("%sgot %s, error %v; want %s", line, out, err, want)
		}
	}
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if body, err := io.ReadAll(res.Body); res.StatusCode != http.StatusNotFound || !strings.Contains(string(body), `"success":false`) {
		t.Errorf("got %d %s, error %v; want 404 and success false", res.StatusCode, body, err)
	}
}

// A request that has begun when the program is stopped still gets its response.
func TestShutdown(t *testing.T) {
	url, terminate := wiretest.StartProcess(t, program)
	addr := strings.TrimPrefix(url, "http://")
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	const body = `{"email_address": "ada@example.org", "password": "correct horse battery"}`
	_, _ = fmt.Fprintf(conn, "POST /v1/users/new HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n", addr, len(body))
	responses := bufio.NewReader(conn)
	// The server asks for the body when the handler begins to read it.
	if line, err := responses.ReadString('\n'); err != nil || line != "HTTP/1.1 100 Continue\r\n" {
		t.Fatalf("got the response %q, error %v; want 100 Continue", line, err)
	}
	if line, err := responses.ReadString('\n'); err != nil || line != "\r\n" {
		t.Fatalf("after 100 Continue, got %q, error %v; want an empty line", line, err)
	}
	terminate()
	for deadline := time.Now().Add(10 * time.Second); ; {
		other, err := net.Dial("tcp", addr)
		if err != nil {
			break
		}
		_ = other.Close()
		if time.Now().After(deadline) {
			t.Fatal("the program still accepts connections 10 s after SIGTERM, want none accepted")
		}
	}
	_, _ = io.WriteString(conn, body)
	res, err := http.ReadResponse(responses, nil)
	if err != nil {
		t.Fatalf("the request that had begun: got the error %v, want a response", err)
	}
	defer func() { _ = res.Body.Close() }()
	const want = `{"message":"'ada@example.org' added successfully!","success":true}`
	if got, err := io.ReadAll(res.Body); err != nil || res.StatusCode != http.StatusOK || strings.TrimSpace(string(got)) != want {
		t.Errorf("got %d %s, error %v; want 200 %s", res.StatusCode, wiretest.Shown(got), err, want)
	}
}

// If the address is in use, the program ends with status 1.
func TestAddressTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	cmd := exec.CommandContext(t.Context(), wiretest.Build(t, program), "-addr", l.Addr().String())
	if out, _ := cmd.CombinedOutput(); cmd.ProcessState.ExitCode() != 1 || !strings.Contains(string(out), "address already in use") {
		t.Errorf("got the exit status %d, %s; want 1 and the reason", cmd.ProcessState.ExitCode(), out)
	}
}

func TestServeFails(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	if err := serve(l, http.NotFoundHandler()); err == nil {
		t.Error("serve returned nil for a closed listener, want an error")
	}
}
