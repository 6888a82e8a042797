package signup_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
	"golang.org/x/text/unicode/norm"
)

func TestRegister(t *testing.T) {
	ctx := t.Context()
	a := newAccounts()
	a.Fields = []signup.ProfileField{{Name: "company"}, {Name: "locale"}}
	profile := map[string]string{"company": "Analytical Engines", "locale": "", "admin": "yes"}
	before := time.Now().Truncate(time.Millisecond)
	u, err := a.Register(ctx, signup.Registration{
		Email: "Ada@Example.org", Password: goodPassword, FirstName: "Ada", LastName: "Lovelace", Profile: profile,
	})
	if err != nil {
		t.Fatalf("Register returned %v, want nil", err)
	}
	if u.Email != "Ada@Example.org" || u.Key() != "ada@example.org" || u.FirstName != "Ada" || u.LastName != "Lovelace" ||
		!u.Active || len(u.ID) < 22 || strings.Contains(u.ID, "ada") || u.Version == "" ||
		!reflect.DeepEqual(u.Profile, map[string]string{"company": "Analytical Engines"}) {
		t.Errorf("Register returned %#v with the address %q, key %q, names %q and %q, profile %v, version %q; want an active user as registered, with a random ID and a version", u, u.Email, u.Key(), u.FirstName, u.LastName, u.Profile, string(u.Version))
	}
	if u.CreatedAt.Before(before) || u.CreatedAt.After(time.Now()) || u.CreatedAt.Location() != time.UTC ||
		u.CreatedAt.Nanosecond()%1e6 != 0 || u.UpdatedAt != u.CreatedAt {
		t.Errorf("got CreatedAt %s, UpdatedAt %s; want both the present time in UTC, to the millisecond, and not before %s", u.CreatedAt, u.UpdatedAt, before)
	}
	if !u.CheckPassword(goodPassword) || u.CheckPassword(goodPassword+"!") {
		t.Errorf("CheckPassword returned %t for the password, %t for another; want true, false", u.CheckPassword(goodPassword), u.CheckPassword(goodPassword+"!"))
	}
	profile["company"] = "X"
	stored, err := a.Store.Get(ctx, "ada@example.org")
	if err != nil || !stored.Equal(u) || stored.Profile["company"] != "Analytical Engines" {
		t.Errorf("Get returned %v, company %q, %v; want %v, Analytical Engines, nil", stored, stored.Profile["company"], err, u)
	}
	other, err := a.Register(ctx, signup.Registration{Email: "b@example.org", Password: goodPassword})
	if err != nil || other.ID == u.ID {
		t.Errorf("the next Register returned the ID %q, %v; want an ID other than %q, nil", other.ID, err, u.ID)
	}
	_, err = a.Register(ctx, signup.Registration{Email: "ADA@example.org", Password: goodPassword})
	if !errors.Is(err, signup.ErrExists) {
		t.Errorf("Register of a duplicate returned %v, want ErrExists", err)
	}
}

func TestRegisterRefuses(t *testing.T) {
	a := newAccounts()
	long := strings.Repeat("x", 1025)
	a.Fields = []signup.ProfileField{
		{Name: "company", Required: true},
		{Name: "locale", Validate: func(_ context.Context, v string) error {
			switch v {
			case "en":
				return nil
			case "xx":
				return fmt.Errorf("wrapped: %w", signup.FieldError{Code: "unknown", Message: "No such language."})
			}
			return errors.New("inner text")
		}},
	}
	company := map[string]string{"company": "x"}
	for _, c := range []struct {
		name string
		r    signup.Registration
		want string
	}{
		{"nothing", signup.Registration{}, "email_address: required, password: required, company: required"},
		{"no password", signup.Registration{Email: "a@b.example", Profile: company}, "password: required"},
		{"bad address", signup.Registration{Email: "nobody", Password: goodPassword, Profile: company}, "email_address: invalid"},
		{"long address", signup.Registration{Email: long, Password: goodPassword, Profile: company}, "email_address: too_many_bytes"},
		{"short password", signup.Registration{Email: "a@b.example", Password: "test", Profile: company}, "password: too_short"},
		{"password not UTF-8", signup.Registration{Email: "a@b.example", Password: goodPassword + "\xff", Profile: company}, "password: not_utf8"},
		{"far too long password", signup.Registration{Email: "a@b.example", Password: strings.Repeat("x", 4097), Profile: company}, "password: too_many_bytes"},
		{"own address", signup.Registration{Email: "ada.lovelace@example.org", Password: "ADA.LOVELACE@example.org", Profile: company}, "password: own_name"},
		{"names", signup.Registration{Email: "a@b.example", Password: goodPassword, Profile: company,
			FirstName: "Ada\r\nBcc: x@example.org", LastName: strings.Repeat("ü", 256)}, "first_name: line_breaks, last_name: too_long"},
		{"name not UTF-8", signup.Registration{Email: "a@b.example", Password: goodPassword, Profile: company, FirstName: "\xff"}, "first_name: not_utf8"},
		{"declared", signup.Registration{Email: "a@b.example", Password: goodPassword,
			Profile: map[string]string{"company": long, "locale": "de"}}, "company: too_long, locale: invalid"},
		{"declared, in its own words", signup.Registration{Email: "a@b.example", Password: goodPassword,
			Profile: map[string]string{"company": "x", "locale": "xx"}}, "locale: unknown"},
		{"in order", signup.Registration{Email: "nobody", Password: "test", FirstName: "\x00"},
			"email_address: invalid, password: too_short, first_name: control_characters, company: required"},
	} {
		t.Run(c.name, func(t *testing.T) {
			u, err := a.Register(t.Context(), c.r)
			t.Logf("Register returned %v %#v", err, err) // to be searched for secrets
			if !errors.Is(err, signup.ErrInvalid) || !reflect.DeepEqual(u, signup.User{}) {
				t.Fatalf("Register returned %v, %v; want the zero User, ErrInvalid", u, err)
			}
			if want := "signup: invalid " + c.want; err.Error() != want {
				t.Errorf("Register returned %q, want %q", err, want)
			}
			var v *signup.ValidationError
			if !errors.As(err, &v) || len(v.Fields) == 0 {
				t.Fatalf("Register returned a %T, want a *ValidationError with fields", err)
			}
			if text := fmt.Sprintf("%+v %#v %#v", err, err, v.Fields); strings.Contains(text, v.Fields[0].Message) {
				t.Errorf("got the error's text %s, want nothing that was typed", text)
			}
			for _, f := range v.Fields {
				if f.Message == "" || strings.Contains(f.Message, "inner text") ||
					c.r.Password != "" && strings.Contains(f.Message, c.r.Password) {
					t.Errorf("the message of %s is %q, want one without the password and the inner error", f.Field, f.Message)
				}
			}
		})
	}
}

