package esstore_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

const documentPath = "/_doc/JfIpt2RmI-Sja9YK9Vgf23CzJkkjO4mb7TjZFxBIXWU" // of newUser's key

func wantCall(t *testing.T, c call, method, path string, query url.Values) {
	t.Helper()
	if c.method != method || c.path != path || !maps.EqualFunc(c.query, query, slices.Equal) {
		t.Errorf("got the request %s %s, want %s %s?%s", c.method, c.uri, method, path, query.Encode())
	}
	if got := c.header.Get("Content-Type"); c.body != "" && got != "application/json" {
		t.Errorf("got Content-Type %q, want JSON", got)
	}
	if got := c.header.Get("Accept-Encoding"); strings.Contains(path, "/_doc/") && got != "identity" {
		t.Errorf("got Accept-Encoding %q, want identity for a single document", got)
	}
}

// One request each is all that an undisturbed Store makes.
func TestRequests(t *testing.T) {
	f := newFake(t, created, foundLast(0), updated, done(http.StatusOK, "deleted", 2))
	store := esstore.New(f, &esstore.Options{Alias: "users"})
	u := newUser()
	if err := store.Create(t.Context(), &u); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Get(t.Context(), u.Key()); err != nil {
		t.Fatal(err)
	}
	if err := store.Update(t.Context(), &u); err != nil {
		t.Fatal(err)
	}
	if err := store.Delete(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	wantCall(t, f.calls[0], http.MethodPut, "/users"+documentPath,
		url.Values{"op_type": {"create"}, "require_alias": {"true"}})
	wantCall(t, f.calls[1], http.MethodGet, "/users"+documentPath, nil)
	wantCall(t, f.calls[2], http.MethodPut, "/users-000001.own"+documentPath,
		url.Values{"if_seq_no": {"0"}, "if_primary_term": {"1"}, "require_alias": {"true"}})
	wantCall(t, f.calls[3], http.MethodDelete, "/users-000001.own"+documentPath,
		url.Values{"if_seq_no": {"1"}, "if_primary_term": {"1"}})
	if f.calls[1].body+f.calls[3].body != "" {
		t.Error("got a GET or DELETE with a body, want none")
	}
}

// The alias is that of the options, and the index is that of Elasticsearch's response.
func TestRequestsOfOtherIndex(t *testing.T) {
	f := newFake(t)
	store := esstore.New(f, &esstore.Options{Alias: "people.v2"})
	f.then(respond(http.StatusCreated, `{"_index":"people.v2-000017","_id":"`+newUserID+`","result":"created","_seq_no":12345678901,"_primary_term":3}`),
		respond(http.StatusOK, `{"_index":"people.v2-000017","_id":"`+newUserID+`","result":"updated","_seq_no":12345678902,"_primary_term":4}`))
	u := newUser()
	if err := store.Create(t.Context(), &u); err != nil {
		t.Fatal(err)
	}
	if err := store.Update(t.Context(), &u); err != nil {
		t.Fatal(err)
	}
	wantCall(t, f.calls[0], http.MethodPut, "/people.v2"+documentPath,
		url.Values{"op_type": {"create"}, "require_alias": {"true"}})
	wantCall(t, f.calls[1], http.MethodPut, "/people.v2-000017.own"+documentPath,
		url.Values{"if_seq_no": {"12345678901"}, "if_primary_term": {"3"}, "require_alias": {"true"}})
}

// An address is in no URL, and can't break out of one.
func TestRequestsOfHostileAddresses(t *testing.T) {
	safe := regexp.MustCompile(`^/users(-000001(\.own)?)?/_doc/[A-Za-z0-9_-]{43}(\?[a-z0-9_=&]+)?$`)
	for _, key := range []string{
		"a?refresh=true", "a#b@example.org", "../../_cluster/settings", "/", "..", ".", "", " ", "%2e%2e%2f",
		"%", "a b@example.org", "a\r\nX-Injected: 1", "a\x00b", "&routing=x", "user@exämple.org", "a;b", "a\\b",
		"_search", "*", "a,b", strings.Repeat("long", 1000) + "@example.org",
	} {
		f := newFake(t, nothing)
		_, err := f.store().Get(t.Context(), key)
		wantOutcome(t, err, "ErrNotFound")
		if key != "" {
			u := newUser()
			u.SetKey(key, signup.EmailRule)
			f.then(created, updated, deleted)
			if err := f.store().Create(t.Context(), &u); err != nil {
				t.Errorf("%.40q: got error %v, want none", key, err)
			}
			if err := f.store().Update(t.Context(), &u); err != nil {
				t.Errorf("%.40q: got error %v, want none", key, err)
			}
			if err := f.store().Delete(t.Context(), u); err != nil {
				t.Errorf("%.40q: got error %v, want none", key, err)
			}
		}
		for _, c := range f.calls {
			if !safe.MatchString(c.uri) {
				t.Errorf("%.40q: got the request %s %s, want another", key, c.method, c.uri)
			}
		}
	}
}

// The names are an interface: searches, dashboards and the programs of others
// use them.
func TestDocument(t *testing.T) {
	f := newFake(t)
	u := f.stored(t)
	f.then(updated)
	if err := f.store().Update(t.Context(), &u); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"id":            "ID-4711",
		"key":           "ada.qx@example.org",
		"key_rule":      signup.EmailRule,
		"email_address": "Ada.Qx@Example.org",
		"password":      "$2a$04$hashqxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxy",
		"first_name":    "Adaqx",
		"last_name":     "Lovelaceqx",
		"is_active":     true,
		"created_at":    "2014-12-06T22:55:00.123Z",
		"updated_at":    "2014-12-06T23:55:00.123Z",
		"profile":       map[string]any{"company": "Enginesqx"},

		"email_verified_at": "2014-12-07T00:55:00.123Z",
		"security_stamp":    "stampqx",
		"private":           "cHJpdmF0ZXF4AP8=",
	}
	var tokens []any
	for _, body := range f.writes {
		var got map[string]any
		if err := json.Unmarshal([]byte(body), &got); err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, got["write_token"])
		delete(got, "write_token")
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got the document\n%v\nwant\n%v", got, want)
		}
	}
	if len(tokens) != 2 || tokens[0] == tokens[1] || len(tokens[0].(string)) < 22 {
		t.Errorf("got tokens %v, want two random ones", tokens)
	}
}

