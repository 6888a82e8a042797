// Package elastic compares esstore with the official client used directly: the same
// requests through esapi, and the same documents through esutil.BulkIndexer. It has
// benchmarks for a server that scripts/bench-elasticsearch starts, and the client
// that they use.
//
// The two run in turn, a round each, so that a disturbance of the machine or the server
// affects both. The number of rounds is b.N. On a quiet machine, twenty rounds show a
// difference of a tenth, and sixty show one of a few percent:
//
//	scripts/bench-elasticsearch go -C internal/bench test -run '^$' -bench . -benchtime 60x ./elastic
//
// Units that begin with "raw-" are of the official client, the others of esstore.
// ns/op and allocs/op are per user, and include all goroutines of the process. The
// ratio is that of the throughputs, above 1 if esstore is faster, as the geometric
// mean of the rounds. ratio-low and ratio-high are the bounds of its 95 % confidence
// interval.
package elastic
