package main

import (
	"context"
	"crypto/rand"
	"io"
	"net/http"
	"strings"
)

// tutorial compares with the tutorial's service, on the same Elasticsearch: each with
// the hash that it has by default today, and both with that of 2014, which is next
// to none.
func (b *bench) tutorial(ctx context.Context, w io.Writer) error {
	defer b.deleteIndices()
	const theirPath = "/v1/users/new"
	on := func(name, server, path string) subject {
		return subject{name: name, server: server, path: path, body: appendSignUp}
	}
	return b.hold(ctx, w, contest{
		title: "The tutorial's service",
		subjects: []subject{
			on("signup, bcrypt", "elasticsearch", ours.path),
			on("tutorial, scrypt", "tutorial", theirPath),
			on("signup, hash of 2014", "elasticsearch 2014", ours.path),
			on("tutorial, hash of 2014", "tutorial 2014", theirPath),
		},
		connections: []int{16},
		baselines:   []baseline{{"tutorial's service", func(i int) int { return i | 1 }}},
	})
}

// newIndex returns the name of an index of its own for a server.
func (b *bench) newIndex() string {
	name := "signup-bench-" + strings.ToLower(rand.Text())
	b.indices = append(b.indices, name)
	return name
}

// deleteIndices deletes what the servers made: an index of that name, or an alias
// with the index that esstore makes for it.
func (b *bench) deleteIndices() {
	for _, name := range b.indices {
		for _, index := range []string{name, name + "-000001"} {
			req, err := http.NewRequest(http.MethodDelete, b.es+"/"+index, nil)
			if err != nil {
				say("%v", err)
				return
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				say("the indices signup-bench-* are left: %v", err)
				return
			}
			_ = res.Body.Close()
		}
	}
}
