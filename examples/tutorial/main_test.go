package main

import (
	"net"
	"testing"

	"github.com/gosignup/signup/internal/wiretest"
)

const program = "github.com/gosignup/signup/examples/tutorial"

func TestInMemory(t *testing.T) {
	wiretest.Run(t, wiretest.Start(t, program), wiretest.Cases(t, wiretest.StoreUp))
}

func TestStoreDown(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // a port where nobody answers
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	wiretest.Run(t, wiretest.Start(t, program, "-es", nobody), wiretest.Cases(t, wiretest.StoreDown))
}
