package main

import (
	"context"
	"fmt"
	"io"
)

// elastic runs the benchmarks of esstore, and prints the output of Go's testing
// package.
func (b *bench) elastic(ctx context.Context, w io.Writer) error {
	if b.runs == 0 {
		return nil
	}
	// Each group has as many rounds as it needs to show a difference.
	r, raw, err := b.measure(ctx, "./elastic", []group{
		{"Growth|Import", "20x"}, {"Create|Get", "60x"}, {"Client", "1s"},
	}, nil, "SIGNUP_BENCH_ELASTICSEARCH_URL="+b.es)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(w, "\n## Elasticsearch\n\n```\n%s```\n", raw); err != nil {
		return err
	}
	return b.noteElastic(r)
}

// noteElastic adds the results of the benchmarks of esstore to the summary.
func (b *bench) noteElastic(r results) error {
	one, ratio := r.one, r.ratio
	const create, get = "Client/op=create/by=", "Client/op=get/by="
	return b.noteAll([]ratioRow{
		{"esstore's Create, 16 connections, per second", "raw esapi", ratio("Create"), atLeast(.95)},
		{"requests of a Create", "one", exactly(one("Create", "requests/op")), atMost(1)},
		{"allocations of a Create, without the network's", "raw esapi's + 12", exactly(one(create+"esstore", "allocs/op") / (one(create+"esapi", "allocs/op") + 12)), atMost(1)},
		{"esstore's Get, 16 connections, per second", "raw esapi, decoded", ratio("Get/raw=decoded"), atLeast(.95)},
		{"esstore's Get, 16 connections, per second", "raw esapi, not decoded", ratio("Get/raw=read"), atLeast(.95)},
		{"allocations of a Get, without the network's", "raw esapi's, not decoded, + 12", exactly(one(get+"esstore", "allocs/op") / (one(get+"esapi", "allocs/op") + 12)), atMost(1)},
		{"Create among 1,000,000 users, ns", "among 10,000", ratio("Growth/op=create"), atMost(1.2)},
		{"Get among 1,000,000 users, ns", "among 10,000", ratio("Growth/op=get"), atMost(1.2)},
		{"Import, users per second", "esutil.BulkIndexer", ratio("Import"), atLeast(.95)},
		{"Import's live heap, 1,000,000 users", "10,000 users", exactly(one("ImportMemory/users=1000000", "live-B") / one("ImportMemory/users=10000", "live-B")), atMost(1.2)},
	})
}
