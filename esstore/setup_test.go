package esstore_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup/esstore"
)

// mapped responds to the request for the indices with these indices, which have the
// alias users, and their mappings.
func mapped(indices map[string]string) step {
	return respond(http.StatusOK, mappedBody("users", indices))
}

func mappedBody(alias string, indices map[string]string) string {
	bodies := map[string]string{}
	for name, mapping := range indices {
		aliases := fmt.Sprintf(`{%q:{"is_write_index":true},"%s.own":{}}`, alias, name)
		if name == alias {
			aliases = "{}"
		}
		bodies[name] = fmt.Sprintf(`{"aliases":%s,"mappings":%s,"settings":{"index.number_of_shards":"1"}}`, aliases, mapping)
	}
	return indicesBody(bodies)
}

const (
	indexMade = `{"acknowledged":true,"shards_acknowledged":true,"index":"users-000001"}`

	// Not all nodes knew the change in time.
	notAcknowledged = `{"acknowledged":false,"shards_acknowledged":false,"index":"users-000001"}`
)

var (
	ours  = esstore.DeclaredMapping()
	setUp = mapped(map[string]string{"users-000001": ours})
	made  = respond(http.StatusOK, indexMade)
	empty = respond(http.StatusOK, "{}") // no index at all
	taken = failed(http.StatusBadRequest, "resource_already_exists_exception")
)

// undisturbed returns a Store whose requests always get the same responses.
func undisturbed(get, put func() *http.Response) *esstore.Store {
	return esstore.New(transportFunc(func(req *http.Request) (*http.Response, error) {
		if req.Method == http.MethodGet {
			return get(), nil
		}
		return put(), nil
	}), nil)
}

func missing() *http.Response {
	return response(http.StatusOK, "{}")
}

func TestSetup(t *testing.T) {
	f := newFake(t, empty, made, created)
	if err := f.store().Setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	u := newUser()
	u.Placeholder = true
	if err := f.store().Create(t.Context(), &u); err != nil {
		t.Fatal(err)
	}

	wantCall(t, f.calls[0], http.MethodGet, lookPath, lookQuery)
	wantCall(t, f.calls[1], http.MethodPut, "/users-000001", nil)

	var index struct {
		Settings map[string]any
		Mappings struct {
			Meta struct {
				Signup struct{ Schema int }
			} `json:"_meta"`
			Dynamic    string
			Enabled    bool
			Source     struct{ Enabled bool } `json:"_source"`
			Properties map[string]map[string]any
		}
		Aliases map[string]map[string]any
	}
	decoder := json.NewDecoder(strings.NewReader(f.calls[1].body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&index); err != nil {
		t.Fatal(err)
	}
	if index.Mappings.Dynamic != "strict" {
		t.Errorf("got dynamic %q, want strict", index.Mappings.Dynamic)
	}
	if index.Mappings.Meta.Signup.Schema != 3 {
		t.Errorf("got _meta %v, want schema 3", index.Mappings.Meta)
	}
	if m := index.Mappings; !m.Enabled || !m.Source.Enabled {
		t.Errorf("got the mapping %+v, want the defaults of enabled and _source in it", m)
	}
	for _, name := range []string{"index.default_pipeline", "index.final_pipeline"} {
		if got := index.Settings[name]; got != "_none" {
			t.Errorf("got %s %v, want _none", name, got)
		}
	}
	if got := index.Settings["index.indexing.slowlog.source"]; got != "false" {
		t.Errorf("got index.indexing.slowlog.source %v, want false, so that no template logs documents", got)
	}
	_, own := index.Aliases["users-000001.own"]
	if alias := index.Aliases["users"]; len(index.Aliases) != 2 || alias["is_write_index"] != true || !own {
		t.Errorf("got aliases %v, want users, which is written to, and users-000001.own", index.Aliases)
	}
	// These fields must not be used to search, sort or aggregate.
	for _, name := range []string{"password", "security_stamp", "write_token"} {
		if p := index.Mappings.Properties[name]; p["index"] != false || p["doc_values"] != false || p["fields"] != nil || p["copy_to"] != nil {
			t.Errorf("got mapping %v of %s, want no index, doc_values, fields and copy_to", p, name)
		}
	}
	// What is stored must be declared, as the mapping is strict.
	var stored map[string]any
	if err := json.Unmarshal([]byte(f.calls[2].body), &stored); err != nil {
		t.Fatal(err)
	}
	for name := range stored {
		if index.Mappings.Properties[name] == nil {
			t.Errorf("got a document with the field %s, want only fields of the mapping", name)
		}
	}
	if n := len(index.Mappings.Properties); n != len(stored)+1 {
		t.Errorf("got a mapping of %d fields, want those of a full document and name, %d", n, len(stored)+1)
	}
}

// The alias is in the body and in the name of the index.
func TestSetupOfOtherAlias(t *testing.T) {
	var puts []string
	store := esstore.New(transportFunc(func(req *http.Request) (*http.Response, error) {
		switch {
		case req.Method == http.MethodPut:
			puts = append(puts, req.URL.Path)
			var index struct{ Aliases map[string]any }
			if err := json.NewDecoder(req.Body).Decode(&index); err != nil || index.Aliases["people.v2_x-y"] == nil {
				t.Errorf("got aliases %v, %v, want people.v2_x-y", index.Aliases, err)
			}
			return response(http.StatusOK, indexMade), nil
		case len(puts) == 0:
			return missing(), nil
		}
		return response(http.StatusOK, mappedBody("people.v2_x-y", map[string]string{"people.v2_x-y-000001": ours})), nil
	}), &esstore.Options{Alias: "people.v2_x-y"})
	if err := store.Setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(puts) != 1 || puts[0] != "/people.v2_x-y-000001" {
		t.Errorf("got requests for %q, want one for /people.v2_x-y-000001", puts)
	}
}

// If the index exists, Setup writes nothing, so a program may call it at each start.
func TestSetupAgain(t *testing.T) {
	for _, index := range []string{"users-000001", "users-000002", "users-7"} {
		f := newFake(t, mapped(map[string]string{index: ours}))
		if err := f.store().Setup(t.Context()); err != nil {
			t.Errorf("got error %v from Setup, want none", err)
		}
	}
}

// Another process may create the index meanwhile, and a node may learn of it late.
func TestSetupLosesRace(t *testing.T) {
	late := respond(http.StatusOK, notAcknowledged)
	for _, script := range [][]step{
		{empty, late, setUp},
		{empty, late, empty, taken, setUp},
		{empty, taken, setUp},
		{empty, taken, empty, taken, empty, taken, setUp},
	} {
		f := newFake(t, script...)
		if err := f.store().Setup(t.Context()); err != nil {
			t.Errorf("got error %v from Setup, want none", err)
		}
	}
}

// If something is in the way, the error says what, and Setup changes nothing.
func TestSetupRefuses(t *testing.T) {
	for _, test := range []struct {
		name string
		step step
		want []string // in the error
	}{
		{"index instead of the alias", mapped(map[string]string{"users": ours}), []string{"users is an index", "alias"}},
		{"foreign index instead of the alias", mapped(map[string]string{"users": `{}`}), []string{"users is an index", "alias"}},
		{"foreign index", mapped(map[string]string{"people": `{}`}), []string{"people", "users", "not made by this package"}},
		{"foreign index with _meta", mapped(map[string]string{"users-000001": `{"_meta":{"owner":"x"}}`}), []string{"not made by this package"}},
		{"newer schema", mapped(map[string]string{"users-000001": `{"_meta":{"signup":{"schema":4}}}`}), []string{"users-000001", "schema 4", "3"}},
		{"two indices", mapped(map[string]string{"users-000001": ours, "users-000002": ours}), []string{"2 indices", "users"}},
		{"index of another name", mapped(map[string]string{"restored": ours}), []string{"restored", "users-"}},
		{"index of another's name", mapped(map[string]string{"users-new-000001": ours}), []string{"users-new-000001", "users-"}},
		{"not allowed to look", denied, []string{"403", "security_exception"}},
		{"not logged in", failed(http.StatusUnauthorized, "security_exception"), []string{"401", "security_exception"}},
		{"404 as HTML", page(http.StatusNotFound), []string{"404"}},
		{"404 of another kind", failed(http.StatusNotFound, "exception"), []string{"404"}},
		{"200 as HTML", page(http.StatusOK), []string{"not Elasticsearch's"}},
		{"JSON of another server", respond(http.StatusOK, `[1]`), []string{"not Elasticsearch's"}},
		{"null", respond(http.StatusOK, `null`), []string{"not Elasticsearch's"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFake(t, test.step)
			wantSetupError(t, f.store().Setup(t.Context()), test.want...)
		})
	}
}

func wantSetupError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("got no error from Setup, want one")
	}
	wantOutcome(t, err, unknown)
	for _, part := range append(parts, "esstore: set up: ") {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("got error %v, want one that contains %q", err, part)
		}
	}
}

