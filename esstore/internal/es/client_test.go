package es_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"testing"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup/esstore/internal/es"
)

type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) Perform(r *http.Request) (*http.Response, error) { return f(r) }

// responding returns a client of which each request is sent so many times, and gets
// this response in the end.
func responding(attempts, status int, body string) *es.Client {
	return &es.Client{Transport: transportFunc(func(r *http.Request) (*http.Response, error) {
		if trace := httptrace.ContextClientTrace(r.Context()); trace != nil {
			for range attempts {
				trace.WroteRequest(httptrace.WroteRequestInfo{})
			}
		}
		return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body))}, nil
	})}
}

func TestSend(t *testing.T) {
	write := esapi.IndexRequest{Index: "i", Body: strings.NewReader("{}")}
	for _, test := range []struct {
		name   string
		client *es.Client
		req    esapi.Request
		want   es.Error // zero if there is none
	}{
		{"made", responding(1, 201, "{}"), write, es.Error{}},
		{"refused", responding(1, 403, `{"error":{"type":"security_exception"}}`), write, es.Error{Status: 403, Type: "security_exception", Attempts: 1}},
		{"sent twice", responding(2, 409, `{"error":{"type":"some_exception"}}`), write, es.Error{Status: 409, Type: "some_exception", Attempts: 2}},
		{"read twice", responding(2, 503, ""), esapi.GetRequest{Index: "i", DocumentID: "x"}, es.Error{Status: 503}},
		{"a type with something else", responding(1, 400, `{"error":{"type":"ada@example.org"}}`), write, es.Error{Status: 400, Attempts: 1}},
		{"too long", responding(1, 200, "longer than eighty bytes: "+strings.Repeat("x", 80)), write, es.Error{Status: 200, Err: es.ErrTooLong, Attempts: 1}},
		{"unusable", &es.Client{Err: io.ErrNoProgress}, write, es.Error{Err: io.ErrNoProgress, Unsent: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, e := test.client.Send(t.Context(), test.req, 80)
			if e == nil {
				e = &es.Error{}
			}
			if e.Status != test.want.Status || e.Type != test.want.Type || e.Attempts != test.want.Attempts ||
				e.Unsent != test.want.Unsent || !errors.Is(e.Err, test.want.Err) {
				t.Errorf("got error %+v, want %+v", *e, test.want)
			}
		})
	}
}

// A request isn't sent if its context is done.
func TestSendAfterContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := &es.Client{Transport: transportFunc(func(*http.Request) (*http.Response, error) {
		t.Error("got a request, want none")
		return nil, ctx.Err()
	})}
	_, e := c.Send(ctx, esapi.GetRequest{Index: "i", DocumentID: "x"}, es.MaxBody)
	if e == nil || !e.Unsent || !errors.Is(e.Err, context.Canceled) {
		t.Errorf("got error %+v, want context.Canceled and Unsent", e)
	}
}

func TestSendAcknowledged(t *testing.T) {
	for body, want := range map[string]error{
		`{"acknowledged":true}`:  nil,
		`{"acknowledged":false}`: es.ErrUnacknowledged,
		`{}`:                     es.ErrNotElasticsearch,
		`<html>`:                 es.ErrNotElasticsearch,
	} {
		e := responding(1, 200, body).SendAcknowledged(t.Context(), esapi.IndicesDeleteRequest{Index: []string{"i"}})
		if (e == nil) != (want == nil) || e != nil && !errors.Is(e.Err, want) {
			t.Errorf("response %s: got error %+v, want %v", body, e, want)
		}
	}
}

func TestBulk(t *testing.T) {
	const two = `{"items":[{"create":{"status":201}},{"delete":{"status":404,"error":{"type":"Odd"}}}]}`
	for _, test := range []struct {
		body string
		want []es.Item // nil if the response is not Elasticsearch's
	}{
		{two, []es.Item{{Status: 201}, {Status: 404}}},
		{`{"items":[{"index":{"status":429,"error":{"type":"a_b"}}},{"index":{"status":200}}]}`, []es.Item{{Status: 429, Type: "a_b"}, {Status: 200}}},
		{`{"items":[{"index":{"status":200}}]}`, nil},
		{`{"items":[{"index":{}},{"index":{"status":200}}]}`, nil},
		{`<html>`, nil},
	} {
		got, attempts, e := responding(2, 200, test.body).Bulk(t.Context(), esapi.BulkRequest{Index: "i", Body: strings.NewReader("")}, 2)
		if attempts != 2 {
			t.Errorf("response %s: got %d attempts, want 2", test.body, attempts)
		}
		if test.want == nil {
			if e == nil || !errors.Is(e.Err, es.ErrNotElasticsearch) {
				t.Errorf("response %s: got error %+v, want ErrNotElasticsearch", test.body, e)
			}
			continue
		}
		if e != nil || len(got) != 2 || got[0] != test.want[0] || got[1] != test.want[1] {
			t.Errorf("response %s: got %v, error %+v, want %v", test.body, got, e, test.want)
		}
	}
}
