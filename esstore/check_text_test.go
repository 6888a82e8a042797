package esstore_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gosignup/signup/esstore"
)

// checkIndicesOf returns the findings of Check for an installation with these indices, where all
// else is healthy.
func checkIndicesOf(t *testing.T, indices object) []esstore.Finding {
	t.Helper()
	store := esstore.New(transportFunc(func(r *http.Request) (*http.Response, error) {
		switch {
		case r.URL.Path == lookPath:
			return response(http.StatusOK, marshal(indices)), nil
		case strings.HasSuffix(r.URL.Path, "/_stats/docs"):
			return response(http.StatusOK, `{"_shards":{"total":2,"successful":2}}`), nil
		case strings.HasSuffix(r.URL.Path, "/_search"):
			return response(http.StatusOK, `{"hits":{"hits":[]}}`), nil
		case strings.HasSuffix(r.URL.Path, "/_doc/check"):
			return response(http.StatusConflict, failedBody(http.StatusConflict, "version_conflict_engine_exception")), nil
		case strings.HasSuffix(r.URL.Path, "_has_privileges"):
			granted := object{}
			for _, name := range applicationPrivileges {
				granted[name] = true
			}
			return response(http.StatusOK, marshal(object{"index": object{"users": granted, "users-*": granted}})), nil
		}
		return response(http.StatusOK, "{}"), nil
	}), nil)
	findings, err := store.Check(t.Context())
	if err != nil {
		t.Fatalf("got error %v from Check, want none", err)
	}
	wantTexts(t, findings)
	return findings
}

// wantFinding fails unless a finding has this code, these texts, and not those.
func wantFinding(t *testing.T, findings []esstore.Finding, code string, has, lacks []string) {
	t.Helper()
	for _, f := range findings {
		if f.Code != code {
			continue
		}
		text := f.Problem + "\n" + f.Remedy + "\n" + f.Request
		for _, want := range has {
			if !strings.Contains(text, want) {
				t.Errorf("got the finding\n%s\nwant %q in it", text, want)
			}
		}
		for _, bad := range lacks {
			if strings.Contains(text, bad) {
				t.Errorf("got the finding\n%s\nwant no %q in it", text, bad)
			}
		}
		return
	}
	t.Errorf("got the findings %q, want %s", codesOf(findings), code)
}

// With a write index, users are created there, and Check says how to keep them.
func TestCheckSeveralIndices(t *testing.T) {
	writes := func(write bool) object { return object{"users": object{"is_write_index": write}} }
	move := `POST /_aliases {"actions":[{"remove":{"alias":"users","index":"users-000002","must_exist":true}},{"add":{"alias":"users","index":"users-000001","is_write_index":true}}]}`
	reindex := `POST /users-000002/_refresh, then POST /_reindex {"conflicts":"proceed","dest":{"index":"users-000001","op_type":"create"},"source":{"index":"users-000002"}}`
	for _, test := range []struct {
		name          string
		first, second object // the aliases
		own           bool   // this package made the second
		has, lacks    []string
	}{
		{"after a rollover", writes(false), writes(true), false,
			[]string{"writes go to the index users-000002, which this package didn't make", "are only there", "Stop the application", reindex, move}, []string{"Writes and log-ins fail"}},
		{"a copy that is written to", writes(false), writes(true), true,
			[]string{"writes go to the index users-000002. ", "Compare users-000002 and users-000001", reindex}, []string{"Writes and log-ins fail", "didn't make", move}},
		{"a foreign index that is only read", writes(true), writes(false), false,
			[]string{"writes go to the index users-000001. ", "except users-000001"}, []string{"Writes and log-ins fail", "didn't make"}},
		{"no write index", object{"users": object{}}, object{"users": object{}}, false,
			[]string{"Writes and log-ins fail", "stop the application"}, []string{"writes go to"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			first, second := healthy(t), healthy(t)
			first["aliases"], second["aliases"] = test.first, test.second
			if !test.own {
				second["mappings"] = object{}
			}
			findings := checkIndicesOf(t, object{"users-000001": first, "users-000002": second})
			wantFinding(t, findings, "several-indices", test.has, test.lacks)
		})
	}
}

func TestCheckTexts(t *testing.T) {
	leftover := object{"aliases": object{"users-000000.moved-7": object{}}}
	first, other := healthy(t), healthy(t)
	first["aliases"], other["aliases"] = object{}, object{}
	short := unfinished()
	short["settings"] = object{"index.max_result_window": "100"}
	copied := unfinished()
	in(copied, "aliases")["users"] = object{}
	withAlias := func(alias string) object {
		index := healthy(t)
		in(index, "aliases")[alias] = object{}
		return index
	}
	for _, test := range []struct {
		name    string
		indices object
		code    string
		has     []string
		lacks   []string
	}{
		{"a leftover", object{"users-000001": healthy(t), "users-000000": leftover}, "migration-leftover",
			[]string{"delete_index", "SetupRole", "Setup returns nil"}, nil},
		{"a leftover behind the alias", object{"users-000001": withAlias("users-000001.moved-7")}, "migration-leftover",
			[]string{"users-000001.moved-7", "Run Setup, which removes that alias"}, nil},
		{"equal candidates", object{"users-000001": first, "users-000002": other}, "no-alias",
			[]string{"users-000001, users-000002", "GET /_cat/indices/users-000001,users-000002", "docs.count"}, []string{"POST /_aliases\n"}},
		{"short pages of a copy", object{"users-000001": healthy(t), "users-000002": short}, "result-window",
			[]string{"users-000002", "100", "PUT /users-000002/_settings\n" + `{"index.max_result_window":null}`}, nil},
		{"a copy with short pages", object{"users-000001": healthy(t), "users-000002": short}, "migration-unfinished",
			[]string{"send the request of the finding result-window"}, nil},
		{"a copy with the alias", object{"users-000001": healthy(t), "users-000002": copied}, "several-indices",
			[]string{"users-000002 is an incomplete copy", "Run Setup"}, []string{"_reindex"}},
		{"a copy", object{"users-000001": healthy(t), "users-000002": unfinished()}, "migration-unfinished", nil, []string{"result-window"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			wantFinding(t, checkIndicesOf(t, test.indices), test.code, test.has, test.lacks)
		})
	}
}
