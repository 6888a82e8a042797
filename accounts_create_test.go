package signup_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
	"github.com/gosignup/signup/memstore"
)

// A reversed format is an application's own: the password backwards, after a mark.
// It is no format for passwords.
type reversedFormat struct{}

func (reversedFormat) ParseHash(h signup.Hash) (signup.ParsedHash, bool) {
	backwards, ok := strings.CutPrefix(string(h), "$reversed$")
	if !ok {
		return signup.ParsedHash{}, false
	}
	return signup.ParsedHash{
		Scheme: "reversed", Work: signup.Work{Rounds: 1},
		Matches: func(password []byte) bool {
			var b strings.Builder
			for i := len(password) - 1; i >= 0; i-- {
				b.WriteByte(password[i])
			}
			return b.String() == backwards
		},
	}, true
}

// A markingHasher marks its hashes, as a Hasher with a pepper does.
type markingHasher struct{ signup.Bcrypt }

const hashMark = "$marked$"

func (m markingHasher) Hash(password string) (signup.Hash, error) {
	h, err := m.Bcrypt.Hash(password)
	return hashMark + h, err
}

func (m markingHasher) Verify(h signup.Hash, password string) bool {
	inner, marked := strings.CutPrefix(string(h), hashMark)
	return marked && m.Bcrypt.Verify(signup.Hash(inner), password)
}

func (m markingHasher) NeedsRehash(h signup.Hash) bool {
	inner, marked := strings.CutPrefix(string(h), hashMark)
	return !marked || m.Bcrypt.NeedsRehash(signup.Hash(inner))
}

const reversedHash = "$reversed$yrettab esroh tcerroc" // of goodPassword

// An application's own format logs its users in, and is replaced at the log-in.
func TestHashFormats(t *testing.T) {
	a := newAccounts()
	a.HashFormats = []signup.HashFormat{reversedFormat{}}
	u := signup.User{Email: "a@b.example", Active: true, PasswordHash: reversedHash}
	if err := a.Create(t.Context(), &u); err != nil {
		t.Fatalf("Create returned %v, want nil", err)
	}
	if ok, _ := logsIn(t, a, change(goodPassword)); ok {
		t.Error("got a log-in with another password, want none")
	}
	ok, h := logsIn(t, a, goodPassword)
	if !ok || cheap.NeedsRehash(h) {
		t.Errorf("got a log-in: %t, and a hash that needs a rehash: %t; want true, false", ok, cheap.NeedsRehash(h))
	}
	if ok, _ := logsIn(t, a, goodPassword); !ok {
		t.Error("got no second log-in, want one")
	}
}

