// Package sql compares sqlstore with statements written by hand, on PostgreSQL and on
// SQLite. The statements are the same, on the same *sql.DB, and their outcome is looked at.
// In SQLite, which has one writer at a time, a mutex guards those by hand, too: without
// one, they would compete for the lock of the file. It has benchmarks, and what the
// program needs to know of the server.
//
// The two run in turn, a round each. The number of rounds is b.N:
//
//	export SIGNUP_BENCH_POSTGRESQL_URL=$(scripts/postgresql)
//	go -C internal/bench test -run '^$' -bench 'Create|Get' -benchtime 30x ./sql
//
// Units that begin with "raw-" are of the statements by hand, the others of sqlstore.
// ns/op and allocs/op are per user, and include all goroutines of the process. The ratio
// is that of the times, below 1 if sqlstore is faster, as the geometric mean of the
// rounds; for BenchmarkSignUp it is that of the throughputs. ratio-low and ratio-high are
// the bounds of its 95 % confidence interval.
//
// The PostgreSQL server gets tables with names of their own, which are removed. The role
// must be allowed to carry out CHECKPOINT.
package sql