func TestRegisterPolicyErrors(t *testing.T) {
	inner := errors.New("inner")
	// Errors in the other fields are returned even if the policy fails.
	a := newAccounts()
	a.Policy = policyFunc(func(context.Context, string, signup.User) error { return inner })
	if _, err := a.Register(t.Context(), signup.Registration{Email: "nobody", Password: goodPassword}); !errors.Is(err, signup.ErrInvalid) || errors.Is(err, inner) {
		t.Errorf("with another invalid field: Register returned %v, want ErrInvalid without %v", err, inner)
	}
	for _, c := range []struct {
		name     string
		err      error
		is       error
		contains string
	}{
		{"a FieldError", signup.FieldError{Field: "password", Code: "own", Message: "m"}, signup.ErrInvalid, "password: own"},
		{"ErrInvalid", fmt.Errorf("x: %w", signup.ErrInvalid), signup.ErrInvalid, "password: unacceptable"},
		{"a failure", inner, inner, "password policy: inner"},
	} {
		a := newAccounts()
		a.Policy = policyFunc(func(_ context.Context, password string, u signup.User) error {
			if password != "test" || u.Key() != "a@b.example" || u.FirstName != "Ada" {
				t.Errorf("the policy got a password of %d bytes and %v, key %q, first name %q; want 4 bytes (test), the key a@b.example, Ada", len(password), u, u.Key(), u.FirstName)
			}
			return c.err
		})
		_, err := a.Register(t.Context(), signup.Registration{Email: "a@b.example", Password: "test", FirstName: "Ada"})
		if !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.contains) {
			t.Errorf("%s: Register returned %v, want %v with %q in its text", c.name, err, c.is, c.contains)
		}
	}
}

// A password is counted in characters and kept whole, however many bytes it
// takes, and is the same from every keyboard.
func TestPasswordText(t *testing.T) {
	var long string
	for i := range 63 {
		long += string(rune(0x1f300 + i*i%97)) // no sequence and no repetition
	}
	for _, c := range []struct {
		name, password string
		same, others   []string
	}{
		{"64 code points of four bytes", long + "🔑", nil, []string{long + "🔒", long, long + "🔑🔑"}},
		{"composed", "Çà et là, le naïf œuvre", []string{norm.NFD.String("Çà et là, le naïf œuvre")}, []string{"Ca et la, le naif œuvre"}},
		{"decomposed", norm.NFD.String("Çà et là, le naïf œuvre"), []string{"Çà et là, le naïf œuvre"}, nil},
		{"Hangul", "비밀번호는아주길어야한다고들었다", []string{norm.NFD.String("비밀번호는아주길어야한다고들었다")}, nil},
		// NFC, not NFKC: what looks alike may stay apart.
		{"ligature", "a ﬁne and long password", nil, []string{"a fine and long password"}},
		{"space", "  a password with spaces  ", nil, []string{"a password with spaces", "  a password with spaces"}},
	} {
		for _, hasher := range []signup.Hasher{cheap, cheapArgon2id} {
			a := &signup.Accounts{Store: memstore.New(), Hasher: hasher}
			if _, err := a.Register(t.Context(), signup.Registration{Email: "ada@example.org", Password: c.password}); err != nil {
				t.Errorf("%s, %T: Register returned %v, want nil", c.name, hasher, err)
				continue
			}
			for _, same := range append(c.same, c.password) {
				if _, err := a.Authenticate(t.Context(), "ada@example.org", same); err != nil {
					t.Errorf("%s, %T: Authenticate with %+q returned %v, want nil", c.name, hasher, same, err)
				}
			}
			for _, other := range c.others {
				if _, err := a.Authenticate(t.Context(), "ada@example.org", other); !errors.Is(err, signup.ErrBadCredentials) {
					t.Errorf("%s, %T: Authenticate with %+q returned %v, want ErrBadCredentials", c.name, hasher, other, err)
				}
			}
		}
	}
}
