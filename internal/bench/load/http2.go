package load

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

const (
	// maxOpen is the greatest number of requests of a connection that wait for a
	// response. A server of net/http allows 250 by default.
	maxOpen = 100
	// maxFrame is the greatest payload of a frame that every server takes.
	maxFrame = 16 << 10
	// writeTimeout ends a connection whose server has stopped reading.
	writeTimeout = 10 * time.Second
)

// An http2Attacker is a connection of HTTP/2 without TLS. It is written by hand
// because clients for honest use have no way to name one entry of the table many
// times.
type http2Attacker struct {
	order  *attackOrder
	conn   net.Conn
	framer *http2.Framer
	ended  chan struct{}

	mu       sync.Mutex // for writing, and for everything below
	headers  *hpack.Encoder
	block    bytes.Buffer
	stream   uint32 // the next
	maxList  uint32 // of the server's settings
	window   int64  // what may be sent as bodies on the connection
	perFlow  int64  // the same on each new stream
	open     map[uint32]bool
	broken   bool
	statuses map[int]int
}

// dialHTTP2 returns a connection whose settings have been exchanged.
func dialHTTP2(ctx context.Context, o *attackOrder) (*http2Attacker, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", o.host)
	if err != nil {
		return nil, err
	}
	const initialWindow = 1<<16 - 1 // RFC 9113, section 6.9.2
	c := &http2Attacker{
		order: o, conn: conn, framer: http2.NewFramer(conn, conn), ended: make(chan struct{}),
		stream: 1, maxList: 1 << 20, window: initialWindow, perFlow: initialWindow,
		open: make(map[uint32]bool), statuses: make(map[int]int),
	}
	c.headers = hpack.NewEncoder(&c.block)
	c.framer.ReadMetaHeaders = hpack.NewDecoder(tableSize, nil)
	if err := c.greet(); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("%w: %w", errNoConnection, err)
	}
	go c.read()
	return c, nil
}

// greet exchanges the settings.
func (c *http2Attacker) greet() error {
	_ = c.conn.SetDeadline(time.Now().Add(time.Minute)) // the server may be busy
	if _, err := io.WriteString(c.conn, http2.ClientPreface); err != nil {
		return err
	}
	if err := c.framer.WriteSettings(http2.Setting{ID: http2.SettingEnablePush, Val: 0}); err != nil {
		return err
	}
	for {
		f, err := c.framer.ReadFrame()
		if err != nil {
			return err
		}
		c.handle(f)
		if s, ok := f.(*http2.SettingsFrame); ok && !s.IsAck() {
			return c.conn.SetDeadline(time.Time{})
		}
	}
}

// read handles the server's frames until the connection ends.
func (c *http2Attacker) read() {
	defer close(c.ended)
	for {
		f, err := c.framer.ReadFrame()
		if err != nil {
			c.mu.Lock()
			c.broken = true
			c.mu.Unlock()
			return
		}
		c.handle(f)
	}
}

func (c *http2Attacker) handle(f http2.Frame) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch f := f.(type) {
	case *http2.SettingsFrame:
		if f.IsAck() {
			return
		}
		if v, ok := f.Value(http2.SettingMaxHeaderListSize); ok {
			c.maxList = v
		}
		if v, ok := f.Value(http2.SettingInitialWindowSize); ok {
			c.perFlow = int64(v)
		}
		if v, ok := f.Value(http2.SettingHeaderTableSize); ok {
			c.headers.SetMaxDynamicTableSizeLimit(min(v, tableSize))
		}
		c.write(c.framer.WriteSettingsAck)
	case *http2.PingFrame:
		if !f.IsAck() {
			c.write(func() error { return c.framer.WritePing(true, f.Data) })
		}
	case *http2.WindowUpdateFrame:
		if f.StreamID == 0 {
			c.window += int64(f.Increment)
		}
	case *http2.DataFrame:
		if n := f.Header().Length; n > 0 {
			c.write(func() error { return c.framer.WriteWindowUpdate(0, n) })
		}
	case *http2.MetaHeadersFrame:
		if status, err := strconv.Atoi(f.PseudoValue("status")); err == nil && status >= 200 {
			c.respond(f.StreamID, status)
		}
	case *http2.RSTStreamFrame:
		c.respond(f.StreamID, 0)
	case *http2.GoAwayFrame:
		c.broken = true
	}
}

// respond counts a response to the request on this stream, if it is the first.
func (c *http2Attacker) respond(stream uint32, status int) {
	if !c.open[stream] {
		return
	}
	delete(c.open, stream)
	c.statuses[status]++
	select {
	case c.order.response <- struct{}{}:
	default:
	}
}

// write calls f, which writes a frame, and notes whether the connection is broken.
func (c *http2Attacker) write(f func() error) {
	if c.broken {
		return
	}
	_ = c.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	if f() != nil {
		c.broken = true
	}
}

func (c *http2Attacker) send(body []byte) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken || len(c.open) >= maxOpen || int64(len(body)) > min(c.window, c.perFlow) {
		return false
	}
	id := c.stream
	c.stream += 2
	c.open[id] = true
	c.encode(len(body), c.order.accept)
	c.write(func() error {
		return c.framer.WriteHeaders(http2.HeadersFrameParam{
			StreamID: id, BlockFragment: c.block.Bytes(), EndHeaders: true, EndStream: len(body) == 0,
		})
	})
	c.window -= int64(len(body))
	for len(body) > 0 && !c.broken {
		n := min(len(body), maxFrame)
		c.write(func() error { return c.framer.WriteData(id, n == len(body), body[:n]) })
		body = body[n:]
	}
	return !c.broken
}

// encode sets c.block to the headers of a request. Only Accept is put into the
// connection's table, so that it stays there: it fills the table.
func (c *http2Attacker) encode(length, accepts int) {
	c.block.Reset()
	for _, f := range c.fields(length) {
		_ = c.headers.WriteField(f) // to a buffer, which doesn't fail
	}
	if accepts > 0 {
		accept := hpack.HeaderField{Name: "accept", Value: costlyAccept()}
		for range accepts {
			_ = c.headers.WriteField(accept)
		}
	}
}

// fields returns the headers without Accept. The method and the scheme are entries
// of the static table; the others are Sensitive, so that they are in no table.
func (c *http2Attacker) fields(length int) []hpack.HeaderField {
	fields := []hpack.HeaderField{
		{Name: ":method", Value: http.MethodPost},
		{Name: ":scheme", Value: "http"},
		{Name: ":path", Value: c.order.Path, Sensitive: true},
		{Name: ":authority", Value: c.order.host, Sensitive: true},
		{Name: "content-type", Value: "application/json", Sensitive: true},
	}
	if length > 0 {
		fields = append(fields, hpack.HeaderField{Name: "content-length", Value: strconv.Itoa(length), Sensitive: true})
	}
	return fields
}

// copies returns how many copies of Accept the server's settings allow.
func (c *http2Attacker) copies() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	room := int(c.maxList)
	for _, f := range c.fields(0) {
		room -= int(f.Size())
	}
	return room / tableSize
}

func (c *http2Attacker) close() map[int]int {
	_ = c.conn.Close()
	<-c.ended
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.statuses
}
