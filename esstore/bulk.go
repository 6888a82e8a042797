package esstore

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// bulk sends n writes to an alias, as lines of JSON, and returns their results in
// the same order. The request succeeds even if a write in it fails.
func (s *Store) bulk(ctx context.Context, op, alias string, lines []byte, n int) ([]written, *failure) {
	status, body, f := s.sendFor(ctx, op, esapi.BulkRequest{
		Index: alias, Body: bytes.NewReader(lines), RequireAlias: &yes,
		FilterPath: []string{"items.*.status", "items.*.error.type"},
		Instrument: s.instrument,
	}, maxPage)
	if f != nil {
		return nil, f
	}
	var ans struct {
		Items []struct{ Create, Index, Delete written } // one of them
	}
	ans.Items = slices.Grow(ans.Items, n)
	if json.Unmarshal(body, &ans) != nil || len(ans.Items) != n {
		return nil, &failure{op: op, status: status, err: errNotElasticsearch}
	}
	all := make([]written, n)
	for i, item := range ans.Items {
		all[i] = cmp.Or(item.Create, item.Index, item.Delete)
		if all[i].Status == 0 {
			return nil, &failure{op: op, status: status, err: errNotElasticsearch}
		}
	}
	return all, nil
}

// A written is the result of one write of a bulk request.
type written struct {
	Status int
	Error  struct{ Type string }
}

// failure returns nil if the write was made.
func (w written) failure(op string) *failure {
	if w.Status < 300 {
		return nil
	}
	return &failure{op: op, status: w.Status, kind: knownType(w.Error.Type), attempts: 1}
}

// isTransient reports whether the same request may succeed later: the server has no
// capacity, can't be reached, or doesn't know the outcome yet.
func (f *failure) isTransient() bool {
	if f == nil || f.unsent {
		return false
	}
	return f.status == 0 || f.isRejected() || f.status >= http.StatusInternalServerError ||
		errors.Is(f.err, errUnacknowledged) || errors.Is(f.err, errPartial)
}

// A backoff is the pause before a request is sent again.
type backoff struct{ pause time.Duration }

const (
	firstBackoff = 50 * time.Millisecond
	lastBackoff  = 5 * time.Second
)

// wait waits for a random time, longer with each call, and reports whether ctx was
// not done before.
func (b *backoff) wait(ctx context.Context) bool {
	b.pause = min(max(2*b.pause, firstBackoff), lastBackoff)
	return sleep(ctx, b.pause/2+rand.N(b.pause/2))
}
