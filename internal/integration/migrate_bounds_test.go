package integration

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

// limited returns a transport to a server that takes no longer bodies, as many proxies
// don't, and the number of requests that were refused.
func limited(t esapi.Transport, length int64) (perform, *atomic.Int64) {
	refused := new(atomic.Int64)
	return func(r *http.Request) (*http.Response, error) {
		if r.ContentLength <= length {
			return t.Perform(r)
		}
		refused.Add(1)
		return &http.Response{StatusCode: http.StatusRequestEntityTooLarge, Header: http.Header{}, Body: http.NoBody}, nil
	}, refused
}

// longUser returns a user whose document has about so many bytes.
func longUser(i, length int) signup.User {
	u := newUser(i)
	u.Profile = map[string]string{}
	for n := range max(1, length/4000) {
		u.Profile[fmt.Sprintf("about %d", n)] = strings.Repeat(fmt.Sprint(i%10), 4000)
	}
	return u
}

// importLong imports users with long documents.
func importLong(t *testing.T, store *esstore.Store, n, length int) (users []signup.User) {
	t.Helper()
	for i := range n {
		users = append(users, longUser(i, length))
	}
	sum, err := store.Import(t.Context(), func(yield func(signup.User, error) bool) {
		for _, u := range users {
			if !yield(u, nil) {
				return
			}
		}
	}, nil)
	if err != nil || sum.Created != int64(n) {
		t.Fatalf("Import returned %d users created, %v, want %d, nil", sum.Created, err, n)
	}
	return users
}

// Users whose documents together are longer than a request may be are migrated.
func TestMigrationBehindABodyLimit(t *testing.T) {
	client, alias := plainServer(t).client(t), indexName(t)
	setUpFirst(t, client, alias)
	store := esstore.New(client, &esstore.Options{Alias: alias})
	users := importLong(t, store, 100, 60_000)
	transport, refused := limited(client, 1<<20)
	behind := esstore.New(transport, &esstore.Options{Alias: alias})
	for n, do := range []setUpMethod{(*esstore.Store).Setup, (*esstore.Store).Reindex} {
		if err := do(behind, t.Context()); err != nil {
			t.Fatalf("got %v, want nil", err)
		}
		wantMigrated(t, client, alias, 2+n)
		if err := compare(t.Context(), store, users, nil); err != nil {
			t.Errorf("got %v, want every user as imported", err)
		}
	}
	if n := refused.Load(); n == 0 || n > 20 {
		t.Errorf("got %d refused requests, want between 1 and 20", n)
	}
}

// Many long users are migrated by a server with little memory.
func TestMigrationOfLongUsers(t *testing.T) {
	client, alias := plainServer(t).client(t), indexName(t)
	setUpFirst(t, client, alias)
	store := esstore.New(client, &esstore.Options{Alias: alias})
	users := importLong(t, store, 1500, 60_000)
	if err := store.Setup(t.Context()); err != nil {
		t.Fatalf("Setup returned %v, want nil", err)
	}
	wantMigrated(t, client, alias, 2)
	if err := compare(t.Context(), store, users, nil); err != nil {
		t.Errorf("got %v, want every user as imported", err)
	}
	request(t, client, "DELETE", "/"+alias+"-000002", "")
}

// altering returns a transport that changes what is stored: in each bulk request, or in
// the mapping of each index that is made through it.
func altering(client esapi.Transport, of, pattern, by string) perform {
	expression := regexp.MustCompile(pattern)
	return func(r *http.Request) (*http.Response, error) {
		makes := r.Method == http.MethodPut && strings.Count(r.URL.Path, "/") == 1
		if makes && of == "mapping" || strings.HasSuffix(r.URL.Path, "/_bulk") && of == "bulk" {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			body = expression.ReplaceAll(body, []byte(by))
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		}
		return client.Perform(r)
	}
}

