package mailer

import (
	"errors"
	"net"
	"sync"
)

// A watchedConn keeps the first error of a connection, which go-mail may hide, and limits
// the length of a response, which go-mail keeps in memory.
type watchedConn struct {
	net.Conn
	mu   sync.Mutex
	err  error
	read int // bytes since the last Write
}

// maxResponse is the greatest length of a response, of several lines and with the records
// of TLS, in bytes.
const maxResponse = 1 << 20

var errResponse = errors.New("mailer: the response of the server is too long")

func (c *watchedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.read += n; c.read > maxResponse {
		n, err = 0, errResponse
	}
	c.keep(err)
	return n, err
}

func (c *watchedConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read = 0
	c.keep(err)
	return n, err
}

// keep keeps err if it is the first error. The caller has locked c.mu.
func (c *watchedConn) keep(err error) {
	if c.err == nil {
		c.err = err
	}
}

func (c *watchedConn) first() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}
