// Serve runs one of the compared servers until it is killed. It prints its URL.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
	"github.com/gosignup/signup/internal/bench/elastic"
	"github.com/gosignup/signup/internal/bench/servers"
	"github.com/gosignup/signup/memstore"
)

func main() {
	which := flag.String("which", "ours", "raw, ours, minimal, authboss, elasticsearch, or 'elasticsearch 2014' (with the hash of 2014)")
	es := flag.String("es", "", "the URL of Elasticsearch, for the servers that use it")
	index := flag.String("index", "", "the alias for the users in Elasticsearch")
	address := flag.String("listen", "127.0.0.1:0", "the host:port to listen on")
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := serve(*which, *address, *es, *index); err != nil {
		fmt.Fprintln(os.Stderr, "serve:", err)
		os.Exit(1)
	}
}

func serve(which, address, es, index string) error {
	handler, err := newHandler(which, es, index)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	fmt.Println("listening on http://" + l.Addr().String())
	server := &http.Server{Handler: handler, Protocols: new(http.Protocols)}
	server.Protocols.SetHTTP1(true)
	server.Protocols.SetUnencryptedHTTP2(true)
	return server.Serve(l)
}

func newHandler(which, es, index string) (http.Handler, error) {
	bcrypt := signup.Bcrypt{Cost: servers.Cost}
	switch which {
	case "raw":
		return servers.Raw(), nil
	case "ours":
		store := memstore.New()
		if err := servers.AddHungry(store); err != nil {
			return nil, err
		}
		return servers.Ours(store, bcrypt, nil), nil
	case "minimal":
		return servers.Minimal(servers.Bcrypt), nil
	case "authboss":
		return servers.Authboss(servers.AuthbossBcrypt())
	case "elasticsearch":
		return onElasticsearch(es, index, bcrypt)
	case "elasticsearch 2014":
		return onElasticsearch(es, index, servers.Hash2014{})
	}
	return nil, fmt.Errorf("unknown server %q", which)
}

func onElasticsearch(url, index string, hasher signup.Hasher) (http.Handler, error) {
	client, err := elastic.NewClient(url, nil)
	if err != nil {
		return nil, err
	}
	store := esstore.New(client, &esstore.Options{Alias: index})
	return servers.Ours(store, hasher, nil), store.Setup(context.Background())
}