// If documents are changed while they are copied, the copy is refused, the original stays
// in use, and the next Setup makes a copy anew.
func TestMigrationRefusesAChangedCopy(t *testing.T) {
	client := plainServer(t).client(t)
	for _, c := range []struct{ name, of, pattern, by, want string }{
		{"a member removed", "bulk", `"password":"[^"]*",`, "", "the members password"},
		{"a member changed", "bulk", `"is_active":false`, `"is_active":true`, "the members is_active"},
		{"a member renamed", "bulk", `"first_name"`, `"name"`, "the members first_name, others"},
		{"a member added", "bulk", `"is_active":`, `"placeholder":true,"is_active":`, "the members placeholder"},
		{"one document changed", "bulk", `"id":"id-3"`, `"id":"id-33"`, "the members id"},
		{"a member not in _source", "mapping", `"mappings":\{`, `"mappings":{"_source":{"excludes":["password"]},`, ""},
		{"no _source", "mapping", `"mappings":\{`, `"mappings":{"_source":{"enabled":false},`, ""},
	} {
		for name, do := range map[string]setUpMethod{"Setup": (*esstore.Store).Setup, "Reindex": (*esstore.Store).Reindex} {
			t.Run(c.name+", "+name, func(t *testing.T) {
				alias := indexName(t)
				setUpFirst(t, client, alias)
				store := esstore.New(client, &esstore.Options{Alias: alias})
				var users []signup.User
				if err := fill(t, store, &users); err != nil {
					t.Fatalf("Create returned %v, want nil", err)
				}
				err := do(esstore.New(altering(client, c.of, c.pattern, c.by), &esstore.Options{Alias: alias}), t.Context())
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("got error %v, want one that contains %q", err, c.want)
				}
				if l := layoutOf(t, client, alias); l.aliases[alias] != alias+"-000001" || l.blocked {
					t.Errorf("got the alias on %s, writes refused %t, want the original and false", l.aliases[alias], l.blocked)
				}
				if err := compare(t.Context(), store, users, nil); err != nil {
					t.Errorf("after the refusal: got %v, want every user as acknowledged", err)
				}
				if err := do(store, t.Context()); err != nil {
					t.Errorf("without the change: got %v, want nil", err)
				}
				if l := layoutOf(t, client, alias); len(l.schemas) != 1 || l.blocked {
					t.Errorf("got the schemas by index %v, writes refused %t, want one index and false", l.schemas, l.blocked)
				}
				if err := compare(t.Context(), store, users, nil); err != nil {
					t.Errorf("after the migration: got %v, want every user as acknowledged", err)
				}
			})
		}
	}
}

// A Setup that ended right after it had made the copy is continued by the next one.
func TestSetupContinuesAfterTheCopyWasMade(t *testing.T) {
	client := plainServer(t).client(t)
	for name, do := range map[string]setUpMethod{"Setup": (*esstore.Store).Setup, "Reindex": (*esstore.Store).Reindex} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			alias := indexName(t)
			setUpFirst(t, client, alias)
			var requests []string
			dying := perform(func(r *http.Request) (*http.Response, error) {
				if slices.ContainsFunc(requests, func(s string) bool { return strings.HasPrefix(s, "PUT ") }) {
					return nil, errKilled
				}
				requests = append(requests, r.Method+" "+r.URL.Path)
				return client.Perform(r)
			})
			ctx := deadline(t)
			if err := do(esstore.New(dying, &esstore.Options{Alias: alias}), ctx); err == nil {
				t.Fatal("got nil from the process that was killed, want an error")
			}
			if err := do(esstore.New(client, &esstore.Options{Alias: alias}), t.Context()); err != nil {
				t.Errorf("got %v from the next, want nil", err)
			}
			wantMigrated(t, client, alias, 2)
		})
	}
}

