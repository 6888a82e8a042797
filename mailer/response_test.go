package mailer_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup/mailer"
)

// A response without an end is cut, so that the server doesn't fill the memory until the
// Timeout. Before STARTTLS, it may be any host on the way.
func TestEndlessResponse(t *testing.T) {
	for name, line := range map[string]string{
		"of many lines": "220-" + strings.Repeat("x", 1000) + "\r\n",
		"of one line":   strings.Repeat("x", 1000),
	} {
		t.Run(name, func(t *testing.T) {
			l := listen(t, "127.0.0.1:0")
			sent := make(chan int, 1)
			go func() { sent <- endless(l, []byte(strings.Repeat(line, 50))) }()
			o := options(clientOf(t, l.Addr().String()))
			o.RetryAfter = time.Hour
			m := start(t, o)
			m.send(t, resetMail())
			m.wait(t, func(s mailer.Stats) bool { return s.Retried > 0 || s.Failed > 0 })
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			if n := <-sent; n > 16<<20 { // with what the system buffers
				t.Errorf("the server could send %d bytes, want about a million", n)
			}
			if cause := m.log.records(t)[0]["cause"]; cause != "response too long" {
				t.Errorf("got the cause %q, want response too long", cause)
			}
		})
	}
}

// endless writes text to the first connection until that fails, or for 5 seconds, and
// returns how many bytes were written.
func endless(l net.Listener, text []byte) (n int) {
	c, err := l.Accept()
	if err != nil {
		return 0
	}
	defer c.Close()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); {
		k, err := c.Write(text)
		if n += k; err != nil {
			break
		}
	}
	return n
}
