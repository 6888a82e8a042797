package signup_test

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
)

// profileFields are those of the tests in this file.
var profileFields = []signup.ProfileField{
	{Name: "company", Required: true},
	{Name: "bio", Multiline: true},
	{Name: "role", ReadOnly: true},
	{Name: "note", Hidden: true},
	{Name: "colour", Validate: func(_ context.Context, v string) error {
		if v != "blue" {
			return signup.FieldError{Code: "no_colour"}
		}
		return nil
	}},
}

var storedProfile = map[string]string{"company": "Analytical Engines", "role": "user", "note": "a", "colour": "old red", "undeclared": "kept"}

// profileAccounts returns Accounts with profileFields, and a Session of a user.
func profileAccounts(t testing.TB) (*signup.Accounts, signup.Session) {
	a := newAccounts()
	a.Fields = profileFields
	return a, logInAda(t, a, func(u *signup.User) { u.Profile = maps.Clone(storedProfile) })
}

func TestChangeProfile(t *testing.T) {
	long := strings.Repeat("a", 256)
	set := func(name, value string) func(*signup.User) {
		return func(u *signup.User) { u.Profile[name] = value }
	}
	for name, c := range map[string]struct {
		change func(*signup.User)
		want   func(*signup.User) // nil: no change
		codes  string
	}{
		"nothing":         {change: func(*signup.User) {}},
		"the same name":   {change: func(u *signup.User) { u.FirstName = " Ada " }},
		"UpdatedAt":       {change: func(u *signup.User) { u.UpdatedAt = time.Now() }},
		"names":           {func(u *signup.User) { u.FirstName, u.LastName = " Augusta ", "" }, func(u *signup.User) { u.FirstName, u.LastName = "Augusta", "" }, ""},
		"a field":         {set("company", " Example "), set("company", "Example"), ""},
		"a field, kept":   {set("bio", " a\nb "), set("bio", " a\nb "), ""},
		"a hidden field":  {set("note", "b"), set("note", "b"), ""},
		"no hidden field": {set("note", " "), func(u *signup.User) { delete(u.Profile, "note") }, ""},
		"an accepted one": {set("colour", "blue"), set("colour", "blue"), ""},
		"a deletion":      {func(u *signup.User) { delete(u.Profile, "colour") }, func(u *signup.User) { delete(u.Profile, "colour") }, ""},
		"a form": {func(u *signup.User) {
			u.Profile = map[string]string{"company": "B", "role": "admin", "other": "x"}
		}, func(u *signup.User) {
			u.Profile = map[string]string{"company": "B", "role": "user", "undeclared": "kept"}
		}, ""},
		"read only":        {change: set("role", "admin")},
		"no read only":     {change: func(u *signup.User) { delete(u.Profile, "role") }},
		"undeclared":       {change: set("undeclared", "changed")},
		"not undeclared":   {change: func(u *signup.User) { delete(u.Profile, "undeclared") }},
		"a new undeclared": {change: set("other", "x")},
		"required":         {change: set("company", " "), codes: "company required"},
		"none":             {change: func(u *signup.User) { u.Profile = nil }, codes: "company required"},
		"line break":       {change: set("company", "a\nb"), codes: "company line_breaks"},
		"its own rule":     {change: set("colour", "red"), codes: "colour no_colour"},
		"all wrong": {change: func(u *signup.User) {
			u.FirstName, u.LastName, u.Profile = long, "a\nb", map[string]string{"colour": "red"}
		}, codes: "first_name too_long, last_name line_breaks, company required, colour no_colour"},
	} {
		t.Run(name, func(t *testing.T) {
			a, s := profileAccounts(t)
			before := getUser(t, a.Store, s.Key)
			u, err := a.ChangeProfile(t.Context(), s, func(u *signup.User) error { c.change(u); return nil })
			if got := codesOf(err); got != c.codes || err != nil && c.codes == "" {
				t.Fatalf("ChangeProfile returned %v with the codes %q, want %q", err, got, c.codes)
			}
			after := getUser(t, a.Store, s.Key)
			wantSession(t, a, s, nil)
			if c.want == nil {
				if after.Version != before.Version || err == nil && !u.Equal(before) {
					t.Errorf("a user with the profile %v was stored or returned, want nothing stored", after.Profile)
				}
				return
			}
			want := before
			want.Profile = maps.Clone(before.Profile)
			c.want(&want)
			want.UpdatedAt = after.UpdatedAt
			want.Private = after.Private // with the event
			if !after.Equal(want) || !u.Equal(want) || u.Version != after.Version || time.Since(after.UpdatedAt) > time.Minute {
				t.Errorf("stored %s %s with the profile %v, want %s %s with %v and the present UpdatedAt, and so returned",
					after.FirstName, after.LastName, after.Profile, want.FirstName, want.LastName, want.Profile)
			}
		})
	}
}

