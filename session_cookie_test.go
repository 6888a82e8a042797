package signup_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
)

// wantDevice checks whether a log-in with cookie uses the device of s.
func wantDevice(t *testing.T, what string, a *signup.Accounts, s signup.Session, cookie string, same bool) {
	t.Helper()
	if got := logIn(t, a, signup.Client{Cookie: cookie}); (got.Device == s.Device) != same {
		t.Errorf("%s: LogIn used the device of the cookie: %t, want %t", what, !same, same)
	}
}

func TestDeviceCookie(t *testing.T) {
	a := sessionAccounts(t)
	s := logIn(t, a, signup.Client{})
	cookie := a.DeviceCookie(s)
	if len(cookie) > 110 || strings.Trim(cookie, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" || cookie == a.DeviceCookie(s) {
		t.Errorf("DeviceCookie returned %d characters, want at most 110 of base64url, another text each time", len(cookie))
	}
	plain, _ := base64.RawURLEncoding.DecodeString(cookie)
	for _, part := range []string{s.Key, s.ID, s.Stamp, s.Device, "example"} {
		if strings.Contains(cookie, part) || strings.Contains(string(plain), part) {
			t.Error("the cookie has a part of the session, want it sealed")
		}
	}
	wantDevice(t, "own cookie", a, s, cookie, true)

	// It survives a new password, as the browser is the same.
	if _, err := a.SetPassword(t.Context(), s.Key, goodPassword); err != nil {
		t.Fatalf("SetPassword returned %v, want nil", err)
	}
	wantDevice(t, "after a new password", a, s, cookie, true)
	wantSession(t, a, s, signup.ErrEnded)
}

func TestDeviceCookieNotMade(t *testing.T) {
	a := sessionAccounts(t)
	s := logIn(t, a, signup.Client{})
	without := &signup.Accounts{Store: a.Store, Hasher: cheap}
	short := &signup.Accounts{Store: a.Store, Hasher: cheap, Secrets: []signup.Secret{signup.NewSecret([]byte("short"))}}
	long, noKey, noID, noDevice := s, s, s, s
	long.Device, noKey.Key, noID.ID, noDevice.Device = strings.Repeat("x", 65), "", "", ""
	for name, got := range map[string]string{
		"no Secrets": without.DeviceCookie(s), "short Secret": short.DeviceCookie(s), "zero Session": a.DeviceCookie(signup.Session{}),
		"long device": a.DeviceCookie(long), "no key": a.DeviceCookie(noKey), "no ID": a.DeviceCookie(noID), "no device": a.DeviceCookie(noDevice),
	} {
		if got != "" {
			t.Errorf("%s: DeviceCookie returned %d characters, want none", name, len(got))
		}
	}
	wantDevice(t, "no Secrets", without, s, a.DeviceCookie(s), false)
}

// A cookie that isn't of this user, device and Secret is ignored.
func TestDeviceCookieAttacks(t *testing.T) {
	a := sessionAccounts(t)
	s := logIn(t, a, signup.Client{})
	cookie := a.DeviceCookie(s)
	u, _ := a.Store.Get(t.Context(), s.Key)
	otherID, absent := s, s
	otherID.ID, absent.Device = "id-2", strings.Repeat("A", 26)
	stranger := &signup.Accounts{Store: a.Store, Hasher: cheap, Secrets: []signup.Secret{secret("other")}}
	attacks := map[string]string{
		"none": "", "not base64": "!" + cookie[1:], "padded": cookie + "=", "cut": cookie[:len(cookie)-1], "doubled": cookie + cookie,
		"line break": cookie[:10] + "\n" + cookie[10:], "space": " " + cookie, "standard alphabet": strings.NewReplacer("-", "+", "_", "/").Replace(cookie) + "==",
		"long": strings.Repeat("A", 1<<20), "zeros": strings.Repeat("A", len(cookie)), "device itself": s.Device,
		"another account's ID": a.DeviceCookie(otherID), "absent device": a.DeviceCookie(absent),
		"other Secret": stranger.DeviceCookie(s),
	}
	for p := range userPurposes {
		attacks["token for "+string(p)] = issued(t, a, p, u)
	}
	for name, text := range attacks {
		wantDevice(t, name, a, s, text, false)
	}
	raw, _ := base64.RawURLEncoding.DecodeString(cookie)
	for i := range len(raw) * 8 {
		raw[i/8] ^= 1 << (i % 8)
		if device, ok := a.OpenDeviceCookie(base64.RawURLEncoding.EncodeToString(raw), u); ok {
			t.Errorf("with bit %d flipped, the cookie opens as %q, want it refused", i, device)
		}
		raw[i/8] ^= 1 << (i % 8)
	}
	if device, ok := a.OpenDeviceCookie(cookie, u); !ok || device != s.Device {
		t.Errorf("the cookie opens as %q, %t; want the device, true", device, ok)
	}
}

