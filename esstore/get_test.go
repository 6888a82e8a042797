package esstore_test

import (
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

func TestGet(t *testing.T) {
	f := newFake(t)
	u := f.stored(t)
	f.then(foundFirst)
	got, err := f.store().Get(t.Context(), u.Key())
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, u) {
		t.Error("got another user from Get, want the one that Create stored")
	}
	if got.CreatedAt.Location() != time.UTC || got.UpdatedAt.Location() != time.UTC {
		t.Error("got times that are not in UTC, want UTC")
	}
}

// The key is the one that was stored, even if the address has another one by
// now.
func TestGetKeepsKey(t *testing.T) {
	u := newUser()
	u.SetKey("straße@example.org", signup.EmailRule)
	f := newFake(t, created, foundFirst)
	if err := f.store().Create(t.Context(), &u); err != nil {
		t.Fatal(err)
	}
	got, err := f.store().Get(t.Context(), "straße@example.org")
	if err != nil {
		t.Fatal(err)
	}
	if got.Key() != u.Key() {
		t.Errorf("got key %q, want %q", got.Key(), u.Key())
	}
}

func TestGetFails(t *testing.T) {
	for _, test := range []finding{
		{namedStep{"nothing", nothing}, "ErrNotFound"},
		{namedStep{"429", failed(http.StatusTooManyRequests, "circuit_breaking_exception")}, "ErrBusy"},
		// Only a response of Elasticsearch shows that there is no such user.
		{namedStep{"no index", noIndex}, unknown},
		{namedStep{"404 as HTML", page(http.StatusNotFound)}, unknown},
		{namedStep{"404 with other JSON", respond(http.StatusNotFound, `{"message":"no route"}`)}, unknown},
		{namedStep{"404 truncated", truncated(http.StatusNotFound, `{"found":false}`)}, unknown},
		{namedStep{"404 and found", respond(http.StatusNotFound, `{"found":true}`)}, unknown},
		// Nor does an index that isn't the Store's: something removed the alias.
		{namedStep{"an index in the alias's place", nothingIn("users")}, unknown},
		{namedStep{"an index of another name behind the alias", nothingIn("restored")}, unknown},
		{namedStep{"a neighbour behind the alias", nothingIn("users-events-1")}, unknown},
		{namedStep{"a data stream's index behind the alias", nothingIn(".ds-users-2026.11.27-000001")}, unknown},
		{namedStep{"no index in the response", respond(http.StatusNotFound, `{"_id":"x","found":false}`)}, unknown},
		// What came can't be taken for the user.
		{namedStep{"another key", foundExcept(0, map[string]any{"key": "eve@example.org"})}, unknown},
		{namedStep{"no ID", foundExcept(0, map[string]any{"id": ""})}, unknown},
		{namedStep{"a time that is none", foundExcept(0, map[string]any{"created_at": "yesterday"})}, unknown},
		{namedStep{"a time in seconds", foundExcept(0, map[string]any{"created_at": 1.9e9})}, unknown},
		{namedStep{"no sequence number", respond(http.StatusOK, `{"_index":"users-000001","_primary_term":1,"found":true,"_source":{"id":"ID-4711","key":"ada.qx@example.org"}}`)}, unknown},
		{namedStep{"401", failed(http.StatusUnauthorized, "security_exception")}, unknown},
		{namedStep{"403", failed(http.StatusForbidden, "security_exception")}, unknown},
	} {
		t.Run(test.name, func(t *testing.T) { testGetFails(t, test.step, test.want) })
	}
	for _, open := range openResponses {
		t.Run(open.name, func(t *testing.T) { testGetFails(t, open.step, unknown) })
	}
}

func testGetFails(t *testing.T, s step, want string) {
	f := newFake(t)
	u := f.stored(t)
	f.client.CloseIdleConnections() // on a used one, net/http itself would repeat a GET
	f.then(s)
	got, err := f.store().Get(t.Context(), u.Key())
	wantOutcome(t, err, want)
	if err == nil || !reflect.ValueOf(got).IsZero() {
		t.Errorf("got a user with error %v, want none", err)
	}
}

// Whatever the key looks like, it is asked for and not found.
func TestGetOfAnyKey(t *testing.T) {
	for _, key := range []string{"", " ", "\xff", "\x00", "no address", "a/b", "../_all"} {
		f := newFake(t, nothing)
		_, err := f.store().Get(t.Context(), key)
		wantOutcome(t, err, "ErrNotFound")
	}
}

// If the alias has become an index, the error says so.
func TestGetWhereTheAliasIsAnIndex(t *testing.T) {
	f := newFake(t, nothingIn("users"), foundIn("users"))
	for range 2 {
		_, err := f.store().Get(t.Context(), "ada.qx@example.org")
		if err == nil || !strings.Contains(err.Error(), "users is an index, but must be an alias") {
			t.Errorf("got error %v, want one that says that users is an index", err)
		}
	}
}

// foundIn is the response to a GET with newUser in this index.
func foundIn(index string) step {
	return respond(http.StatusOK, strings.Replace(docBody(0, document), "users-000001", index, 1))
}

// Looking at the index of a response allocates nothing, however long the alias is.
func TestGetAllocations(t *testing.T) {
	count := func(alias string) float64 {
		body := `{"_index":"` + alias + `-000001","_id":"x","found":false}`
		store := esstore.New(transportFunc(func(*http.Request) (*http.Response, error) {
			return response(http.StatusNotFound, body), nil
		}), &esstore.Options{Alias: alias})
		const calls = 1000
		return testing.AllocsPerRun(1, func() {
			for range calls {
				_, _ = store.Get(t.Context(), "ada.qx@example.org")
			}
		}) / calls
	}
	if short, long := count("users"), count(strings.Repeat("x", 200)); long > short+0.9 { // the race detector empties pools at random
		t.Errorf("got %.2f allocations with a long alias, want %.2f as with a short one", long, short)
	}
}
