package esstore_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup/esstore"
)

// If the old index can't be deleted for lack of the privilege, Setup ends, and logs it.
// The next one doesn't wait, and with the privilege deletes the index. If a migration is
// needed first, the error says what is missing.
func TestSetupMayNotDeleteTheOldIndex(t *testing.T) {
	const moved = "users-000001.moved-7"
	for _, test := range []struct {
		name   string
		schema int
		do     func(*esstore.Store, context.Context) error
		wrong  string
	}{
		{"Setup", 3, (*esstore.Store).Setup, ""},
		{"Setup, with an older schema", 2, (*esstore.Store).Setup, "privilege manage is needed on users-000001"},
		{"Reindex", 3, (*esstore.Store).Reindex, "privilege manage is needed on users-000001"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tidy := indexOf(test.schema, "users-000001", 7, "", "users", "users-000002.own")
				there := map[string]string{
					"users-000001": indexOf(1, "", nil, "", moved),
					"users-000002": indexOf(test.schema, "users-000001", 7, "", "users", "users-000002.own", "users-000002.opening"),
				}
				allowed, n := false, 0
				var log bytes.Buffer
				store := esstore.New(transportFunc(func(r *http.Request) (*http.Response, error) {
					n++
					switch {
					case r.Method == http.MethodDelete && !allowed:
						return response(http.StatusForbidden, failedBody(403, "security_exception")), nil
					case r.Method == http.MethodDelete:
						delete(there, "users-000001")
					case r.URL.Path == "/_aliases":
						there["users-000002"] = tidy
					case r.URL.Path == lookPath:
						return response(http.StatusOK, indicesBody(there)), nil
					case r.Method == http.MethodGet:
						return response(http.StatusOK, statsBody), nil
					}
					return response(http.StatusOK, `{"acknowledged":true}`), nil
				}), &esstore.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
				err := test.do(store, t.Context())
				if test.wrong == "" && err != nil || test.wrong != "" && (err == nil || !strings.Contains(err.Error(), test.wrong)) {
					t.Errorf("got error %v, want %q", err, test.wrong)
				}
				if n > 40 {
					t.Errorf("got %d requests, want 40 at most", n)
				}
				if test.wrong != "" {
					return
				}
				if text := log.String(); !strings.Contains(text, "level=WARN") || !strings.Contains(text, "privilege=manage") || !strings.Contains(text, "remains=users-000001") {
					t.Errorf("got the log %s, want a warning about users-000001 and the privilege manage", text)
				}
				begin := time.Now()
				if err := test.do(store, t.Context()); err != nil || time.Since(begin) > time.Second {
					t.Errorf("the next Setup: got %v after %v, want nil within 1s", err, time.Since(begin))
				}
				allowed = true
				if err := test.do(store, t.Context()); err != nil || there["users-000001"] != "" {
					t.Errorf("with the privilege: got %v, the old index there: %t; want nil and false", err, there["users-000001"] != "")
				}
			})
		})
	}
}

// An alias on the current index that says that its users were moved is taken off, as
// after a snapshot from the time of a cleanup was restored.
func TestSetupTakesAnAliasOffTheRestoredIndex(t *testing.T) {
	var sent []string
	there := indexOf(3, "", nil, "", "users", "users-000001.own", "users-000001.moved-19")
	store := esstore.New(transportFunc(func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodGet {
			return response(http.StatusOK, indicesBody(map[string]string{"users-000001": there})), nil
		}
		var body bytes.Buffer
		if _, err := body.ReadFrom(r.Body); err != nil {
			t.Error(err)
		}
		sent = append(sent, r.Method+" "+r.URL.Path+" "+body.String())
		there = indexOf(3, "", nil, "", "users", "users-000001.own")
		return response(http.StatusOK, `{"acknowledged":true}`), nil
	}), nil)
	if err := store.Setup(t.Context()); err != nil {
		t.Errorf("got %v, want nil", err)
	}
	if len(sent) != 1 || !strings.HasPrefix(sent[0], "POST /_aliases ") || !strings.Contains(sent[0], `"remove":{"alias":"users-000001.moved-19"`) {
		t.Errorf("got the requests %v, want one that removes the alias users-000001.moved-19", sent)
	}
}