func TestSetupCannotMakeIndex(t *testing.T) {
	for _, test := range []struct {
		name string
		step step
		want []string
	}{
		{"not allowed", denied, []string{"403", "security_exception"}},
		{"an alias is in the way", failed(http.StatusBadRequest, "invalid_index_name_exception"), []string{"400", "invalid_index_name_exception"}},
		{"too many shards", failed(http.StatusBadRequest, "validation_exception"), []string{"400", "validation_exception"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFake(t, empty, test.step)
			wantSetupError(t, f.store().Setup(t.Context()), test.want...)
		})
	}
}

// Setup succeeds only if Elasticsearch confirms that the index was created. If
// acknowledged is false, not all nodes knew the index in time.
func TestSetupUnconfirmed(t *testing.T) {
	for name, body := range map[string]string{
		"HTML":             "<html></html>",
		"nothing":          "",
		"another's JSON":   `{}`,
		"not acknowledged": notAcknowledged,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := undisturbed(missing, func() *http.Response { return response(http.StatusOK, body) })
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				if err := store.Setup(ctx); err == nil {
					t.Error("got no error from Setup, want one")
				}
			})
		})
	}
}

// If an index with the right name never gets the alias, Setup fails.
func TestSetupWithoutAlias(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := undisturbed(missing, func() *http.Response {
			return response(http.StatusBadRequest, failedBody(400, "resource_already_exists_exception"))
		})
		start := time.Now()
		wantSetupError(t, store.Setup(t.Context()), "users-…", "has the alias users")
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("got %v until Setup returned, want 5s at most", d)
		}
	})
}

func TestSetupContextDoneInPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := undisturbed(missing, func() *http.Response {
			return response(http.StatusBadRequest, failedBody(400, "resource_already_exists_exception"))
		})
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		start := time.Now()
		wantContextError(t, store.Setup(ctx), context.DeadlineExceeded)
		if d := time.Since(start); d != 100*time.Millisecond {
			t.Errorf("got %v until Setup returned, want 100ms", d)
		}
	})
}

// If no node takes the shard of the new index, Setup returns an error that says so.
func TestSetupWithoutShard(t *testing.T) {
	f := newFake(t, empty, respond(http.StatusOK, strings.Replace(indexMade, `"shards_acknowledged":true`, `"shards_acknowledged":false`, 1)))
	wantSetupError(t, f.store().Setup(t.Context()), "users-000001", "no node has taken its shard", "_cluster/allocation/explain")
}
