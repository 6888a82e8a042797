package esstore

import (
	"encoding/json"
	"strings"
	"testing"
)

// Reading the index of the hits allocates nothing.
func TestHitIndexAllocations(t *testing.T) {
	count := func(index string) float64 {
		text := []byte(`{"hits":{"hits":[` + strings.TrimSuffix(strings.Repeat(`{`+index+`"_id":"x","_source":{}},`, 1000), ",") + `]}}`)
		return testing.AllocsPerRun(10, func() {
			var p page
			if err := json.Unmarshal(text, &p); err != nil || len(p.Hits.Hits) != 1000 {
				t.Errorf("got %d hits, %v, want 1000, nil", len(p.Hits.Hits), err)
			}
		})
	}
	if without, with := count(""), count(`"_index":"users-000001",`); with > without+1 {
		t.Errorf("got %.0f allocations for 1000 hits with an index, want %.0f as without", with, without)
	}
}
