package es

import (
	"context"
	"net/http/httptrace"
	"strings"
	"sync/atomic"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// attempts counts how often a request is sent.
type attempts struct {
	read      bool         // the request changes nothing, so that its number of attempts doesn't matter
	sent      atomic.Int64 // attempts
	wanted    atomic.Int64 // connections
	gotten    atomic.Int64 // connections
	connected atomic.Bool  // the last attempt has a connection
	trace     httptrace.ClientTrace
}

// countAttempts returns the context for a request whose attempts are counted.
func countAttempts(ctx context.Context, req esapi.Request) (context.Context, *attempts) {
	a := &attempts{read: isRead(req)}
	a.trace.WroteRequest = func(httptrace.WroteRequestInfo) { a.sent.Add(1) }
	a.trace.GetConn = func(string) { a.wanted.Add(1); a.connected.Store(false) }
	a.trace.GotConn = func(httptrace.GotConnInfo) { a.gotten.Add(1); a.connected.Store(true) }
	return httptrace.WithClientTrace(ctx, &a.trace), a
}

// number returns the number of attempts; 0 for a read.
func (a *attempts) number() int64 {
	if a.read {
		return 0
	}
	return a.sent.Load()
}

// isUnreached reports whether a request that failed with err reached no server for
// certain: no attempt had a connection. Of a read, the last attempt decides. Without
// net/http, nothing is certain.
func (a *attempts) isUnreached(err error) bool {
	if a.wanted.Load() == 0 && !isNoNode(err) {
		return false
	}
	if a.read {
		return !a.connected.Load() || isNoNode(err)
	}
	return a.gotten.Load() == 0
}

// isNoNode reports whether the official client had no node to send the request to.
func isNoNode(err error) bool {
	return strings.HasPrefix(err.Error(), "cannot get connection: ")
}

// isRead reports whether req changes nothing.
func isRead(req esapi.Request) bool {
	switch req.(type) {
	case esapi.GetRequest, esapi.SearchRequest, esapi.OpenPointInTimeRequest, esapi.IndicesGetRequest, esapi.IndicesRefreshRequest:
		return true
	}
	return false
}
