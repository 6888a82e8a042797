package signup_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gosignup/signup"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// wantCode checks that err refuses password with that code, or, for "", that
// it is nil; and that it doesn't contain the password.
func wantCode(t *testing.T, err error, code, password string) {
	t.Helper()
	t.Logf("Check returned %v %#v", err, err) // to be searched for secrets
	if code == "" {
		if err != nil {
			t.Errorf("Check of %+q returned %v, want nil", password, err)
		}
		return
	}
	var e signup.FieldError
	if !errors.As(err, &e) || e.Field != "password" || e.Code != code || e.Message == "" || !errors.Is(err, signup.ErrInvalid) {
		t.Errorf("Check of %+q returned %#v, want the code %s", password, err, code)
		return
	}
	if strings.Contains(e.Message+err.Error(), password) {
		t.Errorf("the error has the password %+q, want it left out", password)
	}
}

// spread returns n characters from the one of first on, in no order.
func spread(first string, n int) string {
	r, _ := utf8.DecodeRuneInString(first)
	var b strings.Builder
	for i := range n {
		b.WriteRune(r + rune(i*i*7%61))
	}
	return b.String()
}

func TestPolicies(t *testing.T) {
	ada := signup.User{Email: "Ada.Lovelace.1815@example.org", FirstName: "Augusta Ada", LastName: "Lovelace"}
	for _, c := range []struct {
		name     string
		policy   signup.Policy
		password string
		code     string
	}{
		{"any", signup.AnyPassword, "x", ""},
		{"14 characters", signup.NIST{}, "correct horse.", "too_short"},
		{"15 characters", signup.NIST{}, "correct horse..", ""},
		{"15 code points in NFD, 14 in NFC", signup.NIST{}, "correct horse\u0301", "too_short"},
		{"15 characters of 4 bytes", signup.NIST{}, spread("😀", 15), ""},
		{"14 characters of 4 bytes", signup.NIST{}, spread("😀", 14), "too_short"},
		{"64 characters of 4 bytes", signup.NIST{}, spread("😀", 64), ""},
		{"8 with a second factor", signup.NIST{MinLength: 8}, "12345679", "common"},
		{"8 uncommon with a second factor", signup.NIST{MinLength: 8}, "q7!vKz4p", ""},
		{"7 with a second factor", signup.NIST{MinLength: 8}, "1234567", "too_short"},
		{"1024 bytes", signup.NIST{}, spread("!", 1024), ""},
		{"1025 bytes", signup.NIST{}, strings.Repeat("x", 1025), "too_many_bytes"},
		{"the address", signup.NIST{}, "ada.lovelace.1815@EXAMPLE.org", "own_name"},
		{"the local part", signup.NIST{}, "ADA.LOVELACE.1815", "own_name"},
		{"the name", signup.NIST{}, "augusta ada lovelace", "own_name"},
		{"the name, turned", signup.NIST{}, "LOVELACE AUGUSTA ADA", "own_name"},
		{"the name, padded", signup.NIST{}, "augusta ada lovelace!", "own_name_padded"},
		{"more than the name", signup.NIST{}, "augusta ada lovelace, countess", ""},
		{"no rules of composition", signup.NIST{}, "qzkfwmxohvbtjuerd", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.policy.Check(context.Background(), c.password, ada)
			if c.code == "" {
				if err != nil {
					t.Errorf("Check returned %v, want nil", err)
				}
				return
			}
			var e signup.FieldError
			if !errors.As(err, &e) || e.Field != "password" || e.Code != c.code || e.Message == "" || !errors.Is(err, signup.ErrInvalid) {
				t.Errorf("Check returned %#v, want the code %s", err, c.code)
			}
			if strings.Contains(e.Message+e.Error(), c.password) {
				t.Error("the error has the password, want it left out")
			}
		})
	}
}

