package esstore

import (
	"encoding/json"
	"testing"
	"time"
)

// A lease is taken after its patience if each look at the copy finds the same,
// also if the process stopped right after it had created the copy, when the alias
// of the lease still has properties.
func TestLeaseExpires(t *testing.T) {
	for _, aliases := range []string{
		`{"users-000002.copy-a":{}}`,
		`{"users-000002.copy-a":{"is_write_index":true}}`,
		`{"users-000002.copy-a":{"is_write_index":true,"filter":{"match_all":{}}},"other":{"is_write_index":false}}`,
	} {
		look := func(beat int64) (target indexState) {
			if err := json.Unmarshal([]byte(`{"aliases":`+aliases+`}`), &target); err != nil {
				t.Fatal(err)
			}
			target.Mappings.Meta.Signup.Beat = beat
			return target
		}
		a := &attempt{}
		source := indexState{}
		for n, c := range []struct {
			beat int64
			ago  time.Duration // since the state was first seen
			want bool
		}{
			{1, 0, false},
			{1, leasePatience - time.Second, false},
			{1, leasePatience, true},
			{2, leasePatience, false}, // a heartbeat
			{2, leasePatience, true},
		} {
			a.watched.since = a.watched.since.Add(-c.ago)
			if got := a.mayTakeLease(source, look(c.beat), "a"); got != c.want {
				t.Errorf("%s: look %d: the lease may be taken: %t, want %t", aliases, n, got, c.want)
			}
			if n == 1 {
				a.watched.since = a.watched.since.Add(leasePatience - time.Second)
			}
		}
	}
}
