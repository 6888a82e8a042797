package esstore_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

// testInvalid checks that Create refuses a user so changed, on its own.
func testInvalid(t *testing.T, change func(*signup.User)) {
	t.Helper()
	requests := 0
	store := esstore.New(transportFunc(func(*http.Request) (*http.Response, error) {
		requests++
		return response(http.StatusCreated, doneBody("created", 0)), nil
	}), nil)
	u := newUser()
	change(&u)
	before := clone(u)
	err := store.Create(t.Context(), &u)
	wantOutcome(t, err, "ErrInvalid")
	wantUser(t, u, before, err)
	if requests > 0 {
		t.Errorf("%d requests were made", requests)
	}
}

// JSON has no way to keep text that isn't UTF-8: it would come back as another.
func TestNotUTF8(t *testing.T) {
	for name, change := range map[string]func(u *signup.User, text string){
		"ID":           func(u *signup.User, text string) { u.ID = text },
		"Email":        func(u *signup.User, text string) { u.Email = text; u.SetKey("key", signup.EmailRule) },
		"key":          func(u *signup.User, text string) { u.SetKey(text, signup.EmailRule) },
		"FirstName":    func(u *signup.User, text string) { u.FirstName = text },
		"LastName":     func(u *signup.User, text string) { u.LastName = text },
		"PasswordHash": func(u *signup.User, text string) { u.PasswordHash = signup.Hash(text) },
		"SecurityStamp": func(u *signup.User, text string) {
			u.SecurityStamp = text
		},
		"profile name": func(u *signup.User, text string) { u.Profile[text] = "value" },
		"profile value": func(u *signup.User, text string) {
			u.Profile["name"] = text
		},
	} {
		for _, text := range []string{"\xff", "a\xc3", "\xed\xa0\x80", "\xc0\xaf"} {
			t.Run(name, func(t *testing.T) {
				testInvalid(t, func(u *signup.User) { change(u, text) })
			})
		}
	}
}

// An Update is no less strict. It can't change ID or key.
func TestUpdateNotUTF8(t *testing.T) {
	for name, change := range map[string]func(*signup.User){
		"Email": func(u *signup.User) {
			key := u.Key()
			u.Email = "\xff"
			u.SetKey(key, signup.EmailRule)
		},
		"FirstName":     func(u *signup.User) { u.FirstName = "\xff" },
		"LastName":      func(u *signup.User) { u.LastName = "\xff" },
		"PasswordHash":  func(u *signup.User) { u.PasswordHash = signup.Hash("\xff") },
		"SecurityStamp": func(u *signup.User) { u.SecurityStamp = "\xff" },
		"profile name":  func(u *signup.User) { u.Profile["\xff"] = "" },
		"profile value": func(u *signup.User) { u.Profile["name"] = "\xff" },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			u := f.stored(t)
			change(&u)
			before := clone(u)
			err := f.store().Update(t.Context(), &u)
			wantOutcome(t, err, "ErrInvalid")
			wantUser(t, u, before, err)
		})
	}
}

func TestNobody(t *testing.T) {
	testInvalid(t, func(u *signup.User) { *u = signup.User{} })
	testInvalid(t, func(u *signup.User) { u.ID = "" })
	testInvalid(t, func(u *signup.User) { u.Email = "no address" })
}

// What Elasticsearch refuses to index can't be kept: its indices take terms of
// up to 32766 bytes, and no name in a flattened object with a NUL.
func TestNotIndexable(t *testing.T) {
	long := strings.Repeat("x", 32767)
	for name, change := range map[string]func(*signup.User){
		"long ID":                  func(u *signup.User) { u.ID = long },
		"long key":                 func(u *signup.User) { u.SetKey(long, signup.EmailRule) },
		"long Email":               func(u *signup.User) { u.Email = long; u.SetKey("key", signup.EmailRule) },
		"long name in the profile": func(u *signup.User) { u.Profile[long] = "" },
		"profile name with a NUL":  func(u *signup.User) { u.Profile["a\x00b"] = "" },
	} {
		t.Run(name, func(t *testing.T) { testInvalid(t, change) })
	}
}

// A user whom Get would refuse to read must not be stored.
func TestTooLargeToRead(t *testing.T) {
	testInvalid(t, func(u *signup.User) { u.LastName = strings.Repeat("x", 1<<20) })
}

func TestPrivateTooLong(t *testing.T) {
	testInvalid(t, func(u *signup.User) { u.Private = signup.Private(strings.Repeat("x", signup.MaxPrivate+1)) })
}

// Private comes back byte for byte, up to its greatest length.
func TestPrivate(t *testing.T) {
	for _, private := range []string{"", "\x00", "\xff\xfe", "<&>é", strings.Repeat("\xfb\xff", signup.MaxPrivate/2)} {
		f := newFake(t, created, foundLast(0))
		u := newUser()
		u.Private = signup.Private(private)
		if err := f.store().Create(t.Context(), &u); err != nil {
			t.Fatal(err)
		}
		got, err := f.store().Get(t.Context(), u.Key())
		if err != nil || got.Private != u.Private {
			t.Errorf("Private came back as %.20q, error %v, want %.20q", string(got.Private), err, private)
		}
	}
}

// What is zero has no member, so that an index of an older schema takes it.
func TestZeroMembers(t *testing.T) {
	for _, zero := range []time.Time{{}, time.Time{}.In(time.FixedZone("east", 3600))} {
		f := newFake(t, created, foundLast(0))
		u := newUser()
		u.EmailVerifiedAt, u.SecurityStamp, u.Private = zero, "", ""
		if err := f.store().Create(t.Context(), &u); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"email_verified_at", "security_stamp", "private", "placeholder"} {
			if strings.Contains(f.writes[0], name) {
				t.Errorf("the document has %s", name)
			}
		}
		got, err := f.store().Get(t.Context(), u.Key())
		if err != nil || !got.EmailVerifiedAt.IsZero() || !got.Equal(u) {
			t.Errorf("Get returned another user, error %v", err)
		}
	}
}

// Any text that is UTF-8 comes back as it was.
func TestTexts(t *testing.T) {
	for _, text := range []string{
		"\x00", "\u2028<&>\"\\/", "\ufffd", "é", "e\u0301", "😀", "\ufeff", " a ", "a\nb", strings.Repeat("é", 8000),
	} {
		f := newFake(t, created, foundLast(0), updated)
		u := newUser()
		u.FirstName, u.LastName, u.PasswordHash = text, text, signup.Hash(text)
		u.SecurityStamp = text
		u.Profile["company"] = text
		if err := f.store().Create(t.Context(), &u); err != nil {
			t.Fatal(err)
		}
		got, err := f.store().Get(t.Context(), u.Key())
		if err != nil {
			t.Fatal(err)
		}
		if !got.Equal(u) {
			t.Errorf("the text %.20q came back as %.20q", text, got.FirstName)
		}
		if err := f.store().Update(t.Context(), &got); err != nil {
			t.Errorf("the text %.20q: %v", text, err)
		}
	}
}
