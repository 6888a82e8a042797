package esstore_test

import (
	"strings"
	"testing"

	"github.com/gosignup/signup/esstore"
)

// wantUnusable checks that every method of store fails, and tells why.
func wantUnusable(t *testing.T, store *esstore.Store, why string) {
	t.Helper()
	u := newUser()
	before := clone(u)
	_, err := store.Get(t.Context(), u.Key())
	v := clone(u)
	v.Version = "users-000001/0/1/x"
	for name, err := range map[string]error{
		"Create":                store.Create(t.Context(), &u),
		"Get":                   err,
		"Update":                store.Update(t.Context(), &u),
		"Update with a Version": store.Update(t.Context(), &v),
		"Delete":                store.Delete(t.Context(), u),
		"Delete with a Version": store.Delete(t.Context(), v),
		"Setup":                 store.Setup(t.Context()),
	} {
		wantOutcome(t, err, unknown)
		if err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: the error is %v, without %s", name, err, why)
		}
		if err != nil {
			wantUser(t, u, before, err)
		}
	}
}

// A name that Elasticsearch would refuse, or that would be another path, is
// refused before any request.
func TestInvalidIndex(t *testing.T) {
	for _, name := range []string{
		"Users", "ußers", "üsers", "us ers", "users/", "/users", "users/_doc", "_users", "-users", "+users",
		".users", ".", "..", "../users", "users,people", "users*", "*", "_all", "users?refresh=true", "users#",
		"users%2f", `us"ers`, "us\ners", "us\x00ers", "users\xff", "<users-{now}>", "a:users", " ",
		strings.Repeat("x", 201),
	} {
		f := newFake(t) // without a script: no request is right
		store := esstore.New(f, &esstore.Options{Index: name})
		wantUnusable(t, store, "can't be an index")
	}
}

func TestValidIndex(t *testing.T) {
	for _, name := range []string{"a", "0", "users", "users-000001", "users.v2", "a_b-c.d", "9users", strings.Repeat("x", 200)} {
		f := newFake(t, nothing)
		_, err := esstore.New(f, &esstore.Options{Index: name}).Get(t.Context(), "key")
		wantOutcome(t, err, "ErrNotFound")
		if got := f.calls[0].path; !strings.HasPrefix(got, "/"+name+"/_doc/") {
			t.Errorf("the path is %s", got)
		}
	}
}

func TestDefaultIndex(t *testing.T) {
	for _, opts := range []*esstore.Options{nil, {}, {Index: "users"}} {
		f := newFake(t, nothing)
		_, err := esstore.New(f, opts).Get(t.Context(), "key")
		wantOutcome(t, err, "ErrNotFound")
		if !strings.HasPrefix(f.calls[0].path, "/users/") {
			t.Errorf("the path is %s", f.calls[0].path)
		}
	}
}

// The options are read by New, and may be used for another Store.
func TestOptionsAreCopied(t *testing.T) {
	f := newFake(t, nothing)
	opts := &esstore.Options{Index: "first"}
	store := esstore.New(f, opts)
	opts.Index = "second"
	_, err := store.Get(t.Context(), "key")
	wantOutcome(t, err, "ErrNotFound")
	if !strings.HasPrefix(f.calls[0].path, "/first/") {
		t.Errorf("the path is %s", f.calls[0].path)
	}
}

func TestNilTransport(t *testing.T) {
	wantUnusable(t, esstore.New(nil, nil), "transport is nil")
}
