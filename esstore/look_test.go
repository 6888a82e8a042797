package esstore_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup/esstore"
)

const isClosed = `"index.verified_before_close":"true"`

// A closed index that Setup and Reindex need ends them at once, with an error that names
// the index and says how to open it.
func TestSetupNamesClosedIndex(t *testing.T) {
	copying := indexOf(3, "users-000001", 7, "", "users-000002.copy-free-x")
	current := indexOf(3, "", nil, "", "users", "users-000001.own")
	for _, test := range []struct {
		name    string
		indices map[string]string
		closed  string
	}{
		{"behind the alias", map[string]string{"users-000001": indexOf(3, "", nil, isClosed, "users", "users-000001.own")}, "users-000001"},
		{"behind the alias, with an older schema", map[string]string{"users-000001": indexOf(1, "", nil, isClosed, "users", "users-000001.own")}, "users-000001"},
		{"without an alias", map[string]string{"users-000001": indexOf(3, "", nil, isClosed)}, "users-000001"},
		{"a copy", map[string]string{"users-000001": current, "users-000002": indexOf(3, "users-000001", 7, isClosed, "users-000002.copy-free-x")}, "users-000002"},
		{"the source of a copy", map[string]string{"users-000001": indexOf(3, "", nil, isClosed, "users", "users-000001.own"), "users-000002": copying}, "users-000001"},
		{"the source of a copy, without an alias", map[string]string{"users-000001": indexOf(3, "", nil, isClosed), "users-000002": copying}, "users-000001"},
		{"an old index that wasn't deleted", map[string]string{"users-000001": indexOf(1, "", nil, isClosed, "users-000001.moved-7"), "users-000002": indexOf(3, "users-000001", 7, "", "users", "users-000002.own")}, "users-000001"},
	} {
		for name, call := range map[string]func(*esstore.Store) error{
			"Setup":   func(s *esstore.Store) error { return s.Setup(t.Context()) },
			"Reindex": func(s *esstore.Store) error { return s.Reindex(t.Context()) },
		} {
			err := call(newFake(t, indices(test.indices)).store())
			if test.name == "a copy" && name == "Setup" {
				if err != nil {
					t.Errorf("%s: got error %v from %s, want nil: only Reindex needs the copy", test.name, err, name)
				}
				continue
			}
			want := fmt.Sprintf("the index %s is closed: open it (POST /%s/_open)", test.closed, test.closed)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got error %v from %s, want %s", test.name, err, name, want)
			}
		}
		findings := checkOf(t, test.indices)
		found := false
		for _, f := range findings {
			found = found || f.Code == esstore.CodeClosed && f.Request == "POST /"+test.closed+"/_open"
		}
		if !found {
			t.Errorf("%s: Check found %+v, want closed with the request that opens %s", test.name, findings, test.closed)
		}
		wantTexts(t, findings)
	}
}

// A closed index that isn't needed is in nothing's way.
func TestSetupLeavesClosedIndex(t *testing.T) {
	f := newFake(t, indices(map[string]string{
		"users-000002": indexOf(3, "", nil, "", "users", "users-000002.own"), "users-000001": indexOf(3, "", nil, isClosed),
	}))
	if err := f.store().Setup(t.Context()); err != nil {
		t.Errorf("got error %v, want none", err)
	}
}

// checkOf returns what Check finds if these are the indices and all else is well.
func checkOf(t *testing.T, byName map[string]string) []esstore.Finding {
	t.Helper()
	store := esstore.New(transportFunc(func(r *http.Request) (*http.Response, error) {
		switch {
		case r.URL.Path == lookPath:
			return response(http.StatusOK, indicesBody(byName)), nil
		case strings.HasSuffix(r.URL.Path, "/_stats/docs"):
			return response(http.StatusOK, `{"_shards":{"total":2,"successful":2,"failed":0}}`), nil
		case strings.HasSuffix(r.URL.Path, "/_search"):
			return response(http.StatusOK, `{"hits":{"hits":[]}}`), nil
		case r.URL.Path == "/_index_template":
			return response(http.StatusOK, `{}`), nil
		}
		return response(http.StatusForbidden, failedBody(http.StatusForbidden, "security_exception")), nil
	}), nil)
	findings, err := store.Check(t.Context())
	if err != nil {
		t.Fatalf("got error %v from Check, want none", err)
	}
	return findings
}

