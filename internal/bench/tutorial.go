package main

import (
	"context"
	"crypto/rand"
	"io"
	"net/http"
	"os/exec"
	"strings"
)

// tutorial compares sign-ups with those of the tutorial's service, on the same
// Elasticsearch: once with the present default hash of each, and once with the hash
// of 2014 in both, which takes almost no time.
func (b *bench) tutorial(ctx context.Context, w io.Writer) error {
	if exec.CommandContext(ctx, "python3", "-c", "import venv, ensurepip").Run() != nil {
		say("the tutorial's service is left out: it needs Python 3 with venv")
		return nil
	}
	defer b.deleteIndices()
	const theirPath = "/v1/users/new"
	on := func(name, server, path string) subject {
		return subject{name: name, server: server, path: path, body: appendSignUp}
	}
	const connections = 16
	cells, err := b.hold(ctx, w, contest{
		title: "The tutorial's service",
		subjects: []subject{
			on("signup, bcrypt", "elasticsearch", ours.path),
			on("tutorial, scrypt", "tutorial", theirPath),
			on("signup, hash of 2014", "elasticsearch 2014", ours.path),
			on("tutorial, hash of 2014", "tutorial 2014", theirPath),
		},
		connections: []int{connections},
		baselines:   []baseline{{"tutorial's service", func(i int) int { return i | 1 }}},
	})
	if err != nil || cells == nil {
		return err
	}
	for i, hashes := range []string{"of today", "of 2014"} {
		this, that := cells[connections][2*i], cells[connections][2*i+1]
		b.note("sign-ups per second on Elasticsearch, hashes "+hashes, "the tutorial's service",
			spreadOf(ratios(this.column(perSecond), that.column(perSecond))), atLeast(1))
	}
	return nil
}

// newIndex returns the name of a new index for a server.
func (b *bench) newIndex() string {
	name := "signup-bench-" + strings.ToLower(rand.Text())
	b.indices = append(b.indices, name)
	return name
}

// deleteIndices deletes the indices of the servers: an index with the name, or the
// index that esstore makes for an alias with the name.
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
				say("deleting the indices signup-bench-* failed: %v", err)
				return
			}
			_ = res.Body.Close()
		}
	}
}
