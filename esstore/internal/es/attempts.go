package es

import (
	"context"
	"net/http/httptrace"
	"sync/atomic"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// attempts counts how often a request is sent.
type attempts struct {
	n     atomic.Int64
	trace httptrace.ClientTrace
}

// countAttempts returns the context for a request whose attempts are counted.
func countAttempts(ctx context.Context) (context.Context, *attempts) {
	a := &attempts{}
	a.trace.WroteRequest = func(httptrace.WroteRequestInfo) { a.n.Add(1) }
	return httptrace.WithClientTrace(ctx, &a.trace), a
}

// number returns the number of attempts; 0 if a is nil.
func (a *attempts) number() int64 {
	if a == nil {
		return 0
	}
	return a.n.Load()
}

// isRead reports whether req changes nothing, so that its attempts don't matter.
func isRead(req esapi.Request) bool {
	switch req.(type) {
	case esapi.GetRequest, esapi.SearchRequest, esapi.OpenPointInTimeRequest, esapi.IndicesGetRequest, esapi.IndicesRefreshRequest:
		return true
	}
	return false
}