func TestNISTGuessable(t *testing.T) {
	const common = "qwertyuiopasdfgh"
	if !signup.CommonPassword(common) {
		t.Fatalf("CommonPassword(%q) returned false, want true", common)
	}
	kept := signup.User{Email: "adalovelace1815@example.org"}
	kept.SetKey("adalovelace+1815@example.org", "another rule")
	zoe := signup.User{Email: "zoe@example.org", FirstName: "Zo\u00eb Ren\u00e9e", LastName: "Stra\u00dfenb\u00fcrger"}
	for _, c := range []struct {
		name     string
		service  string
		u        signup.User
		password string
		code     string
	}{
		{"the service", "Analytical Engines", signup.User{}, "Analytical Engines", "service_name"},
		{"the service, in another case", "Analytical Engines", signup.User{}, "ANALYTICAL engines", "service_name"},
		{"the service, padded", "Analytical Engines", signup.User{}, "analytical engines1", "service_name_padded"},
		{"the service and more", "Analytical Engines", signup.User{}, "analytical engines by ada", ""},
		{"a part of the service", "The Analytical Engines", signup.User{}, "analytical engines", ""},
		{"the service, NFD for NFC", "Caf\u00e9 Analytique", signup.User{}, "cafe\u0301 analytique", "service_name"},
		{"the service, NFC for NFD", "Cafe\u0301 Analytique", signup.User{}, "CAF\u00c9 ANALYTIQUE", "service_name"},
		{"the service is one of the common", common, signup.User{}, common, "service_name"},
		{"no service", "", signup.User{}, "analytical engines", ""},

		{"the address", "", signup.User{Email: "Ada.King@example.org"}, "aDA.kING@EXAMPLE.ORG", "own_name"},
		{"the address, padded", "", signup.User{Email: "Ada.King@example.org"}, "ada.king@example.org!", "own_name_padded"},
		{"the address and more", "", signup.User{Email: "Ada.King@example.org"}, "not ada.king@example.org", ""},
		{"the address's key", "", signup.User{Email: "ada.king@b\u00fccher.example"}, "ada.king@xn--bcher-kva.example", "own_name"},
		{"the address in full width, by its key", "", signup.User{Email: "\uff41da.king1815@example.org"}, "ada.king1815@example.org", "own_name"},
		{"the local part in full width, by the key's", "", signup.User{Email: "\uff41dalovelace.1815@example.org"}, "adalovelace.1815", "own_name"},
		{"the local part", "", signup.User{Email: "ada.lovelace.1815@example.org"}, "Ada.Lovelace.1815", "own_name"},
		{"the local part, NFD", "", signup.User{Email: "\u00e4d\u00e4lovel\u00e4ce1815@example.org"}, "a\u0308da\u0308lovela\u0308ce1815", "own_name"},
		{"the domain", "", signup.User{Email: "ada@analytical.example.org"}, "analytical.example.org", ""},
		{"the address as typed, whatever the key", "", kept, "AdaLovelace1815@example.org", "own_name"},
		{"the key that the store holds", "", kept, "AdaLovelace+1815@example.org", "own_name"},
		{"the local part is one of the common", "", signup.User{Email: common + "@example.org"}, common, "own_name"},
		{"no address, although it isn't one", "", signup.User{Email: "not an address!"}, "NOT AN ADDRESS!", "own_name"},

		{"the first name and more", "", zoe, "zo\u00eb ren\u00e9e the first", ""},
		{"first and last", "", zoe, "zo\u00eb ren\u00e9e stra\u00dfenb\u00fcrger", "own_name"},
		{"first and last, NFD", "", zoe, norm.NFD.String("zo\u00eb ren\u00e9e stra\u00dfenb\u00fcrger"), "own_name"},
		{"first and last, upper case of ß", "", zoe, "ZO\u00cb REN\u00c9E STRASSENB\u00dcRGER", "own_name"},
		{"first and last, capital ß", "", zoe, "ZO\u00cb REN\u00c9E STRA\u1e9eENB\u00dcRGER", "own_name"},
		{"first and last in one", "", zoe, "zo\u00eb ren\u00e9estra\u00dfenb\u00fcrger", "own_name"},
		{"last and first", "", zoe, "stra\u00dfenb\u00fcrger zo\u00eb ren\u00e9e", "own_name"},
		{"last and first in one", "", zoe, "stra\u00dfenb\u00fcrgerzo\u00eb ren\u00e9e", "own_name"},
		{"without the dots", "", zoe, "zoe renee strassenburger", ""},
		{"last name", "", signup.User{LastName: "Wolfeschlegelstein"}, "wolfeschlegelstein", "own_name"},
		{"one of the common", "", signup.User{FirstName: common}, common, "own_name"},
		{"final sigma", "", signup.User{LastName: "\u03a0\u03b1\u03c0\u03b1\u03b4\u03cc\u03c0\u03bf\u03c5\u03bb\u03bf\u03c2-\u0393\u03b9\u03ce"},
			"\u03a0\u0391\u03a0\u0391\u0394\u038c\u03a0\u039f\u03a5\u039b\u039f\u03a3-\u0393\u0399\u038f", "own_name"},
		{"the Kelvin sign", "", signup.User{LastName: "Kelvin of Largs k"}, "\u212aelvin of largs \u212a", "own_name"},
		// Only letter case is folded: no dictionary has these.
		{"in full width", "", signup.User{FirstName: "Augusta Ada", LastName: "King"}, "\uff41\uff55\uff47\uff55\uff53\uff54\uff41 ada king", ""},
		{"dotless i", "", signup.User{LastName: "Ilgaz Kaplan Ilgaz"}, "\u0131lgaz kaplan \u0131lgaz", ""},

		{"nothing is known", "", signup.User{}, "correct horse battery", ""},
		{"a name of spaces", "", signup.User{}, strings.Repeat(" ", 15), "not_visible"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := signup.NIST{Service: c.service}.Check(t.Context(), c.password, c.u)
			wantCode(t, err, c.code, c.password)
		})
	}
}