// CheckHash refuses what no log-in would verify, and doesn't quote it.
func TestCheckHash(t *testing.T) {
	plain, marking := newAccounts(), newAccounts()
	marking.Hasher = markingHasher{cheap}
	added := newAccounts()
	added.HashFormats = []signup.HashFormat{reversedFormat{}}
	own, err := marking.Hasher.Hash(goodPassword)
	if err != nil {
		t.Fatalf("Hash returned %v, want nil", err)
	}
	for _, c := range []struct {
		name     string
		accounts *signup.Accounts
		hash     signup.Hash
		ok       bool
	}{
		{"no password yet", plain, "", true},
		{"bcrypt", plain, aBcrypt, true},
		{"Django's", plain, aDjango, true},
		{"too costly", plain, signup.Hash(replace(aBcrypt, "$04$", "$31$")), false},
		{"not a hash", plain, "not a hash", false},
		{"phpass", plain, "$P$HdrfxYzm.16PFAN6NF0ouhKabXFgEY.", false},
		{"trailing line break", plain, aBcrypt + "\n", false},
		{"the password itself", plain, "{noop}" + goodPassword, false},
		{"1 MiB", plain, signup.Hash(strings.Repeat("x", 1<<20)), false},
		{"the Hasher's own", marking, own, true},
		{"another Hasher's", plain, own, false},
		{"an added format", added, reversedHash, true},
		{"a format that isn't added", plain, reversedHash, false},
	} {
		err := c.accounts.CheckHash(c.hash)
		if c.ok != (err == nil) || err != nil && !errors.Is(err, signup.ErrInvalid) {
			t.Errorf("%s: CheckHash returned %v, want an error: %t", c.name, err, !c.ok)
		}
		if err != nil && strings.Contains(err.Error(), string(c.hash[:min(len(c.hash), 10)])) {
			t.Errorf("%s: CheckHash returned %q, want an error that doesn't quote the hash", c.name, err)
		}
		u := signup.User{Email: "bob@example.org", PasswordHash: c.hash}
		if strings.HasPrefix(string(c.hash), "$P$") != (err != nil && strings.Contains(err.Error(), "module legacyhash verifies")) {
			t.Errorf("%s: CheckHash returned %v, want the module's name for phpass alone", c.name, err)
		}
		err = c.accounts.Create(t.Context(), &u)
		if c.ok != (err == nil) || c.ok == (u.ID == "") {
			t.Errorf("%s: Create returned %v and the ID %q, want an error: %t", c.name, err, u.ID, !c.ok)
		}
		if err == nil {
			if err := c.accounts.Store.Delete(t.Context(), u); err != nil {
				t.Errorf("Delete returned %v, want nil", err)
			}
		}
	}
}

// Create stores what it is given, sets what is missing, and refuses what Register
// would.
func TestCreate(t *testing.T) {
	a := &signup.Accounts{Store: memstore.New(), Hasher: cheap}
	u := signup.User{Email: adaEmail, FirstName: "Ada", Active: true, Profile: map[string]string{"company": "Engines"}}
	if err := a.Create(t.Context(), &u); err != nil {
		t.Fatalf("Create returned %v, want nil", err)
	}
	if u.ID == "" || u.SecurityStamp == "" || u.CreatedAt.IsZero() || !u.UpdatedAt.Equal(u.CreatedAt) || u.Version == "" {
		t.Errorf("Create set %+v, want an ID, a stamp, both times and a Version", u)
	}
	stored, err := a.Store.Get(t.Context(), u.Key())
	if err != nil || !stored.Equal(u) || stored.Version != u.Version {
		t.Errorf("Get returned %+v, %v; want the user as created", stored, err)
	}
	if _, err := a.Authenticate(t.Context(), adaEmail, ""); !errors.Is(err, signup.ErrBadCredentials) {
		t.Errorf("Authenticate without a password returned %v, want ErrBadCredentials", err)
	}
	for name, c := range map[string]struct {
		user signup.User
		want error
	}{
		"address": {signup.User{Email: "ada"}, signup.ErrInvalid},
		"name":    {signup.User{Email: "b@example.org", FirstName: "a\x00"}, signup.ErrInvalid},
		"taken":   {signup.User{Email: adaEmail}, signup.ErrExists},
		"again":   {signup.User{ID: u.ID, Email: adaEmail}, signup.ErrReplayed},
	} {
		before := c.user
		if err := a.Create(t.Context(), &c.user); !errors.Is(err, c.want) {
			t.Errorf("%s: Create returned %v, want %v", name, err, c.want)
		}
		if !c.user.Equal(before) {
			t.Errorf("%s: Create changed the user to %+v, want it unchanged", name, c.user)
		}
	}
}

