package es

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http/httptrace"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// attempts counts how often a request that changes something is sent. The counters may
// be too high if the request before had the same: see endCounting.
type attempts struct {
	sent   atomic.Int64 // attempts
	wanted atomic.Int64 // connections
	gotten atomic.Int64 // connections
	trace  httptrace.ClientTrace
}

var pooledAttempts = sync.Pool{New: func() any { return newAttempts() }}

func newAttempts() *attempts {
	a := new(attempts)
	a.trace.WroteRequest = func(httptrace.WroteRequestInfo) { a.sent.Add(1) }
	a.trace.GetConn = func(string) { a.wanted.Add(1) }
	a.trace.GotConn = func(httptrace.GotConnInfo) { a.gotten.Add(1) }
	return a
}

// countAttempts returns the context for a request whose attempts are counted; ctx and
// nil for a read, whose number of attempts doesn't matter.
func countAttempts(ctx context.Context, req esapi.Request) (context.Context, *attempts) {
	if isRead(req) {
		return ctx, nil
	}
	if httptrace.ContextClientTrace(ctx) != nil { // the caller's becomes part of trace
		a := newAttempts()
		return httptrace.WithClientTrace(ctx, &a.trace), a
	}
	a, _ := pooledAttempts.Get().(*attempts)
	return httptrace.WithClientTrace(ctx, &a.trace), a
}

// endCounting returns the number of attempts after a request with a response, 0 for a
// read, and keeps a for another request. If the server has responded before it had read
// the request, an attempt may be added to the other's. Then a write is confirmed
// without need.
func (a *attempts) endCounting(ctx context.Context) int64 {
	if a == nil {
		return 0
	}
	n := a.sent.Load()
	if httptrace.ContextClientTrace(ctx) == nil {
		a.sent.Store(0)
		a.wanted.Store(0)
		a.gotten.Store(0)
		pooledAttempts.Put(a)
	}
	return n
}

// number returns the number of attempts; 0 for a read.
func (a *attempts) number() int64 {
	if a == nil {
		return 0
	}
	return a.sent.Load()
}

// isUnreached reports whether a request that failed with err reached no server for
// certain: no attempt had a connection. Of a read, the last attempt decides. Without
// net/http, nothing is certain.
func (a *attempts) isUnreached(err error) bool {
	if a == nil {
		return isNoNode(err) || isNoConnection(err)
	}
	return a.gotten.Load() == 0 && (a.wanted.Load() > 0 || isNoNode(err))
}

// isNoConnection reports whether err is net/http's if it can't make a connection.
func isNoConnection(err error) bool {
	if e, ok := errors.AsType[*net.OpError](err); ok && (e.Op == "dial" || e.Op == "proxyconnect") {
		return true
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	const notTLS = "server gave HTTP response to HTTPS client"
	return strings.Contains(err.Error(), notTLS) || strings.Contains(err.Error(), "TLS handshake timeout")
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
