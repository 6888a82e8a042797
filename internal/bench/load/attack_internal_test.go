package load

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"

	"golang.org/x/net/http2/hpack"
)

// From the second request on, a connection sends a byte for each 4 KiB of headers.
func TestAcceptIsOneByteInTheRequest(t *testing.T) {
	const copies = 250
	c := &http2Attacker{order: &attackOrder{Attack: Attack{Path: "/users"}, host: "127.0.0.1:80"}}
	c.headers = hpack.NewEncoder(&c.block)
	decoder := hpack.NewDecoder(tableSize, nil)
	for i, most := range []int{tableSize + copies + 100, copies + 100} {
		c.encode(0, copies)
		if c.block.Len() > most {
			t.Errorf("request %d: got a header block of %d bytes, want at most %d", i, c.block.Len(), most)
		}
		fields, err := decoder.DecodeFull(c.block.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		accepts := 0
		for _, f := range fields {
			if f.Name == "accept" && f.Size() == tableSize && f.Value == CostlyAccept() {
				accepts++
			}
		}
		if accepts != copies {
			t.Errorf("request %d: got %d copies of Accept of %d bytes, want %d", i, accepts, tableSize, copies)
		}
	}
}

func TestBodiesFitTheDefaultLimits(t *testing.T) {
	if n := len(WideBody()); n > 1<<16-1 || n < 1<<16-4 {
		t.Errorf("WideBody: got %d bytes, want 65532 to 65535", n)
	}
	if n := bytes.Count(DeepBody(), []byte("{")); n != 9991 {
		t.Errorf("DeepBody: got a depth of %d, want 9991", n)
	}
}

// A server that ends the connection must not end the attack with it.
func TestSendToAClosedConnection(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.NotFoundHandler())
	srv.Config.Protocols = new(http.Protocols)
	srv.Config.Protocols.SetUnencryptedHTTP2(true)
	srv.Start()
	c, err := dialHTTP2(t.Context(), &attackOrder{host: srv.Listener.Addr().String(), response: make(chan struct{}, 1)})
	if err != nil {
		t.Fatal(err)
	}
	srv.CloseClientConnections()
	srv.Close()
	<-c.ended
	if c.send(nil) {
		t.Error("send to a closed connection: got true, want false")
	}
	if got := c.close(); len(got) != 0 {
		t.Errorf("got responses %v, want none", got)
	}
}