// deadline returns a context for a process that is about to be killed.
func deadline(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// hide makes an index with this schema, in which pattern is replaced, and stores users
// in it.
func hide(t *testing.T, client esapi.Transport, alias, pattern, by string, schema, n int) []signup.User {
	t.Helper()
	plain := alias + "-plain"
	setUpFirst(t, client, plain)
	users := importLong(t, esstore.New(client, &esstore.Options{Alias: plain}), n, 1)
	body := strings.Replace(fmt.Sprintf(schema1, alias, alias+"-000001.own"), `"schema": 1`, fmt.Sprintf(`"schema": %d`, schema), 1)
	body = regexp.MustCompile(pattern).ReplaceAllString(body, by)
	request(t, client, "POST", "/"+plain+"/_refresh", "")
	_, found := request(t, client, "GET", fmt.Sprintf("/%s/_search?size=%d", plain, n), "")
	var page struct {
		Hits struct {
			Hits []struct {
				ID     string          `json:"_id"`
				Source json.RawMessage `json:"_source"`
			}
		}
	}
	if err := json.Unmarshal([]byte(found), &page); err != nil || len(page.Hits.Hits) != n {
		t.Fatalf("got %d documents, %v, want %d", len(page.Hits.Hits), err, n)
	}
	var lines strings.Builder
	for _, h := range page.Hits.Hits {
		fmt.Fprintf(&lines, "{\"index\":{\"_id\":%q}}\n%s\n", h.ID, h.Source)
	}
	for _, r := range [][3]string{
		{"PUT", "/" + alias + "-000001", body},
		{"POST", "/" + alias + "/_bulk?require_alias=true", lines.String()},
		{"DELETE", "/" + plain + "-000001", ""},
	} {
		if status, body := request(t, client, r[0], r[1], r[2]); status != http.StatusOK {
			t.Fatalf("%s %s: got status %d, want 200: %s", r[0], r[1], status, body)
		}
	}
	return users
}

func deleteAll(t *testing.T, store *esstore.Store, users []signup.User) {
	for _, u := range users {
		stored, err := store.Get(t.Context(), u.Key())
		if err == nil {
			err = store.Delete(t.Context(), stored)
		}
		if err != nil {
			t.Errorf("Delete returned %v, want nil", err)
		}
	}
}

// Users of an index whose mapping hides them from queries by key or id are migrated like
// all others: Reindex is the remedy for such a mapping.
func TestMigrationOfHiddenUsers(t *testing.T) {
	client := plainServer(t).client(t)
	const key, id, mappings = `"key":\s*\{"type": "keyword"\}`, `"id":\s*\{"type": "keyword"\}`, `"mappings": \{`
	for _, c := range []struct{ name, pattern, by string }{
		{"keys longer than ignore_above", `"settings": \{`, `"settings":{"index.mapping.ignore_above":5,`},
		{"some keys longer than ignore_above", `"settings": \{`, `"settings":{"index.mapping.ignore_above":24,`},
		{"ignore_above of key", key, `"key":{"type":"keyword","ignore_above":5}`},
		{"id not searchable", id, `"id":{"type":"keyword","index":false,"doc_values":false}`},
		{"key not searchable", key, `"key":{"type":"keyword","index":false,"doc_values":false}`},
		{"key of another type", key, `"key":{"type":"text"}`},
		{"key without doc values", key, `"key":{"type":"keyword","doc_values":false}`},
		{"a runtime field", mappings, `"mappings":{"runtime":{"key":{"type":"long"}},`},
		{"not parsed", mappings, `"mappings":{"enabled":false,`},
	} {
		for _, schema := range []int{2, 3} {
			t.Run(fmt.Sprintf("%s, schema %d", c.name, schema), func(t *testing.T) {
				alias := indexName(t)
				users := hide(t, client, alias, c.pattern, c.by, schema, 300)
				if status, body := request(t, client, "PUT", "/"+alias+"/_doc/foreign", `{"id":"x"}`); status != http.StatusCreated {
					t.Fatalf("storing another document: got status %d, want 201: %s", status, body)
				}
				store := esstore.New(client, &esstore.Options{Alias: alias})
				gone, rest := users[:3], users[3:]
				var deletes sync.Once
				deleting := perform(func(r *http.Request) (*http.Response, error) {
					if strings.HasSuffix(r.URL.Path, "/_bulk") { // they were read already
						deletes.Do(func() { deleteAll(t, store, gone) })
					}
					return client.Perform(r)
				})
				do, want := (*esstore.Store).Reindex, len(rest)
				if schema < 3 {
					do, want = (*esstore.Store).Setup, len(rest)+1
				}
				if err := do(esstore.New(deleting, &esstore.Options{Alias: alias}), t.Context()); err != nil {
					t.Fatalf("got %v, want nil", err)
				}
				wantMigrated(t, client, alias, 2)
				if err := compare(t.Context(), store, rest, gone); err != nil {
					t.Errorf("got %.300v, want every user as stored, except those that were deleted", err)
				}
				if n := countOf(t, client, alias+"-000002"); n != want {
					t.Errorf("got %d documents, want %d", n, want)
				}
			})
		}
	}
}
