// Serve runs one of the servers that are compared, until it is killed. It prints
// its URL.
package main

import (
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/bench/servers"
)

func main() {
	which := flag.String("which", "ours", "raw, ours, minimal or authboss")
	address := flag.String("listen", "127.0.0.1:0", "where to listen")
	flag.Parse()
	if err := serve(*which, *address); err != nil {
		fmt.Fprintln(os.Stderr, "serve:", err)
		os.Exit(1)
	}
}

func serve(which, address string) error {
	handler, err := newHandler(which)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	fmt.Println("http://" + l.Addr().String())
	return http.Serve(l, handler)
}

func newHandler(which string) (http.Handler, error) {
	switch which {
	case "raw":
		return servers.Raw(), nil
	case "ours":
		return servers.Ours(signup.Bcrypt{Cost: servers.Cost}, nil), nil
	case "minimal":
		return servers.Minimal(servers.Bcrypt), nil
	case "authboss":
		return servers.Authboss(servers.AuthbossBcrypt())
	}
	return nil, fmt.Errorf("there is no server %q", which)
}
