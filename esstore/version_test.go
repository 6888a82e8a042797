package esstore

import (
	"regexp"
	"strings"
	"testing"

	"github.com/gosignup/signup"
)

func versionedUser(version string) signup.User {
	u := signup.User{ID: "ID-4711", Email: "ada@example.org", Version: signup.Version(version)}
	u.SetKey("ada@example.org", signup.EmailRule)
	return u
}

func TestVersion(t *testing.T) {
	u := versionedUser("")
	owner := ownerOf(u.Key(), u.ID)
	for _, v := range []version{
		{"users-000001", 0, 1, owner, false},
		{"users-000001", 0, 0, owner, true},
		{"users-7", 1 << 53, 1 << 40, owner, false},
	} {
		got, ok := parseVersion(versionedUser(v.String()), "users")
		if !ok || got != v {
			t.Errorf("%s was read as %v, %t", v, got, ok)
		}
	}
}

// A version fits one user of one index only.
func TestVersionOfAnother(t *testing.T) {
	u := versionedUser("")
	good := version{"users-000001", 3, 1, ownerOf(u.Key(), u.ID), false}.String()
	if _, ok := parseVersion(versionedUser(good), "users"); !ok {
		t.Fatalf("%s was refused", good)
	}
	for name, change := range map[string]func(*signup.User){
		"another ID":  func(u *signup.User) { u.ID = "ID-4712" },
		"no ID":       func(u *signup.User) { u.ID = "" },
		"another key": func(u *signup.User) { u.SetKey("eve@example.org", signup.EmailRule) },
		"no key":      func(u *signup.User) { u.Email = "" },
	} {
		v := versionedUser(good)
		change(&v)
		if _, ok := parseVersion(v, "users"); ok {
			t.Errorf("%s: %s was taken", name, good)
		}
	}
	for _, alias := range []string{"user", "users-000001", "users-", "people", "users-00000"} {
		if _, ok := parseVersion(versionedUser(good), alias); ok {
			t.Errorf("alias %s: %s was taken", alias, good)
		}
	}
	for _, index := range []string{"users", "users-", "users-x", "users-1x", "users-1-1", "people-1", "Users-1", "users-١", "users-1/..", ""} {
		bad := strings.Replace(good, "users-000001", index, 1)
		if _, ok := parseVersion(versionedUser(bad), "users"); ok {
			t.Errorf("%s was taken", bad)
		}
	}
}

// Two users' owners differ even if their keys and IDs run together to the same
// text.
func TestOwner(t *testing.T) {
	if ownerOf("ab", "c") == ownerOf("a", "bc") {
		t.Error("ownerOf(ab, c) = ownerOf(a, bc)")
	}
}

// Versions come from the application, which may have kept them anywhere: only
// what String gives is one, so that no other text gets into a URL.
func FuzzVersion(f *testing.F) {
	u := versionedUser("")
	of := ownerOf(u.Key(), u.ID)
	owner := string(of[:])
	for _, seed := range []string{
		"", "/", "///", "////", "superseded", "users-000001/0/1/" + owner, "users-000001/3/1/", "users-000001/3/1",
		"users-000001/+3/1/" + owner, "users-000001/03/1/" + owner, "users-000001/-1/1/" + owner,
		"users-000001/-0/1/" + owner, "users-000001/ 3/1/" + owner, "users-000001/0x3/1/" + owner,
		"users-000001/1_0/1/" + owner, "users-000001/9223372036854775807/1/" + owner,
		"users-000001/9223372036854775808/1/" + owner, "users-000001/3//" + owner, "users-000001/3/1/" + owner + "/",
		"users-000001/3/1/" + owner + "/x", "users-000001/3/1/" + owner + "/y", "users-000001/3/1/" + owner + "/x/x",
		"users-000001/3/1/" + owner + "\n", "users/3/1/" + owner, "users-/3/1/" + owner, "../3/1/" + owner,
		"users-1?refresh=true/3/1/" + owner, "users-1%2f/3/1/" + owner, "users-1\x00/3/1/" + owner, "\xff/\xff/\xff/\xff",
	} {
		f.Add(seed)
	}
	form := regexp.MustCompile(`^users-[0-9]+/(0|[1-9][0-9]*)/(0|[1-9][0-9]*)/[A-Za-z0-9_-]{22}(/x)?$`)
	f.Fuzz(func(t *testing.T, text string) {
		v, ok := parseVersion(versionedUser(text), "users")
		if !ok {
			return
		}
		if v.String() != text || !form.MatchString(text) || strings.HasSuffix(text, "\n") {
			t.Errorf("%q was read as %v", text, v)
		}
	})
}

// The id of a document is for good: a change would lose every user.
func TestDocumentID(t *testing.T) {
	for key, want := range map[string]string{
		"":                   "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
		"ada.qx@example.org": "JfIpt2RmI-Sja9YK9Vgf23CzJkkjO4mb7TjZFxBIXWU",
	} {
		if got := documentID(key); got != want {
			t.Errorf("documentID(%q) = %s, instead of %s", key, got, want)
		}
	}
	seen := map[string]string{}
	safe := regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)
	for _, key := range []string{"", "a", "A", "a ", "a\x00", "\xff", "../..", "é", "e\u0301", strings.Repeat("x", 100_000)} {
		id := documentID(key)
		if !safe.MatchString(id) {
			t.Errorf("the id of %.20q is %s", key, id)
		}
		if other, ok := seen[id]; ok {
			t.Errorf("%.20q and %.20q share an id", key, other)
		}
		seen[id] = key
	}
}
