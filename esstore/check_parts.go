package esstore

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// checkPrivileges checks that the Store's user has the privileges of an
// application.
func (c *checkup) checkPrivileges(ctx context.Context, _ string) error {
	all := appPrivileges()
	on := privilegesOn(c.store.alias, all)
	r, err := c.store.send(ctx, checkOp, esapi.SecurityHasPrivilegesRequest{
		Body: encoded(map[string]any{"index": []indexPrivileges{on}}), Instrument: c.store.instrument,
	})
	if err != nil && isUnhandled(r.Status, r.Body) {
		c.add(CodeSecurityOff,
			"Elasticsearch's security is off: every client that reaches the server can read and change all hashes, without a password.",
			"Turn it on (xpack.security.enabled, with TLS), and give the application a user that has only the role that Role returns.", "")
		return nil
	}
	if err != nil {
		return err
	}
	var response struct{ Index map[string]map[string]bool }
	if json.Unmarshal(r.Body, &response) != nil {
		return notElasticsearch(checkOp, r.Status)
	}
	for _, p := range all {
		var lacking []string
		for _, name := range on.Names {
			granted, known := response.Index[name][p.name]
			if !known {
				return notElasticsearch(checkOp, r.Status)
			}
			if !granted {
				lacking = append(lacking, name)
			}
		}
		if lacking != nil {
			c.add(CodePrivileges,
				fmt.Sprintf("The Store's user lacks the privilege %s on %s. It is for: %s.", p.name, strings.Join(lacking, " and "), p.use),
				"Give the user the role that Role returns. If it calls Setup to make or to migrate an index, give it the role that SetupRole returns.", "")
		}
	}
	return nil
}

// isUnhandled reports whether a response means that Elasticsearch has no such
// endpoint. Its error is a text then; other errors are objects.
func isUnhandled(status int, body []byte) bool {
	var ans struct{ Error *string }
	return slices.Contains([]int{http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed}, status) &&
		json.Unmarshal(body, &ans) == nil && ans.Error != nil
}

// checkCopies checks that all copies of target can be used.
func (c *checkup) checkCopies(ctx context.Context, target string) error {
	r, err := c.store.send(ctx, checkOp, esapi.IndicesStatsRequest{
		Index: []string{target}, Metric: []string{"docs"}, FilterPath: []string{"_shards"}, Instrument: c.store.instrument,
	})
	if err != nil {
		return err
	}
	var response struct {
		Shards struct{ Total, Successful *int } `json:"_shards"`
	}
	if json.Unmarshal(r.Body, &response) != nil || response.Shards.Total == nil || response.Shards.Successful == nil {
		return notElasticsearch(checkOp, r.Status)
	}
	const explain = " GET /_cluster/allocation/explain shows the reason."
	switch total, active := *response.Shards.Total, *response.Shards.Successful; {
	case total > 0 && active == 0:
		c.add(CodeUnavailable, fmt.Sprintf("No copy of %s can be used: a node is missing, or has restarted and is not ready yet. Nothing works.", target),
			"Bring back the nodes that had a copy."+explain+" If they are lost, restore the users from a snapshot.", "")
	case active < total:
		remedy, request := "The copy comes back with the node that had it, or is made again on another node after a minute.", ""
		if !c.expands && total == 2 && !c.has(CodeSeveralShards) {
			remedy = "If there is no second data node, send the request: the index then makes no replica until there is one. Otherwise the replica comes back with the node that had it."
			request = expandRequest(target)
		}
		c.add(CodeReplicaMissing, fmt.Sprintf("Of %d copies of %s, %d can be used. If another node fails, users may be lost.", total, target, active),
			remedy+explain, request)
	}
	return nil
}

// sampleSize is the number of documents that Check reads.
const sampleSize = 500

// checkDocuments looks for documents that Get doesn't find.
func (c *checkup) checkDocuments(ctx context.Context, target string) error {
	hits, err := c.sampleDocuments(ctx, target)
	c.unfit = asError(err).Status == http.StatusBadRequest
	if err != nil {
		return err
	}
	stray := 0
	for _, h := range hits {
		var doc struct{ ID, Key string }
		if json.Unmarshal(h.Source, &doc) != nil || doc.ID == "" || h.ID != documentID(doc.Key) {
			stray++
		}
	}
	if stray > 0 {
		c.add(CodeDocuments,
			fmt.Sprintf("Of %d documents of %s that were checked (those without key or id, then the newest), %d are not users as this package stores them: another program has written them. Get doesn't find them.", len(hits), target, stray),
			"Find out which program wrote them, and allow no other user to write. Store.Reindex leaves out the documents without key or id. Delete each document whose _id doesn't belong to its key (DELETE /"+target+"/_doc/…); if it is a user, Create it again.", "")
	}
	return nil
}

// sampleDocuments returns documents of target: those without key or id, then the
// newest.
func (c *checkup) sampleDocuments(ctx context.Context, target string) ([]hit, error) {
	lacks := func(field string) object {
		return object{"constant_score": object{"filter": object{"bool": object{
			"must_not": object{"exists": object{"field": field}},
		}}}}
	}
	size := sampleSize
	if c.window > 0 {
		size = min(size, c.window)
	}
	p, err := c.store.searchPage(ctx, checkOp, target, object{
		"query": object{"bool": object{
			"must": object{"match_all": object{"boost": 0}},
			"should": []any{
				lacks("key"), lacks("id"),
				// It finds nothing. But it is of a kind that Search needs and that can be forbidden.
				object{"prefix": object{"email_address": object{"value": " ", "boost": 0}}},
			},
		}},
		"sort":             []any{"_score", object{"created_at": object{"order": "desc", "unmapped_type": "date"}}},
		"_source":          []string{"id", "key"},
		"track_total_hits": false,
	}, &size)
	return p.Hits.Hits, err
}
