package sqltest

import (
	"errors"
	"maps"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/sqlstore"
)

// A user with any key and any texts is kept byte for byte, or refused with ErrInvalid.
func FuzzRoundTrip(f *testing.F) {
	for _, seed := range [][3]string{
		{"ada@example.org", "Ada", "private"}, {"a'b\\c\"d", "\x00", "\x00\xff"}, {"\xff", "é e\u0301", ""},
		{"$1 ? :a @b", "{}", "null"}, {"\U0001f600\ufeff\u2028", "\u00ad\u200b", "[redacted]"}, {strings.Repeat("k", 2001), "", "x"},
	} {
		f.Add(seed[0], seed[1], []byte(seed[2]))
	}
	var all []*sqlstore.Store
	for _, newDatabase := range databases {
		d := newDatabase(f)
		all = append(all, setUp(f, d.DB, d.options))
	}
	f.Fuzz(func(t *testing.T, key, text string, private []byte) {
		for _, s := range all {
			testRoundTrip(t, s, key, text, private)
		}
	})
}

func testRoundTrip(t *testing.T, s *sqlstore.Store, key, text string, private []byte) {
	u := signup.User{
		ID: "id-" + text, Email: text, FirstName: text, LastName: text, PasswordHash: signup.Hash(text), SecurityStamp: text,
		Profile: map[string]string{text: text, "key": key}, Private: signup.Private(private),
	}
	u.SetKey(key, text)
	storable := u.Key() != "" && len(key) <= 2000 && len(private) <= signup.MaxPrivate
	for _, part := range []string{u.Key(), text, key} {
		storable = storable && utf8.ValidString(part) && !strings.Contains(part, "\x00")
	}
	err := s.Create(t.Context(), &u)
	if !storable {
		if !errors.Is(err, signup.ErrInvalid) {
			t.Fatalf("Create of a user who can't be stored: got the error %v, want ErrInvalid", err)
		}
		if _, err := s.Get(t.Context(), u.Key()); !errors.Is(err, signup.ErrNotFound) {
			t.Fatalf("Get after it: got the error %v, want ErrNotFound", err)
		}
		return
	}
	if err != nil {
		t.Fatalf("Create: got the error %v, want nil", err)
	}
	got, err := s.Get(t.Context(), u.Key())
	if err != nil || !got.Equal(u) || got.Key() != u.Key() || got.KeyRule() != u.KeyRule() || got.Version != u.Version || !maps.Equal(got.Profile, u.Profile) {
		t.Fatalf("Get: got the key %q, the text %q and the error %v; want %q, %q and nil", got.Key(), got.FirstName, err, u.Key(), u.FirstName)
	}
	if err := s.Update(t.Context(), &got); err != nil {
		t.Fatalf("Update: got the error %v, want nil", err)
	}
	if err := s.Delete(t.Context(), got); err != nil {
		t.Fatalf("Delete: got the error %v, want nil", err)
	}
}
