package load

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// An http1Attacker is a connection of HTTP/1.1. It stays open after a response, as a
// browser's does.
type http1Attacker struct {
	order *attackOrder
	conn  net.Conn
	ended chan struct{}

	mu       sync.Mutex
	open     bool // a request has no response yet
	broken   bool
	statuses map[int]int
}

func dialHTTP1(ctx context.Context, o *attackOrder) (*http1Attacker, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", o.host)
	if err != nil {
		return nil, err
	}
	c := &http1Attacker{order: o, conn: conn, ended: make(chan struct{}), statuses: make(map[int]int)}
	go c.read()
	return c, nil
}

// read reads responses until the connection ends.
func (c *http1Attacker) read() {
	defer close(c.ended)
	r := bufio.NewReader(c.conn)
	for {
		res, err := http.ReadResponse(r, nil)
		if err == nil {
			_, err = io.Copy(io.Discard, res.Body)
		}
		c.mu.Lock()
		if err != nil {
			c.broken = true
			c.mu.Unlock()
			return
		}
		c.statuses[res.StatusCode]++
		c.open = false
		c.mu.Unlock()
		select {
		case c.order.response <- struct{}{}:
		default:
		}
	}
}

func (c *http1Attacker) send(body []byte) bool {
	c.mu.Lock()
	if c.broken || c.open {
		c.mu.Unlock()
		return false
	}
	c.open = true
	c.mu.Unlock()
	head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
		c.order.Path, c.order.host, len(body))
	_ = c.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	_, err := c.conn.Write(append([]byte(head), body...))
	return err == nil
}

func (c *http1Attacker) close() map[int]int {
	_ = c.conn.Close()
	<-c.ended
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.statuses
}
