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
			p.shareIndices()
		})
	}
	if without, with := count(""), count(`"_index":"users-000001",`); with > without+1 {
		t.Errorf("got %.0f allocations for 1000 hits with an index, want %.0f as without", with, without)
	}
}

// Each hit has the name of its own index, however long the names are.
func TestHitIndices(t *testing.T) {
	long := strings.Repeat("x", 48) + "-000001"
	names := []string{"users-000001", "users-000001", "users-000002", long, long, long + "0", "users-000001", "", strings.Repeat("y", 47)}
	hits := make([]string, 0, len(names))
	for _, name := range names {
		hits = append(hits, `{"_index":"`+name+`"}`)
	}
	var p page
	if err := json.Unmarshal([]byte(`{"hits":{"hits":[`+strings.Join(hits, ",")+`]}}`), &p); err != nil {
		t.Fatal(err)
	}
	p.shareIndices()
	for n, h := range p.Hits.Hits {
		if h.Index != names[n] {
			t.Errorf("hit %d: got the index %q, want %q", n, h.Index, names[n])
		}
	}
}