// Create refuses, in any Store, a user whose address would be taken for good, one that
// couldn't log in, and one that couldn't be encoded.
func TestCreateUnusable(t *testing.T) {
	late := time.Unix(1417906500123, 0) // milliseconds, taken for seconds
	for _, c := range []struct {
		name   string
		change func(*signup.User)
		ok     bool
	}{
		{"plain", func(*signup.User) {}, true},
		{"placeholder", func(u *signup.User) { u.Placeholder = true }, false},
		{"placeholder with a claim", func(u *signup.User) { u.Placeholder, u.Private = true, `{"held_for":"bob@example.org"}` }, false},
		{"Private that isn't JSON", func(u *signup.User) { u.Private = "garbage" }, false},
		{"Private that is an array", func(u *signup.User) { u.Private = "[]" }, false},
		{"Private that is null", func(u *signup.User) { u.Private = "null" }, false},
		{"Private with more behind it", func(u *signup.User) { u.Private = "{}{}" }, false},
		{"Private with wrong devices", func(u *signup.User) { u.Private = `{"devices":[{}]}` }, false},
		{"Private with devices twice", func(u *signup.User) { u.Private = `{"devices":[],"devices":[]}` }, false},
		{"Private that isn't UTF-8", func(u *signup.User) { u.Private = "{\"x\":\"\xff\"}" }, true}, // kept byte for byte
		{"empty object", func(u *signup.User) { u.Private = "{}" }, true},
		{"Private of another version", func(u *signup.User) { u.Private = `{"devices":[],"shoe_size":47}` }, true},
		{"Private of the greatest length", func(u *signup.User) {
			u.Private = signup.Private(`{"x":"` + strings.Repeat("x", signup.MaxPrivate-8) + `"}`)
		}, true},
		{"created after the year 9999", func(u *signup.User) { u.CreatedAt = late }, false},
		{"updated after the year 9999", func(u *signup.User) { u.UpdatedAt = late }, false},
		{"verified after the year 9999", func(u *signup.User) { u.EmailVerifiedAt = late }, false},
		{"after the year 9999 in UTC", func(u *signup.User) {
			u.CreatedAt = time.Date(9999, 12, 31, 23, 0, 0, 0, time.FixedZone("west", -3600))
		}, false},
		{"at the end of the year 9999 in UTC", func(u *signup.User) {
			u.CreatedAt = time.Date(10000, 1, 1, 0, 0, 0, 0, time.FixedZone("east", 3600))
		}, true},
		{"created before the year 1", func(u *signup.User) { u.CreatedAt = time.Date(0, 12, 31, 23, 0, 0, 0, time.UTC) }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := newAccounts()
			created := 0
			a.Store = fakestore.Store{Store: a.Store, OnCreate: func(_ context.Context, u *signup.User) error {
				created++ // and accepts anything, as a wrong Store does
				return nil
			}}
			u := signup.User{Email: adaEmail, Active: true, PasswordHash: aBcrypt}
			c.change(&u)
			before := u
			err := a.Create(t.Context(), &u)
			if c.ok != (err == nil) || err != nil && !errors.Is(err, signup.ErrInvalid) || c.ok != (created == 1) {
				t.Errorf("Create returned %v and stored %d users, want ErrInvalid and none: %t", err, created, !c.ok)
			}
			if err != nil && !u.Equal(before) {
				t.Errorf("Create changed the user to %+v, want it unchanged", u)
			}
			if err != nil && strings.Contains(err.Error(), "garbage") {
				t.Errorf("Create returned %q, want an error that doesn't quote Private", err)
			}
		})
	}
}

// What Create has stored logs in, with each Private that it accepts.
func TestCreateLogsIn(t *testing.T) {
	for _, private := range []signup.Private{"", "{}", `{"shoe_size":47}`, `{"link_log_ins":3}`} {
		a := newAccounts()
		h, err := a.Hasher.Hash(goodPassword)
		if err != nil {
			t.Fatalf("Hash returned %v, want nil", err)
		}
		u := signup.User{Email: adaEmail, Active: true, PasswordHash: h, Private: private}
		if err := a.Create(t.Context(), &u); err != nil {
			t.Errorf("%s: Create returned %v, want nil", string(private), err)
		}
		if _, err := a.LogIn(t.Context(), adaEmail, goodPassword, signup.Client{}); err != nil {
			t.Errorf("%s: LogIn returned %v, want nil", string(private), err)
		}
	}
}