// Setup adds the own alias if it is missing, in one atomic step that depends on the alias,
// and logs that.
func TestSetupAddsOwnAlias(t *testing.T) {
	var log strings.Builder
	f := newFake(t, indices(map[string]string{"users-000001": indexOf(3, "", nil, "", "users")}), acked)
	store := esstore.New(f, &esstore.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err := store.Setup(t.Context()); err != nil {
		t.Fatalf("got error %v, want none", err)
	}
	wantCall(t, f.calls[1], http.MethodPost, "/_aliases", url.Values{"master_timeout": {"5000ms"}})
	const want = `{"actions":[{"remove":{"alias":"users","index":"users-000001","must_exist":true}},` +
		`{"add":{"alias":"users","index":"users-000001","is_write_index":true}},{"add":{"alias":"users-000001.own","index":"users-000001"}}]}`
	if f.calls[1].body != want {
		t.Errorf("got body %s, want %s", f.calls[1].body, want)
	}
	if !strings.Contains(log.String(), "level=WARN") || !strings.Contains(log.String(), "users-000001.own") {
		t.Errorf("got the log %q, want a WARN with the alias", log.String())
	}
}

// If the own alias can't be added, the error says why.
func TestSetupCannotAddOwnAlias(t *testing.T) {
	f := newFake(t, indices(map[string]string{"users-000001": indexOf(3, "", nil, "", "users")}), denied)
	wantSetupError(t, f.store().Setup(t.Context()), "users-000001.own", "Update and Delete", "403", "security_exception")
}

// If the alias was moved meanwhile, Setup leaves the old index as it is.
func TestSetupLeavesOwnAliasOfMovedIndex(t *testing.T) {
	f := newFake(t, indices(map[string]string{"users-000001": indexOf(3, "", nil, "", "users")}), failed(http.StatusNotFound, "aliases_not_found_exception"))
	if err := f.store().Setup(t.Context()); err != nil {
		t.Errorf("got error %v, want none", err)
	}
}

// Setup refuses aliases that lead to a part of the index, or to another index too.
func TestSetupRefusesAliases(t *testing.T) {
	const current = `{"aliases":{"users":%s,"users-000001.own":%s},"mappings":{"_meta":{"signup":{"schema":3}}},"settings":{}}`
	const restored = `{"aliases":{"users-000001.own":{}},"mappings":{"_meta":{"signup":{"schema":3}}},"settings":{}}`
	for _, test := range []struct {
		name       string
		users, own string
		other      string
		want       string
	}{
		{"filter", `{"filter":{"match_all":{}}}`, `{}`, "", "the alias users of the index users-000001 has a filter"},
		{"own alias with routing", `{}`, `{"index_routing":"1"}`, "", "the alias users-000001.own of the index users-000001 has a filter or routing"},
		{"own alias that takes no writes", `{}`, `{"is_write_index":false}`, "", "the alias users-000001.own of the index users-000001"},
		{"own alias of two", `{}`, `{}`, "users-000007", "leads to the index users-000007 too"},
		{"own alias of another's index", `{}`, `{}`, "restored", "leads to the index restored too"},
	} {
		byName := map[string]string{"users-000001": fmt.Sprintf(current, test.users, test.own)}
		if test.other != "" {
			byName[test.other] = restored
		}
		wantSetupError(t, newFake(t, indices(byName)).store().Setup(t.Context()), test.want)
		if findings := checkOf(t, byName); !strings.Contains(codesOf(findings), esstore.CodeAliasDiffers) {
			t.Errorf("%s: Check found %q, want alias-differs", test.name, codesOf(findings))
		}
	}
}

// A data stream of the alias's name is found.
func TestSetupRefusesDataStream(t *testing.T) {
	for _, indices := range []string{
		`{".ds-users-2026.11.27-000001":{"aliases":{},"mappings":{},"settings":{},"data_stream":"users"}}`,
		`{".ds-users-1":{"data_stream":"users"},".ds-users-2":{"data_stream":"users"}}`,
		`{".ds-users-1":{"data_stream":"users"},"users-000001":{"aliases":{},"mappings":{},"settings":{}}}`,
	} {
		wantSetupError(t, newFake(t, respond(http.StatusOK, indices)).store().Setup(t.Context()), "users is a data stream, but must be an alias")
	}
}

// Neighbours with long mappings are in nothing's way.
func TestSetupWithManyNeighbours(t *testing.T) {
	long := respond(http.StatusOK, `{"users-2026.11.27":{"mappings":{"properties":{"x":{"type":"`+strings.Repeat("x", 1<<20)+`"}}}}}`)
	own := map[string]string{"users-000001": indexOf(3, "", nil, "", "users", "users-000001.own")}
	brief := respond(http.StatusOK, `{"users-2026.11.27":{"settings":{}},`+strings.TrimPrefix(indicesBody(own), "{"))
	f := newFake(t, long, brief, indices(own))
	if err := f.store().Setup(t.Context()); err != nil {
		t.Errorf("got error %v, want none", err)
	}
	query := url.Values{"filter_path": {"*.aliases,*.settings,*.data_stream,*.mappings._meta"}}
	for name, value := range lookQuery {
		query[name] = value
	}
	wantCall(t, f.calls[1], http.MethodGet, lookPath, query)
	wantCall(t, f.calls[2], http.MethodGet, "/users-000001", lookQuery)
}

// An index with a number that this package doesn't give has no influence on the next one.
func TestReindexAfterGreatNumber(t *testing.T) {
	const foreign = `{"aliases":{},"mappings":{},"settings":{}}`
	for _, other := range []string{"users-9223372036854775807", "users-99999999999999999999", "users-20261127000000"} {
		f := newFake(t, indices(map[string]string{"users-000001": indexOf(3, "", nil, "", "users", "users-000001.own"), other: foreign}), denied)
		err := f.store().Reindex(t.Context())
		if err == nil || !strings.Contains(err.Error(), "403") {
			t.Errorf("with %s: got error %v, want the one of the request that makes the index", other, err)
		}
		if got := f.calls[1].path; got != "/users-000002" {
			t.Errorf("with %s: got a request for %s, want /users-000002", other, got)
		}
	}
}

// Without an alias, and with an index that isn't this package's, Setup ends with an error.
func TestSetupWithForeignIndexOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		store := esstore.New(transportFunc(func(*http.Request) (*http.Response, error) {
			return response(http.StatusOK, `{"users-1":{"aliases":{},"mappings":{},"settings":{}}}`), nil
		}), nil)
		wantSetupError(t, store.Setup(t.Context()), "there is an index users-…")
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("Setup took %s, want at most 5s", took)
		}
	})
}
