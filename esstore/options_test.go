package esstore_test

import (
	"strings"
	"testing"

	"github.com/gosignup/signup/esstore"
)

// wantUnusable checks that every method of store fails with an error that contains why.
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
			t.Errorf("%s: got error %v, want one that contains %q", name, err, why)
		}
		if err != nil {
			wantUser(t, u, before, err)
		}
	}
}

// An alias that Elasticsearch would refuse, or that would change the path, is
// refused before any request.
func TestInvalidAlias(t *testing.T) {
	for _, name := range []string{
		"Users", "ußers", "üsers", "us ers", "users/", "/users", "users/_doc", "_users", "-users", "+users",
		".users", ".", "..", "../users", "users,people", "users*", "*", "_all", "users?refresh=true", "users#",
		"users%2f", `us"ers`, "us\ners", "us\x00ers", "users\xff", "<users-{now}>", "a:users", " ",
		strings.Repeat("x", 201),
	} {
		f := newFake(t) // without a script, so that any request fails the test
		store := esstore.New(f, &esstore.Options{Alias: name})
		wantUnusable(t, store, "invalid alias")
	}
}

func TestValidAlias(t *testing.T) {
	for _, name := range []string{"a", "0", "users", "users-000001", "users.v2", "a_b-c.d", "9users", strings.Repeat("x", 200)} {
		f := newFake(t, nothingIn(name+"-000001"))
		_, err := esstore.New(f, &esstore.Options{Alias: name}).Get(t.Context(), "key")
		wantOutcome(t, err, "ErrNotFound")
		if got := f.calls[0].path; !strings.HasPrefix(got, "/"+name+"/_doc/") {
			t.Errorf("got path %s, want one of the alias %s", got, name)
		}
	}
}

func TestDefaultAlias(t *testing.T) {
	for _, opts := range []*esstore.Options{nil, {}, {Alias: "users"}} {
		f := newFake(t, nothing)
		_, err := esstore.New(f, opts).Get(t.Context(), "key")
		wantOutcome(t, err, "ErrNotFound")
		if !strings.HasPrefix(f.calls[0].path, "/users/") {
			t.Errorf("got path %s, want one of the alias", f.calls[0].path)
		}
	}
}

// New copies the options, so they can be changed afterwards.
func TestOptionsAreCopied(t *testing.T) {
	f := newFake(t, nothingIn("first-000001"))
	opts := &esstore.Options{Alias: "first"}
	store := esstore.New(f, opts)
	opts.Alias = "second"
	_, err := store.Get(t.Context(), "key")
	wantOutcome(t, err, "ErrNotFound")
	if !strings.HasPrefix(f.calls[0].path, "/first/") {
		t.Errorf("got path %s, want one of the alias", f.calls[0].path)
	}
}

func TestNilTransport(t *testing.T) {
	wantUnusable(t, esstore.New(nil, nil), "transport is nil")
}