func TestNISTCompromised(t *testing.T) {
	const password = "correct horse battery"
	down := errors.New("the service is down")
	for _, c := range []struct {
		name     string
		password string
		found    bool
		err      error
		code     string
		asked    bool
	}{
		{"not found", password, false, nil, "", true},
		{"found", password, true, nil, "compromised", true},
		{"no answer", password, false, down, "", true},
		{"found, with an error", password, true, down, "", true},
		{"as it was typed", "CAFE\u0301 au lait, toujours", true, nil, "compromised", true},
		{"not asked about a short one", "correct horse", true, down, "too_short", false},
		{"nor a long one", strings.Repeat("x", 1025), true, down, "too_many_bytes", false},
		{"nor the name", "augusta ada king", true, down, "own_name", false},
		{"nor the service's", "analytical engines", true, down, "service_name", false},
		{"nor a common one", "1234567890123456", true, down, "common", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			type ctxKey struct{}
			ctx := context.WithValue(t.Context(), ctxKey{}, "the call's")
			var got []string
			policy := signup.NIST{Service: "Analytical Engines", Compromised: func(ctx context.Context, password string) (bool, error) {
				if ctx.Value(ctxKey{}) != "the call's" {
					t.Error("Compromised got another context, want the call's")
				}
				got = append(got, password)
				return c.found, c.err
			}}
			err := policy.Check(ctx, c.password, signup.User{FirstName: "Augusta Ada", LastName: "King"})
			switch {
			case c.asked && !slices.Equal(got, []string{c.password}), !c.asked && got != nil:
				t.Errorf("Compromised was called for %q, want a call for the password: %t", got, c.asked)
			case c.asked && c.err != nil:
				var e signup.FieldError
				if !errors.Is(err, c.err) || errors.Is(err, signup.ErrInvalid) || errors.As(err, &e) || strings.Contains(err.Error(), c.password) {
					t.Errorf("Check returned %v, want %v without ErrInvalid and the password", err, c.err)
				}
			default:
				wantCode(t, err, c.code, c.password)
			}
		})
	}
}

// If the service fails, the sign-up fails too, and not as invalid input.
func TestNISTCompromisedRegister(t *testing.T) {
	down := errors.New("the service is down")
	for _, c := range []struct {
		name  string
		found bool
		err   error
	}{{"found", true, nil}, {"no answer", false, down}} {
		a := newAccounts()
		a.Policy = signup.NIST{Compromised: func(context.Context, string) (bool, error) { return c.found, c.err }}
		_, err := a.Register(t.Context(), signup.Registration{Email: "ada@example.org", Password: goodPassword})
		if c.found {
			if want := "signup: invalid password: compromised"; !errors.Is(err, signup.ErrInvalid) || err.Error() != want {
				t.Errorf("%s: Register returned %v, want %s", c.name, err, want)
			}
		} else if !errors.Is(err, down) || errors.Is(err, signup.ErrInvalid) {
			t.Errorf("%s: Register returned %v, want %v without ErrInvalid", c.name, err, down)
		}
		if _, err := a.Store.Get(t.Context(), "ada@example.org"); !errors.Is(err, signup.ErrNotFound) {
			t.Errorf("%s: Get returned %v, want ErrNotFound", c.name, err)
		}
	}
}

func foldNFC(s string) string {
	return norm.NFC.String(cases.Fold().String(norm.NFC.String(s)))
}