// No device cookie is a token.
func TestDeviceCookieIsNoToken(t *testing.T) {
	a := sessionAccounts(t)
	s := logIn(t, a, signup.Client{})
	for _, device := range []string{s.Device, strings.Repeat("\x05", 64), strings.Repeat("x", 23) + "\x0fada@example.org"} {
		s.Device = device
		if _, _, err := a.PeekToken(t.Context(), a.DeviceCookie(s)); err != signup.ErrToken {
			t.Errorf("PeekToken of a cookie returned %v, want ErrToken", err)
		}
	}
}

func TestDeviceCookieSecretsRotate(t *testing.T) {
	a := sessionAccounts(t)
	s := logIn(t, a, signup.Client{})
	cookie := a.DeviceCookie(s)
	for _, c := range []struct {
		secrets []string
		same    bool
	}{{[]string{"second", "first"}, true}, {[]string{"first", "second"}, true}, {[]string{"second"}, false}} {
		b := tokenAccounts(c.secrets...)
		b.Store = a.Store
		wantDevice(t, strings.Join(c.secrets, " "), b, s, cookie, c.same)
	}
}

// A token for a log-in works once, whatever else is written into Private.
func TestLogInTokenIsBoundToLinkLogIns(t *testing.T) {
	a := sessionAccounts(t)
	s := logIn(t, a, signup.Client{})
	u, _ := a.Store.Get(t.Context(), s.Key)
	first, second := issued(t, a, signup.PurposeLogIn, u), issued(t, a, signup.PurposeLogIn, u)
	other := logIn(t, a, signup.Client{})
	if err := a.EndDevice(t.Context(), s, other.Device); err != nil {
		t.Fatalf("EndDevice returned %v, want nil", err)
	}
	update(t, a, s.Key, func(u *signup.User) { u.Private = u.Private[:len(u.Private)-1] + `,"factors":[1]}` })
	for _, c := range []struct {
		text string
		want error
	}{{first, nil}, {first, signup.ErrToken}, {second, signup.ErrToken}} {
		if _, err := a.UseToken(t.Context(), c.text, signup.PurposeLogIn, signup.CountLinkLogIn); err != c.want {
			t.Errorf("UseToken returned %v, want %v", err, c.want)
		}
	}
	wantSession(t, a, s, nil)
	u, _ = a.Store.Get(t.Context(), s.Key)
	third := issued(t, a, signup.PurposeLogIn, u)
	update(t, a, s.Key, func(u *signup.User) { u.Private = "malformed" })
	if _, err := a.UseToken(t.Context(), third, signup.PurposeLogIn, signup.CountLinkLogIn); err != signup.ErrToken {
		t.Errorf("with a malformed Private, UseToken returned %v, want ErrToken", err)
	}
	u, _ = a.Store.Get(t.Context(), s.Key)
	if _, err := a.UseToken(t.Context(), issued(t, a, signup.PurposeLogIn, u), signup.PurposeLogIn, signup.CountLinkLogIn); err == nil || err == signup.ErrToken {
		t.Errorf("with a malformed Private, a new token's UseToken returned %v, want the error of Private", err)
	}
}

// Opening a cookie costs little, also a long one.
func BenchmarkDeviceCookie(b *testing.B) {
	a := sessionAccounts(b)
	s := signup.Session{Key: "ada@example.org", ID: "id-1", Device: strings.Repeat("A", 26), At: time.Now()}
	cookie := a.DeviceCookie(s)
	u, _ := a.Store.Get(b.Context(), s.Key)
	b.Run("make", func(b *testing.B) {
		for b.Loop() {
			a.DeviceCookie(s)
		}
	})
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			a.OpenDeviceCookie(cookie, u)
		}
	})
}
