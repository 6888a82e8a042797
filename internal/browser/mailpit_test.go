package browser

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// A mailServer is a running mailpit: it accepts mails over SMTP, and returns them over
// HTTP.
type mailServer struct {
	smtp, api string // host and port
	process   *exec.Cmd
	exited    chan error
	data      string
}

// startMailServer starts mailpit, with an empty database.
func startMailServer() (*mailServer, error) {
	program, err := filepath.Abs(binDir + "/mailpit")
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(program); err != nil {
		return nil, fmt.Errorf("mailpit is missing; scripts/browser-tools builds it: %w", err)
	}
	var last error
	for range 3 { // another process may take a port in between
		s, err := tryMailServer(program)
		if err == nil {
			return s, nil
		}
		last = err
	}
	return nil, fmt.Errorf("starting mailpit: %w", last)
}

func tryMailServer(program string) (*mailServer, error) {
	smtp, err := freeAddress()
	if err != nil {
		return nil, err
	}
	api, err := freeAddress()
	if err != nil {
		return nil, err
	}
	data, err := os.MkdirTemp("", "signup-mailpit-")
	if err != nil {
		return nil, err
	}
	s := &mailServer{smtp: smtp, api: api, data: data, exited: make(chan error, 1)}
	s.process = exec.Command(program, "--smtp", smtp, "--listen", api, "--database", filepath.Join(data, "mails.db"),
		"--disable-version-check", "--smtp-disable-rdns", "--quiet")
	inOwnGroup(s.process)
	if err := s.process.Start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(data))
	}
	go func() { s.exited <- s.process.Wait() }()
	if err := s.waitReady(); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	return s, nil
}

// waitReady waits until the server accepts connections.
func (s *mailServer) waitReady() error {
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		select {
		case err := <-s.exited:
			s.exited <- err
			return fmt.Errorf("mailpit has ended: %v", err)
		case <-time.After(20 * time.Millisecond):
		}
		res, err := http.Get("http://" + s.api + "/readyz")
		if err != nil {
			continue
		}
		_ = res.Body.Close()
		if c, err := net.Dial("tcp", s.smtp); err == nil && res.StatusCode == http.StatusOK {
			return c.Close()
		}
	}
	return errors.New("mailpit isn't ready after 20 seconds")
}

// stop ends the server and removes its data.
func (s *mailServer) stop() error {
	_ = s.process.Process.Kill()
	<-s.exited
	return errors.Join(endGroup(s.process.Process.Pid), os.RemoveAll(s.data))
}

// freeAddress returns an address of this machine with a port that is free.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// A storedMail is a mail as the server returns it.
type storedMail struct {
	ID      string
	Subject string
	To      []struct{ Address string }
	Text    string
	HTML    string
}

// to returns the mails to an address, the newest first.
func (s *mailServer) to(address string) ([]storedMail, error) {
	var found struct{ Messages []storedMail }
	query := url.Values{"query": {`to:"` + address + `"`}, "limit": {"50"}}
	if err := s.get("/api/v1/search?"+query.Encode(), &found); err != nil {
		return nil, err
	}
	for i := range found.Messages {
		if err := s.get("/api/v1/message/"+found.Messages[i].ID, &found.Messages[i]); err != nil {
			return nil, err
		}
	}
	return found.Messages, nil
}

func (s *mailServer) get(path string, v any) error {
	res, err := http.Get("http://" + s.api + path)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("mailpit returned %s", res.Status)
	}
	return json.NewDecoder(res.Body).Decode(v)
}