// Fields without a value are left out, except for those that every user has.
func TestDocumentOfEmptyUser(t *testing.T) {
	f := newFake(t, created)
	u := signup.User{ID: "1", Email: "a@example.org"}
	if err := f.store().Create(t.Context(), &u); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(f.writes[0]), &got); err != nil {
		t.Fatal(err)
	}
	delete(got, "write_token")
	want := map[string]any{
		"id": "1", "key": "a@example.org", "key_rule": signup.EmailRule, "email_address": "a@example.org", "is_active": false,
		"created_at": "0001-01-01T00:00:00.000Z", "updated_at": "0001-01-01T00:00:00.000Z",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got the document\n%v\nwant\n%v", got, want)
	}
}

func TestTimes(t *testing.T) {
	east := time.FixedZone("", 14*3600)
	for _, test := range []struct {
		at   time.Time
		want string // "": ErrInvalid
	}{
		{time.Time{}, "0001-01-01T00:00:00.000Z"},
		{time.Date(2014, 12, 6, 22, 55, 0, 123e6, time.UTC), "2014-12-06T22:55:00.123Z"},
		{time.Date(2014, 12, 6, 22, 55, 0, 0, time.UTC), "2014-12-06T22:55:00.000Z"},
		{time.Date(2014, 12, 6, 22, 55, 0, 123999999, time.UTC), "2014-12-06T22:55:00.123Z"},
		{time.Date(1969, 12, 31, 23, 59, 59, 999999999, time.UTC), "1969-12-31T23:59:59.999Z"},
		{time.Date(2014, 12, 7, 3, 0, 0, 0, east), "2014-12-06T13:00:00.000Z"},
		{time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC), "9999-12-31T23:59:59.999Z"},
		{time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), ""},
		{time.Date(10000, 1, 1, 13, 59, 59, 0, east), "9999-12-31T23:59:59.000Z"},
		{time.Date(9999, 12, 31, 23, 0, 0, 0, time.FixedZone("", -3600)), ""},
		{time.Date(0, 12, 31, 0, 0, 0, 0, time.FixedZone("", -24*3600)), "0001-01-01T00:00:00.000Z"},
		{time.Date(0, 12, 31, 23, 59, 59, 999999999, time.UTC), ""},
		{time.Date(0, 1, 1, 0, 0, 0, 0, east), ""},
		{time.Date(-1, 12, 31, 0, 0, 0, 0, time.UTC), ""},
		{time.Date(1<<30, 1, 1, 0, 0, 0, 0, time.UTC), ""},
	} {
		for _, field := range []string{"created_at", "updated_at"} {
			t.Run(field+" "+test.at.Format(time.RFC3339Nano), func(t *testing.T) {
				u := newUser()
				if field == "created_at" {
					u.CreatedAt = test.at
				} else {
					u.UpdatedAt = test.at
				}
				f := newFake(t)
				if test.want == "" {
					wantOutcome(t, f.store().Create(t.Context(), &u), "ErrInvalid")
					return
				}
				f.then(created, foundLast(0))
				if err := f.store().Create(t.Context(), &u); err != nil {
					t.Fatal(err)
				}
				if want := `"` + field + `":"` + test.want + `"`; !strings.Contains(f.writes[0], want) {
					t.Errorf("got the document %s, want one with %s", f.writes[0], want)
				}
				got, err := f.store().Get(t.Context(), u.Key())
				if err != nil {
					t.Fatal(err)
				}
				if !got.Equal(u) {
					t.Errorf("got times %v and %v from Get, want those that were stored", got.CreatedAt, got.UpdatedAt)
				}
			})
		}
	}
}
