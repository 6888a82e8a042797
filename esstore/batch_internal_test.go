package esstore

import (
	"net/http"
	"strings"
	"testing"
)

// The length of requests comes close to what the server takes, and few of them are too
// long.
func TestPaceFindsTheLimit(t *testing.T) {
	for _, limit := range []int{1, 1000, 1 << 20, 5<<20 - 1, 5 << 20, 100 << 20} {
		p, refused := newPace(batchBytes), 0
		for range 500 {
			if length := p.limit(); length > limit {
				refused++
				p.shorten(length, &Error{Status: http.StatusRequestEntityTooLarge})
			} else {
				p.lengthen(length)
			}
		}
		if want := min(limit, batchBytes) / 2; p.limit() < want || p.limit() > limit || refused > 30 {
			t.Errorf("limit %d: got %d after %d refusals, want between %d and the limit, and 30 refusals at most", limit, p.limit(), refused, want)
		}
	}
}

// A server without capacity gets shorter requests, but not ever shorter ones, and longer
// ones when it has capacity again.
func TestPaceOfABusyServer(t *testing.T) {
	p := newPace(batchBytes)
	busy := &Error{Status: http.StatusTooManyRequests, Type: "es_rejected_execution_exception"}
	for range 100 {
		p.shorten(p.limit(), busy)
	}
	if p.limit() != busyBytes {
		t.Errorf("got %d, want %d", p.limit(), busyBytes)
	}
	for range 200 * growAfter {
		p.lengthen(p.limit())
	}
	if p.limit() != batchBytes {
		t.Errorf("got %d, want %d again", p.limit(), batchBytes)
	}
	for _, e := range []*Error{{Status: http.StatusServiceUnavailable}, {Status: http.StatusTooManyRequests, Type: typeBlocked}, {}} {
		if p.shorten(p.limit(), e); p.limit() != batchBytes {
			t.Errorf("%v: got %d, want %d as before", e, p.limit(), batchBytes)
		}
	}
}

// A page has so many documents that it isn't much longer than pageBytes.
func TestPagerAdapts(t *testing.T) {
	p := newPager(250, 1000)
	page := func(length int) []hit {
		hits := make([]hit, p.size)
		for i := range hits {
			hits[i].Source = []byte(strings.Repeat("x", length))
		}
		return hits
	}
	for range 20 {
		p.adapt(page(500))
	}
	if p.size != 1000 {
		t.Errorf("short documents: got pages of %d, want 1000", p.size)
	}
	p.adapt(page(60_000))
	if got := p.size * 60_000; got > pageBytes || got < pageBytes/2 {
		t.Errorf("long documents: got pages of %d bytes, want about %d", got, pageBytes)
	}
	for range 20 {
		p.adapt(page(60_000))
	}
	if got := p.size * 60_000; got > 2*pageBytes {
		t.Errorf("long documents: got pages of %d bytes, want %d at most", got, 2*pageBytes)
	}
	if p := newPager(250, 100); p.size != 100 {
		t.Errorf("got pages of %d, want 100 at most", p.size)
	}
}

// Documents are the same if they have the same members with the same values, however they
// are written. Names of members that this package doesn't declare aren't quoted.
func TestDifferingMembers(t *testing.T) {
	for _, c := range []struct{ sent, stored, want string }{
		{`{"id":1}`, `{"id":1}`, ""},
		{`{"id":1,"key":[{"c":"x"}]}`, "{ \"key\" : [ {\"c\":\"\\u0078\"} ],\n\"id\":1}", ""},
		{`{"id":9007199254740993}`, `{"id":9007199254740992}`, "the members id"},
		{`{"id":1}`, `{"id":1.0}`, "the members id"},
		{`{"id":null}`, `{}`, "the members id"},
		{`{}`, `{"key":1,"id":1}`, "the members id, key"},
		{`{"id":[1,2]}`, `{"id":[2,1]}`, "the members id"},
		{`{"id":"x"}`, `{"ID":"x"}`, "the members id, others"},
		{`{"id":"x"}`, ``, "the members id"},
		{`{"ada@example.org":"x"}`, `{"eve@example.org":"x"}`, "the members others"},
		{`{"id":"x"}`, `null`, "the members id"},
	} {
		if got := differingMembers([]byte(c.sent), []byte(c.stored)); got != c.want {
			t.Errorf("%s and %s: got %q, want %q", c.sent, c.stored, got, c.want)
		}
	}
}
