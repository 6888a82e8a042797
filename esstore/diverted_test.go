package esstore_test

import (
	"net/http"
	"strings"
	"testing"
)

// A write counts only if Elasticsearch has made it, and under the id that was asked for.
// An ingest pipeline may drop a document or change its id.
func TestDivertedWriteIsAnError(t *testing.T) {
	for name, c := range map[string]struct {
		op   string
		body string
	}{
		"Create under another id": {"create", doneBodyOf("x", "created", 0)},
		"Create without id":       {"create", strings.Replace(doneBody("created", 0), `"_id"`, `"id"`, 1)},
		"Create dropped":          {"create", doneBody("noop", 0)},
		"Create without result":   {"create", strings.Replace(doneBody("created", 0), `"result"`, `"r"`, 1)},
		"Update under another id": {"update", doneBodyOf("x", "created", 1)},
		"Update dropped":          {"update", doneBody("noop", 0)},
	} {
		t.Run(name, func(t *testing.T) {
			u := newUser()
			f := newFake(t)
			found := nothing
			if c.op == "update" {
				u, found = f.stored(t), foundFirst
			}
			f.then(respond(http.StatusOK, c.body), found)
			before := clone(u)
			err := map[string]write{"create": createUser, "update": updateUser}[c.op](t.Context(), f.store(), &u)
			wantOutcome(t, err, unknown)
			wantUser(t, u, before, err)
			wantError(t, err, c.op, http.StatusOK, "")
			if err == nil || !strings.Contains(err.Error(), "pipeline") {
				t.Errorf("got error %v, want one that names a pipeline", err)
			}
		})
	}
}
