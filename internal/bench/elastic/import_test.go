package elastic

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"iter"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/elastic/go-elasticsearch/v8/esutil"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
	"github.com/gosignup/signup/internal/bench/people"
	"github.com/gosignup/signup/internal/bench/rounds"
)

var (
	perImport  = flag.Int("import", 50_000, "the number of users that are imported in a round")
	flushBytes = flag.Int("flush", 1<<20, "the length of a bulk request, in bytes")
	workers    = flag.Int("workers", 2, "the number of concurrent bulk requests")
)

// BenchmarkImport compares Store.Import with esutil.BulkIndexer, which gets the bytes
// of the documents. Each imports into a new index.
func BenchmarkImport(b *testing.B) {
	s := connect(b)
	b.ReportAllocs()
	n := *perImport
	ours := &rounds.Contender{Prepare: func(n int) func() error {
		alias, remove := s.newIndex(b)
		users := people.New(n)
		return func() error {
			defer remove()
			return importAll(b.Context(), s, alias, slices.Values(users), int64(n))
		}
	}}
	raw := &rounds.Contender{Prepare: func(n int) func() error {
		alias, remove := s.newIndex(b)
		docs := documentsOf(b, people.New(n))
		return func() error {
			defer remove()
			return indexAll(b.Context(), s, alias, docs)
		}
	}}
	rounds.Compare(b, n, ours, raw)
	rounds.ReportRatio(b, raw.Took, ours.Took)
}

// importAll imports users with the settings of the flags.
func importAll(ctx context.Context, t esapi.Transport, alias string, users iter.Seq[signup.User], n int64) error {
	sum, err := esstore.New(t, &esstore.Options{Alias: alias}).Import(ctx, people.Sequence(users), &esstore.ImportOptions{
		Workers: *workers, BatchBytes: *flushBytes, BatchUsers: 1 << 30, // only BatchBytes limits a batch
	})
	if err == nil && sum.Created != n {
		err = fmt.Errorf("created %d of %d users", sum.Created, n)
	}
	return err
}

func indexAll(ctx context.Context, t esapi.Transport, alias string, docs []document) error {
	var failed atomic.Int64
	indexer, err := esutil.NewBulkIndexer(esutil.BulkIndexerConfig{
		Client: t, Index: alias, RequireAlias: true, NumWorkers: *workers, FlushBytes: *flushBytes,
	})
	if err != nil {
		return err
	}
	for _, d := range docs {
		err := indexer.Add(ctx, esutil.BulkIndexerItem{
			Action: "create", DocumentID: d.id, Body: strings.NewReader(d.body),
			OnFailure: func(context.Context, esutil.BulkIndexerItem, esutil.BulkIndexerResponseItem, error) { failed.Add(1) },
		})
		if err != nil {
			return err
		}
	}
	if err := indexer.Close(ctx); err != nil {
		return err
	}
	if done := indexer.Stats().NumCreated; failed.Load() > 0 || done != uint64(len(docs)) {
		return fmt.Errorf("created %d of %d documents", done, len(docs))
	}
	return nil
}

// fill imports users into an index, as a preparation.
func fill(b *testing.B, s *server, alias string, users []signup.User) {
	b.Helper()
	if err := importAll(b.Context(), s, alias, slices.Values(users), int64(len(users))); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkImportMemory measures the peak of the memory that an import holds, after a
// garbage collection, above that held before the import: live-B. There is no server,
// so it includes decoding a response and excludes receiving it.
func BenchmarkImportMemory(b *testing.B) {
	const batch = 1000
	transport := transportFunc(func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodGet { // for the index, which isn't compared
			return response(http.StatusForbidden, "{}"), nil
		}
		items := make([]string, 0, batch)
		lines := bufio.NewScanner(r.Body)
		for lines.Scan() {
			if id, ok := strings.CutPrefix(lines.Text(), `{"create":{"_id":"`); ok {
				items = append(items, `{"create":{"_id":"`+strings.TrimSuffix(id, `"}}`)+`","result":"created","status":201}}`)
			}
		}
		return response(http.StatusOK, `{"items":[`+strings.Join(items, ",")+`]}`), lines.Err()
	})
	for _, n := range []int{10_000, 1_000_000} {
		b.Run(fmt.Sprintf("users=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			most := int64(0)
			for range max(1, b.N*100_000/n) { // the same number of users, and so of measurements, for each n
				before, batches := liveHeap(), 0
				_, err := esstore.New(transport, nil).Import(b.Context(), people.Sequence(people.Numbered(n)), &esstore.ImportOptions{
					BatchUsers: batch,
					Progress: func(esstore.ImportSummary) {
						// Each measurement stops all goroutines for a while: a hundred are enough.
						if batches++; batches%max(1, n/batch/100) == 0 {
							most = max(most, liveHeap()-before)
						}
					},
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(most), "live-B")
			b.ReportMetric(0, "ns/op") // mostly the time of the garbage collections
		})
	}
}

func liveHeap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
