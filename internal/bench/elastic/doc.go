// Package elastic compares esstore with the official client used bare: the same
// requests through esapi, the same documents through esutil.BulkIndexer. It has
// benchmarks, for a server that scripts/bench-elasticsearch starts, and the client that
// is used there.
//
// What is compared runs by turns, a round each, so that whatever disturbs the machine
// or the server disturbs both; b.N is how many rounds. Twenty are enough to tell a
// difference of a tenth on a quiet machine, sixty for a few percent:
//
//	scripts/bench-elasticsearch go -C internal/bench test -run '^$' -bench . -benchtime 60x ./elastic
//
// Of the units, those that begin with "raw-" are the bare client's, the others
// esstore's. ns/op and allocs/op are of one user, and of all goroutines of the process.
// The ratio is that of the throughputs, above 1 where esstore is the faster, as the
// geometric mean over the rounds; ratio-low and ratio-high bound it with 95 %
// confidence.
package elastic
