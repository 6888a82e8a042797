package esstore_test

import (
	"net/http"
	"testing"
)

// These settings harm no user, and Check reports none of them.
func TestCheckHarmlessSettings(t *testing.T) {
	for _, pairs := range [][]string{
		{"index.lifecycle.name", ""},
		{"index.lifecycle.indexing_complete", "true"},
		{"index.refresh_interval", "60s"},
		{"index.refresh_interval", "1m"},
		{"index.refresh_interval", "500ms"},
		{"index.indexing.slowlog.threshold.index.warn", "10s"}, // Setup keeps documents out
		{"index.indexing.slowlog.threshold.index.warn", "10s", "index.indexing.slowlog.source", "0"},
		{"index.indexing.slowlog.threshold.index.warn", "-1", "index.indexing.slowlog.source", "true"},
		{"index.search.slowlog.threshold.query.warn", "-1", "index.search.slowlog.threshold.fetch.trace", "-1"},
		{"index.search.slowlog.include.user", "true"},
		{"index.gc_deletes", "0s"},
		{"index.codec", "best_compression"},
		{"index.hidden", "true"},
		{"index.priority", "100"},
		{"index.query.default_field", "id"},
	} {
		t.Run(pairs[0]+" "+pairs[1], func(t *testing.T) {
			f := newFake(t, respond(http.StatusOK, marshal(damaged(t, settings(pairs...), nil))), privileged(), copied(2, 2), hits(ownHit), conflict, noTemplates)
			if findings, err := f.store().Check(t.Context()); err != nil || findings != nil {
				t.Errorf("got %+v, %v, want no findings", findings, err)
			}
		})
	}
}