func FuzzNIST(f *testing.F) {
	for _, s := range []struct{ password, email, first, last, service string }{
		{"correct horse battery", "ada@example.org", "Ada", "Lovelace", "signup"},
		{"1234567890123456", "", "", "", ""},
		{"ADA LOVELACE-KING", "ada@example.org", "Ada", "Lovelace-King", ""},
		{"STRASSENB\u00dcRGERSTRASSE", "a@b.co", "", "Stra\u00dfenbu\u0308rgerstra\u1e9ee", ""},
		{"i\u0307i\u0307i\u0307i\u0307i\u0307i\u0307i\u0307", "\u0130\u0130\u0130\u0130@b.co", "\u0130\u0130\u0130", "\u0130\u0130\u0130\u0130", "\u0131"},
		{"\u212aelvin \u212belvin \u2126", "\u212aelvin@b.co", "kelvin", "\u00e5elvin \u03c9", "\u017f"},
		{"e\u0301e\u0323\u0301\u1ea1\u0301\u0345\u1fb3", "a@b.co", "\u0345", "\u03b1\u0345\u0301", "\u0391\u0399"},
		{"e" + strings.Repeat("\u0301", 40), "a@b.co", "\u00e9" + strings.Repeat("\u0301", 39), "", ""},
		{strings.Repeat("\u0323\u0301", 32) + "e", "a@b.co", "", "", ""},
		{"\u1112\u1161\u11ab\u1112\u1161\u11ab\u1112\u1161\u11ab", "a@b.co", "\ud55c", "\ud55c\ud55c", ""},
		{"\u13a0\uab70\u13f8\u10a0\u1c90", "a@b.co", "\uab70", "\u13a0", ""},
		{strings.Repeat("\u0958", 170), "", "", "", ""}, // 510 bytes, 1020 in NFC
		{strings.Repeat("\U0001d160", 100), "", "", "", ""},
		{"a\x00b\x00c\x00d\x00e\x00f\x00g\x00h", "\x00@\x00", "a\x00", "b\x00", "\x00"},
		{" ", "@", "", "", " "},
		{"\ufeff\u200b\u200d\u00ad\u202e\u061c", "\xff@\xfe", "\xff", "\xc3", "\xed\xa0\x80"},
		{"\ufffd\ufffd", "a@b.co", "\xff", "\xff", "\xff\xff"},
		{"password", "password@b.co", "must", "not", "be"},
	} {
		for _, least := range []byte{0, 1, 8} {
			f.Add(s.password, s.email, s.first, s.last, s.service, least)
		}
	}
	f.Fuzz(func(t *testing.T, password, email, first, last, service string, minLength byte) {
		if password == "" || !utf8.ValidString(password) {
			return // no policy is called for it
		}
		n := signup.NIST{MinLength: int(minLength % 21), Service: service}
		u := signup.User{Email: email, FirstName: first, LastName: last}
		err := n.Check(t.Context(), password, u)

		least := n.MinLength
		if least == 0 {
			least = 15
		}
		if err == nil {
			normal, folded := norm.NFC.String(password), foldNFC(password)
			if utf8.RuneCountInString(normal) < least || len(normal) > 1024 {
				t.Errorf("%+q is accepted with %d code points, %d bytes; want at least %d, at most 1024", password, utf8.RuneCountInString(normal), len(normal), least)
			}
			local, _, _ := strings.Cut(email, "@")
			for _, known := range []string{email, u.Key(), local, first, last, first + " " + last, last + first, service} {
				if folded == foldNFC(known) {
					t.Errorf("%+q is accepted, want it refused: it is %+q", password, known)
				}
			}
			if signup.CommonPassword(password) || signup.CommonPassword(folded) {
				t.Errorf("%+q is accepted, want it refused as common", password)
			}
		}
		for _, same := range []string{norm.NFC.String(password), norm.NFD.String(password)} {
			if other := n.Check(t.Context(), same, u); other != err {
				t.Errorf("Check of %+q returned %v, of %+q %v; want the same", password, err, same, other)
			}
		}
		if err != nil {
			// All of the text is fixed, and so it can't hold the password.
			messages := map[string]string{
				"too_short":           fmt.Sprintf("be at least %d characters long", least),
				"too_many_bytes":      "be at most 1024 bytes long",
				"not_visible":         "have a visible character",
				"own_name":            "not be your own address or name",
				"own_name_padded":     "be more than your own address or name",
				"service_name":        "not be the name of the service",
				"service_name_padded": "be more than the name of the service",
				"sequence":            "not be a sequence or repetition",
				"common":              "not be one that many people use",
				"common_padded":       "be more than one that many people use",
			}
			var e signup.FieldError
			known := errors.As(err, &e) && e.Message == "'password' must "+messages[e.Code]+"."
			if !known || e.Field != "password" || err.Error() != "signup: invalid password: "+e.Code {
				t.Errorf("Check of %+q returned %#v, want a FieldError of password with a known code and its message", password, err)
			}
		}
	})
}
