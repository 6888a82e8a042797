package esstore

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// checkWrites sends a write that changes nothing, because it finds no document. So a block
// of the whole cluster is found without a privilege on the cluster.
func (c *checkup) checkWrites(ctx context.Context, target string) error {
	if target == c.store.alias || c.has(CodeBlocked) {
		return nil // it isn't known which index that is, or what a write would meet
	}
	seqNo, primaryTerm := 1<<53-1, 1 // which no document has
	_, e := c.store.sendDocument(ctx, checkOp, esapi.DeleteRequest{
		Index: target, DocumentID: "check", IfSeqNo: &seqNo, IfPrimaryTerm: &primaryTerm, Timeout: 5 * time.Second,
		Instrument: c.store.instrument,
	})
	switch {
	case e == nil:
	case e.Type == typeBlocked:
		c.refused = true
	case e.Status == http.StatusConflict, e.Status == http.StatusNotFound:
	default:
		return e
	}
	return nil
}

// checkCluster checks the settings of the whole cluster if a write or a search was
// refused, or if Setup has something to make. Without the privilege to read them, it doesn't.
func (c *checkup) checkCluster(ctx context.Context, _ string) error {
	needsSetup := c.has(CodeNoAlias) || c.has(CodeOlderSchema)
	if !c.refused && !c.unfit && !needsSetup {
		return nil
	}
	r, err := c.store.send(ctx, checkOp, esapi.ClusterGetSettingsRequest{FlatSettings: &yes, Instrument: c.store.instrument})
	if err != nil && asError(err).Status != http.StatusForbidden {
		return err
	}
	var settings struct{ Persistent, Transient map[string]any }
	if err == nil && (json.Unmarshal(r.Body, &settings) != nil || settings.Persistent == nil) {
		return notElasticsearch(checkOp, r.Status)
	}
	if settings.Persistent["search.allow_expensive_queries"] == "false" || settings.Transient["search.allow_expensive_queries"] == "false" {
		c.add(CodeExpensiveQueries, "Because of search.allow_expensive_queries, the cluster refuses queries that Search and migrations need. Both fail.",
			"Set it to its default.", consoleRequest(http.MethodPut, "/_cluster/settings", map[string]any{
				"persistent": map[string]any{"search.allow_expensive_queries": nil}, "transient": map[string]any{"search.allow_expensive_queries": nil},
			}))
	}
	found := c.addClusterBlocks("transient", settings.Transient)
	found = c.addClusterBlocks("persistent", settings.Persistent) || found
	if c.refused && !found {
		c.add(CodeBlocked, "The cluster refuses writes. Sign-ups and changes fail.",
			"Find out why (GET /_cluster/settings shows blocks that were set, and GET /_cluster/health the state of the cluster).", "")
	}
	if needsSetup && !found {
		return c.checkShardsLimit(ctx)
	}
	return nil
}

// addClusterBlocks adds a finding for each block in settings, which are of this kind, and
// reports whether there is one.
func (c *checkup) addClusterBlocks(kind string, settings map[string]any) bool {
	found := false
	for _, name := range []string{"cluster.blocks.read_only", "cluster.blocks.read_only_allow_delete"} {
		if settings[name] == "true" {
			found = true
			c.add(CodeBlocked, "Because of "+name+", all indices of the cluster refuse writes, and none can be made. Sign-ups and changes fail, and so does Setup if it has something to do.",
				"Find out why it was set, and lift it.",
				consoleRequest(http.MethodPut, "/_cluster/settings", map[string]any{kind: map[string]any{name: nil}}))
		}
	}
	return found
}

// checkShardsLimit checks that the cluster may have more shards, which a new index needs.
func (c *checkup) checkShardsLimit(ctx context.Context) error {
	r, err := c.store.send(ctx, checkOp, esapi.HealthReportRequest{Feature: "shards_capacity", Instrument: c.store.instrument})
	var response struct {
		Indicators map[string]struct {
			Status  string
			Details struct {
				Data struct {
					Max int `json:"max_shards_in_cluster"`
				}
			}
		}
	}
	if err != nil || json.Unmarshal(r.Body, &response) != nil {
		return nil // an older version, or a missing privilege
	}
	if i := response.Indicators["shards_capacity"]; i.Status == "red" {
		c.add(CodeShardsLimit,
			fmt.Sprintf("The cluster has as many shards as it may have, or nearly so: %d. Setup and Reindex can't make an index.", i.Details.Data.Max),
			"Delete indices that are not needed, add a node, or raise cluster.max_shards_per_node.", "")
	}
	return nil
}

// checkTemplates checks that no index template makes a data stream of one of the Store's
// names. Without the privilege to read templates, it doesn't.
func (c *checkup) checkTemplates(ctx context.Context, _ string) error {
	templates, err := c.store.indexTemplates(ctx, checkOp, "index_templates.index_template.data_stream")
	if s := asError(err).Status; err != nil && (s == http.StatusForbidden || s == http.StatusNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, name := range []string{c.next, c.store.alias} {
		t := templateOf(templates, name)
		if name == "" || t.Body.DataStream == nil {
			continue
		}
		problem := "Setup and Reindex can't make the index " + name + "."
		if name == c.store.alias {
			problem = "If something writes to " + name + " while no index is behind it, Elasticsearch makes a data stream there, and then Setup fails."
		}
		c.add(CodeDataStreamTemplate,
			fmt.Sprintf("The index template %q makes a data stream of the name %s. %s", t.Name, name, problem),
			"Change its patterns, or add an index template with a higher priority and without a data stream for "+c.store.alias+" and "+c.store.alias+"-*.", "")
		return nil
	}
	return nil
}