// codesOf returns the fields of a *ValidationError and their codes.
func codesOf(err error) string {
	var invalid *signup.ValidationError
	if !errors.As(err, &invalid) {
		return ""
	}
	var codes []string
	for _, f := range invalid.Fields {
		codes = append(codes, f.Field+" "+f.Code)
	}
	return strings.Join(codes, ", ")
}

// A change of any other field is refused, and isn't stored.
func TestChangeProfileOfOtherFields(t *testing.T) {
	allowed := map[string]bool{"FirstName": true, "LastName": true, "Profile": true, "UpdatedAt": true}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[signup.User]()) {
		if !f.IsExported() || allowed[f.Name] {
			continue
		}
		a, s := profileAccounts(t)
		before := getUser(t, a.Store, s.Key)
		_, err := a.ChangeProfile(t.Context(), s, func(u *signup.User) error {
			u.FirstName = "Augusta"
			field := reflect.ValueOf(u).Elem().FieldByIndex(f.Index)
			switch {
			case f.Type == reflect.TypeFor[time.Time]():
				field.Set(reflect.ValueOf(time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)))
			case f.Type.Kind() == reflect.Bool:
				field.SetBool(!field.Bool())
			default:
				field.SetString("changed")
			}
			return nil
		})
		if after := getUser(t, a.Store, s.Key); err == nil || errors.Is(err, signup.ErrInvalid) || after.Version != before.Version {
			t.Errorf("a change of %s returned %v, or was stored; want an error, and nothing stored", f.Name, err)
		}
		checkNoSecrets(t, err)
	}
}

func TestChangeProfileErrors(t *testing.T) {
	checkEnded(t, false, func(a *signup.Accounts, s signup.Session) error {
		_, err := a.ChangeProfile(t.Context(), s, func(u *signup.User) error { u.FirstName = "Augusta"; return nil })
		return err
	})
	a, s := profileAccounts(t)
	own := errors.New("not on Sundays")
	if u, err := a.ChangeProfile(t.Context(), s, func(*signup.User) error { return own }); err != own || u.ID != "" {
		t.Errorf("ChangeProfile returned %v, %v; want the error of change", u, err)
	}
	// An old proof suffices.
	if _, err := a.ChangeProfile(t.Context(), stale(s), func(u *signup.User) error { u.FirstName = "Augusta"; return nil }); err != nil {
		t.Errorf("ChangeProfile with an old proof returned %v, want nil", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	a.Fields = []signup.ProfileField{{Name: "company", Validate: func(context.Context, string) error { cancel(); return errors.New("canceled") }}}
	a = &signup.Accounts{Store: a.Store, Hasher: cheap, Fields: a.Fields}
	if _, err := a.ChangeProfile(ctx, s, func(u *signup.User) error { u.Profile["company"] = "B"; return nil }); err != context.Canceled {
		t.Errorf("with a context that ends during the check, ChangeProfile returned %v, want context.Canceled", err)
	}
}

// What change does to the User that it gets changes no other copy of it.
func TestChangeProfileKeepsOldCopies(t *testing.T) {
	a, s := profileAccounts(t)
	shared := getUser(t, a.Store, s.Key)
	a.Store = fakestore.Store{Store: a.Store, OnGet: func(context.Context, string) (signup.User, error) { return shared, nil }}
	if _, err := a.ChangeProfile(t.Context(), s, func(u *signup.User) error { u.Profile["company"] = "B"; return nil }); err != nil {
		t.Fatalf("ChangeProfile returned %v, want nil", err)
	}
	if !maps.Equal(shared.Profile, storedProfile) {
		t.Errorf("the Profile that Get returned is %v, want it unchanged: %v", shared.Profile, storedProfile)
	}
}

// A change that conflicts with itself is made, and is stored once more to be durable.
func TestChangeProfileConflictsWithItself(t *testing.T) {
	a, s := profileAccounts(t)
	failing, updates := conflictAfter(a.Store, 1)
	a.Store = failing
	u, err := a.ChangeProfile(t.Context(), s, func(u *signup.User) error { u.FirstName = "Augusta"; return nil })
	if err != nil || u.FirstName != "Augusta" || *updates != 2 || getUser(t, a.Store, s.Key).Version != u.Version {
		t.Errorf("ChangeProfile returned %v, %v after %d Updates; want the changed user as stored, nil and 2", u, err, *updates)
	}
}
