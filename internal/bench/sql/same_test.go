package sql

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/sqlstore"
)

// What is compared does the same: a user that was stored by hand, one at a time or by
// load, is read by the Store as it was, and a held key is refused by both.
func TestSame(t *testing.T) {
	for _, dialect := range []sqlstore.Dialect{sqlstore.PostgreSQL, sqlstore.SQLite} {
		t.Run(dialect.String(), func(t *testing.T) {
			table, _ := open(t, dialect).newTable(t)
			users := newUsers(3)
			create := table.creator(users)
			if err := create(t.Context(), 0); err != nil {
				t.Fatalf("create by hand: got the error %v, want nil", err)
			}
			if err := table.load(t.Context(), table.valuesOf(users[1:2])); err != nil {
				t.Fatalf("load: got the error %v, want nil", err)
			}
			if err := table.store.Create(t.Context(), &users[2]); err != nil {
				t.Fatalf("Store.Create: got the error %v, want nil", err)
			}
			for i, want := range users {
				wantStored(t, table, fmt.Sprintf("user %d", i), want)
			}
			if err := create(t.Context(), 0); !errors.Is(err, errExists) {
				t.Errorf("create by hand again: got the error %v, want %v", err, errExists)
			}
			if err := table.load(t.Context(), table.valuesOf(users[1:2])); err == nil {
				t.Error("load again: got no error, want one")
			}
		})
	}
}

// wantStored reads the user by the Store and by hand.
func wantStored(t *testing.T, table *table, name string, want signup.User) {
	t.Helper()
	got, err := table.store.Get(t.Context(), want.Key())
	if err != nil {
		t.Fatalf("%s: Store.Get: got the error %v, want nil", name, err)
	}
	got.Version, want.Version = "", ""
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: Store.Get: got another user than was stored, want the same: got %+v, want %+v", name, got, want)
	}
	if err := table.read(t.Context(), want.Key()); err != nil {
		t.Errorf("%s: read by hand: got the error %v, want nil", name, err)
	}
	if err := table.read(context.Background(), "ada@example.com"); err == nil {
		t.Errorf("%s: read a missing key by hand: got no error, want one", name)
	}
}
