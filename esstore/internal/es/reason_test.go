package es_test

import (
	"strings"
	"testing"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup/esstore/internal/es"
)

const refused = `{"error":{"root_cause":[{"type":"a_b","reason":"too many\nshards\u001b[31m"}],"type":"a_b","reason":"failed"},"status":400}`

// A request that has no user's data keeps Elasticsearch's reason.
func TestReason(t *testing.T) {
	body := strings.NewReader("{}")
	for _, test := range []struct {
		name string
		req  esapi.Request
		body string
		want string
	}{
		{"create an index", esapi.IndicesCreateRequest{Index: "i"}, refused, "too many shards [31m"},
		{"delete an index", esapi.IndicesDeleteRequest{Index: []string{"i"}}, refused, "too many shards [31m"},
		{"aliases", esapi.IndicesUpdateAliasesRequest{Body: body}, refused, "too many shards [31m"},
		{"settings", esapi.IndicesPutSettingsRequest{Body: body}, refused, "too many shards [31m"},
		{"block", esapi.IndicesAddBlockRequest{Index: []string{"i"}, Block: "write"}, refused, "too many shards [31m"},
		{"health", esapi.ClusterHealthRequest{}, refused, "too many shards [31m"},
		{"point in time", esapi.OpenPointInTimeRequest{Index: []string{"i"}}, refused, "too many shards [31m"},
		{"without root cause", esapi.ClusterHealthRequest{}, `{"error":{"type":"a_b","reason":"failed"}}`, "failed"},
		{"root cause without reason", esapi.ClusterHealthRequest{}, `{"error":{"root_cause":[{}],"reason":"failed"}}`, "failed"},
		{"long", esapi.ClusterHealthRequest{}, `{"error":{"reason":"` + strings.Repeat("ä", 401) + `"}}`, strings.Repeat("ä", 400) + "…"},
		{"text instead of an error", esapi.ClusterHealthRequest{}, `{"error":"no handler"}`, ""},
		{"HTML", esapi.ClusterHealthRequest{}, "<html>", ""},
	} {
		_, e := responding(1, 400, test.body).Send(t.Context(), test.req, es.MaxBody)
		if e == nil || e.Reason != test.want {
			t.Errorf("%s: got error %+v, want the reason %q", test.name, e, test.want)
		}
	}
}

// A request that may have a user's data keeps no reason.
func TestNoReason(t *testing.T) {
	body := strings.NewReader("{}")
	for _, req := range []esapi.Request{
		esapi.IndexRequest{Index: "i", Body: body}, esapi.CreateRequest{Index: "i", DocumentID: "x", Body: body},
		esapi.UpdateRequest{Index: "i", DocumentID: "x", Body: body}, esapi.DeleteRequest{Index: "i", DocumentID: "x"},
		esapi.GetRequest{Index: "i", DocumentID: "x"}, esapi.MgetRequest{Body: body},
		esapi.BulkRequest{Body: body}, esapi.SearchRequest{Body: body}, esapi.CountRequest{Body: body},
		esapi.UpdateByQueryRequest{Index: []string{"i"}, Body: body}, esapi.DeleteByQueryRequest{Index: []string{"i"}, Body: body},
		esapi.ReindexRequest{Body: body}, esapi.ScrollRequest{Body: body}, esapi.ClosePointInTimeRequest{Body: body},
		&esapi.IndicesCreateRequest{Index: "i"}, // a pointer is a type that isn't listed
	} {
		_, e := responding(1, 400, refused).Send(t.Context(), req, es.MaxBody)
		if e == nil || e.Reason != "" {
			t.Errorf("%T: got error %+v, want one without a reason", req, e)
		}
	}
}
