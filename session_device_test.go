package signup_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/gosignup/signup"
)

func devices(t testing.TB, a *signup.Accounts, s signup.Session) []signup.DeviceInfo {
	t.Helper()
	list, err := a.Devices(t.Context(), s)
	if err != nil {
		t.Fatalf("Devices returned %v, want nil", err)
	}
	return list
}

func TestDevices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := sessionAccounts(t)
		first := logIn(t, a, signup.Client{Label: "Firefox on Linux"})
		time.Sleep(time.Hour)
		second := logIn(t, a, signup.Client{Label: "Safari"})
		list := devices(t, a, first)
		want := []signup.DeviceInfo{
			{ID: second.Device, Label: "Safari", FirstLogIn: second.At, LastLogIn: second.At},
			{ID: first.Device, Label: "Firefox on Linux", FirstLogIn: first.At, LastLogIn: first.At, Current: true},
		}
		if len(list) != 2 || list[0] != want[0] || list[1] != want[1] {
			t.Errorf("Devices returned %v, want %v, with equal labels and times", list, want)
		}
		time.Sleep(time.Hour)
		again := logIn(t, a, signup.Client{Cookie: a.DeviceCookie(first)})
		list = devices(t, a, second)
		want = []signup.DeviceInfo{
			{ID: first.Device, Label: "Firefox on Linux", FirstLogIn: first.At, LastLogIn: again.At},
			{ID: second.Device, Label: "Safari", FirstLogIn: second.At, LastLogIn: second.At, Current: true},
		}
		if len(list) != 2 || list[0] != want[0] || list[1] != want[1] || again.Device != first.Device {
			t.Errorf("after a log-in with a cookie, Devices returned %v, want %v, with equal labels and times", list, want)
		}
		logIn(t, a, signup.Client{Cookie: a.DeviceCookie(first), Label: "Firefox 145"})
		if got := devices(t, a, second)[0].Label; got != "Firefox 145" {
			t.Errorf("got the label %q, want Firefox 145", got)
		}
		wantSession(t, a, first, nil)
	})
}

func TestEndDevice(t *testing.T) {
	a := sessionAccounts(t)
	s, other, third := logIn(t, a, signup.Client{}), logIn(t, a, signup.Client{}), logIn(t, a, signup.Client{})
	same := logIn(t, a, signup.Client{Cookie: a.DeviceCookie(other)})
	for range 2 { // again: no error
		if err := a.EndDevice(t.Context(), s, other.Device); err != nil {
			t.Errorf("EndDevice returned %v, want nil", err)
		}
	}
	wantSession(t, a, other, signup.ErrEnded)
	wantSession(t, a, same, signup.ErrEnded)
	wantSession(t, a, s, nil)
	wantSession(t, a, third, nil)

	// A log-in with the cookie of the device doesn't bring its sessions back.
	again := logIn(t, a, signup.Client{Cookie: a.DeviceCookie(other)})
	if again.Device == other.Device {
		t.Error("LogIn used an ended device again, want a new one")
	}
	wantSession(t, a, other, signup.ErrEnded)
	wantSession(t, a, again, nil)

	if err := a.EndDevice(t.Context(), s, s.Device); err != nil {
		t.Errorf("EndDevice of the own device returned %v, want nil", err)
	}
	wantSession(t, a, s, signup.ErrEnded)
	for _, device := range []string{third.Device, s.Device} {
		if err := a.EndDevice(t.Context(), s, device); err != signup.ErrEnded {
			t.Errorf("EndDevice by an ended session returned %v, want ErrEnded", err)
		}
	}
	wantSession(t, a, third, nil)
}

// One write ends ten thousand sessions.
func TestEndOtherSessions(t *testing.T) {
	const sessions = 10000
	a := sessionAccounts(t)
	calls := &callStore{Store: a.Store}
	a = &signup.Accounts{Store: calls, Hasher: cheap, Secrets: a.Secrets}
	// They are of 40 devices, with 250 each.
	all := make([]signup.Session, 0, sessions)
	for range 40 {
		s := logIn(t, a, signup.Client{})
		for i := range sessions / 40 {
			s.At = s.At.Add(time.Duration(i) * time.Millisecond)
			all = append(all, s)
		}
	}
	for _, s := range all {
		wantSession(t, a, s, nil)
	}
	s := logIn(t, a, signup.Client{Label: "Firefox"})
	calls.gets, calls.updates = 0, 0
	next, err := a.EndOtherSessions(t.Context(), s)
	if err != nil || calls.gets != 1 || calls.updates != 1 {
		t.Fatalf("EndOtherSessions returned %v after %d Gets and %d Updates, want nil, 1 and 1", err, calls.gets, calls.updates)
	}
	for i, old := range append(all, s) {
		if _, err := a.Resume(t.Context(), old); err != signup.ErrEnded {
			t.Fatalf("Resume of session %d returned %v, want ErrEnded", i, err)
		}
	}
	t.Logf("%d sessions ended with %d Update", len(all)+1, calls.updates)
	want := s
	want.Stamp = next.Stamp
	if next != want || next.Stamp == s.Stamp {
		t.Errorf("EndOtherSessions returned %v at %v, want s with another stamp", next, next.At)
	}
	if list := devices(t, a, next); len(list) != 1 || list[0].ID != s.Device || list[0].Label != "Firefox" || !list[0].Current {
		t.Errorf("Devices returned %v, want only the current one", list)
	}
	if got := logIn(t, a, signup.Client{Cookie: a.DeviceCookie(all[0])}); got.Device == all[0].Device {
		t.Error("LogIn used a removed device again, want a new one")
	}
}

func TestEndAllSessions(t *testing.T) {
	a := sessionAccounts(t)
	s := logIn(t, a, signup.Client{})
	token := issued(t, a, signup.PurposeResetPassword, func() signup.User { u, _ := a.Store.Get(t.Context(), s.Key); return u }())
	update(t, a, s.Key, func(u *signup.User) { u.Active = false })
	if err := a.EndAllSessions(t.Context(), "Ada@example.org"); err != nil {
		t.Errorf("EndAllSessions of an inactive user returned %v, want nil", err)
	}
	update(t, a, s.Key, func(u *signup.User) { u.Active = true })
	wantSession(t, a, s, signup.ErrEnded)
	if _, _, err := a.PeekToken(t.Context(), token); err != signup.ErrToken {
		t.Errorf("PeekToken returned %v, want ErrToken", err)
	}
	if list := devices(t, a, logIn(t, a, signup.Client{})); len(list) != 1 {
		t.Errorf("Devices returned %v, want one", list)
	}
	for _, email := range []string{"", "ada", "bob@example.org"} {
		if err := a.EndAllSessions(t.Context(), email); !errors.Is(err, signup.ErrNotFound) {
			t.Errorf("EndAllSessions of %q returned %v, want ErrNotFound", email, err)
		}
	}
	update(t, a, s.Key, func(u *signup.User) { u.Placeholder = true })
	if err := a.EndAllSessions(t.Context(), s.Key); !errors.Is(err, signup.ErrNotFound) {
		t.Errorf("EndAllSessions of a placeholder returned %v, want ErrNotFound", err)
	}
}

// The device unused for longest is forgotten.
func TestDeviceLimit(t *testing.T) {
	a := sessionAccounts(t)
	all := make([]signup.Session, signup.MaxDevices)
	for i := range all {
		all[i] = logIn(t, a, signup.Client{Label: fmt.Sprint(i)})
	}
	for _, s := range all {
		wantSession(t, a, s, nil)
	}
	logIn(t, a, signup.Client{Cookie: a.DeviceCookie(all[0])}) // the first is used again
	newest := logIn(t, a, signup.Client{})
	for i, s := range all {
		want := error(nil)
		if i == 1 {
			want = signup.ErrEnded
		}
		if _, err := a.Resume(t.Context(), s); err != want {
			t.Errorf("Resume in device %d returned %v, want %v", i, err, want)
		}
	}
	wantSession(t, a, newest, nil)
	if list := devices(t, a, newest); len(list) != signup.MaxDevices {
		t.Errorf("Devices returned %d, want %d", len(list), signup.MaxDevices)
	}
	if got := logIn(t, a, signup.Client{Cookie: a.DeviceCookie(all[1])}); got.Device == all[1].Device {
		t.Error("LogIn used a forgotten device again, want a new one")
	}
	wantSession(t, a, all[1], signup.ErrEnded)
}

func TestDeviceLabels(t *testing.T) {
	a := sessionAccounts(t)
	long := strings.Repeat("\U0001d11e", signup.MaxDeviceLabel)
	for _, c := range []struct{ in, want string }{
		{"", ""}, {"Firefox on Linux", "Firefox on Linux"}, {" \t Firefox \n", "Firefox"}, {"Fire\r\nfox\u2028", "Firefox"},
		{"a\x00b\x1b[31mc\u0085", "ab[31mc"}, {"\u202eevil\u2066", "evil"}, {"\u200b\u00ad", ""}, {"\xff\xfea\xff", "a"},
		{`"quoted" \ <b>&amp;`, `"quoted" \ <b>&amp;`}, {`","id":"x`, `","id":"x`}, {long, long}, {long + "x", long},
		{strings.Repeat("a", 99) + "  b", strings.Repeat("a", 99)}, {strings.Repeat("x", 1<<20), strings.Repeat("x", 100)},
		{strings.Repeat("\x01", 4095) + "\u00e9", ""}, {"👩\u200d💻 laptop", "👩\u200d💻 laptop"},
	} {
		s := logIn(t, a, signup.Client{Label: c.in})
		if got := devices(t, a, s)[0].Label; got != c.want || utf8.RuneCountInString(got) > 100 {
			t.Errorf("the label %.40q of %d bytes is listed as %.40q of %d bytes, want %.40q", c.in, len(c.in), got, len(got), c.want)
		}
		wantSession(t, a, s, nil)
	}
}

// Members of other versions survive, and a malformed Private loses nothing.
func TestPrivateSurvives(t *testing.T) {
	const others = `"factors": [ 1.0e+2,"\u0041", {"devices":[]} ],"Devices":null`
	a := sessionAccounts(t)
	update(t, a, "ada@example.org", func(u *signup.User) { u.Private = `{` + others + `}` })
	stored := func() string {
		u, _ := a.Store.Get(t.Context(), "ada@example.org")
		return string(u.Private)
	}
	s, other := logIn(t, a, signup.Client{}), logIn(t, a, signup.Client{})
	for name, call := range map[string]func() error{
		"LogIn":            func() error { logIn(t, a, signup.Client{Cookie: a.DeviceCookie(other)}); return nil },
		"EndDevice":        func() error { return a.EndDevice(t.Context(), s, other.Device) },
		"EndOtherSessions": func() (err error) { s, err = a.EndOtherSessions(t.Context(), s); return err },
	} {
		if err := call(); err != nil || !strings.HasSuffix(stored(), others+`}`) {
			t.Errorf("%s returned %v, the unknown members kept: %t; want nil, true", name, err, strings.HasSuffix(stored(), others+`}`))
		}
	}
	err := a.EndAllSessions(t.Context(), s.Key)
	if got := stored(); err != nil || !strings.HasPrefix(got, `{"events":[{`) || !strings.HasSuffix(got, `}],`+others+`}`) {
		t.Errorf("EndAllSessions returned %v, the events and the unknown members kept: %t; want nil, true", err, strings.HasSuffix(got, others+`}`))
	}

	s = logIn(t, a, signup.Client{})
	for _, malformed := range []string{" ", "x", "null", "[]", `{"devices":{}}`, `{"devices":null}`, `{"devices":[{}]}`, `{"devices":[1]}`, `{`, `{} ` + "\x00",
		`{"devices":[],"devices":[]}`, `{"events":[],"events":[]}`, `{"events":{}}`, `{"events":null}`, `{"link_log_ins":-1}`, `{"link_log_ins":null}`, `{"devices":[{"id":"a","label":1,"first":0,"last":0}]}`,
		`{"devices":[{"id":"a","id":"b","label":"","first":0,"last":0}]}`, `{"devices":[{"id":"","label":"","first":0,"last":0}]}`} {
		update(t, a, s.Key, func(u *signup.User) { u.Private = signup.Private(malformed) })
		for name, call := range map[string]func() error{
			"LogIn": func() error {
				_, err := a.LogIn(t.Context(), s.Key, goodPassword, signup.Client{})
				return err
			},
			"Resume":           func() error { _, err := a.Resume(t.Context(), s); return err },
			"EndDevice":        func() error { return a.EndDevice(t.Context(), s, s.Device) },
			"EndOtherSessions": func() error { _, err := a.EndOtherSessions(t.Context(), s); return err },
		} {
			err := call()
			if err == nil || errors.Is(err, signup.ErrEnded) || errors.Is(err, signup.ErrBadCredentials) || strings.Contains(err.Error(), "link") || stored() != malformed {
				t.Errorf("%q: %s returned %v, Private kept: %t; want another error, true", malformed, name, err, stored() == malformed)
			}
		}
		if _, err := a.LogIn(t.Context(), s.Key, "wrong horse battery", signup.Client{}); err != signup.ErrBadCredentials {
			t.Errorf("%q: LogIn with a wrong password returned %v, want ErrBadCredentials", malformed, err)
		}
		before, _ := a.Store.Get(t.Context(), s.Key)
		if err := a.EndAllSessions(t.Context(), s.Key); err != nil || stored() != malformed {
			t.Errorf("%q: EndAllSessions returned %v, Private kept: %t; want nil, true", malformed, err, stored() == malformed)
		}
		if after, _ := a.Store.Get(t.Context(), s.Key); after.SecurityStamp == before.SecurityStamp {
			t.Errorf("%q: EndAllSessions kept the stamp, want a new one", malformed)
		}
		update(t, a, s.Key, func(u *signup.User) { u.SecurityStamp = before.SecurityStamp })
	}
}

// Whatever an application stores beside them, devices never make Private too long.
func TestPrivateFits(t *testing.T) {
	a := sessionAccounts(t)
	label := strings.Repeat("\U0001d11e", signup.MaxDeviceLabel)
	var s signup.Session
	for range signup.MaxDevices + 5 {
		s = logIn(t, a, signup.Client{Label: label})
	}
	u, _ := a.Store.Get(t.Context(), s.Key)
	if len(u.Private) > signup.MaxPrivate/2 {
		t.Errorf("with %d devices, Private has %d bytes, want at most half of MaxPrivate", signup.MaxDevices, len(u.Private))
	}
	other := func(n int) signup.Private { return signup.Private(`{"other":"` + strings.Repeat("x", n) + `"}`) }
	update(t, a, s.Key, func(u *signup.User) { u.Private = other(signup.MaxPrivate - 2000) })
	var all []signup.Session
	for range 10 {
		all = append(all, logIn(t, a, signup.Client{Label: label}))
	}
	if n := len(devices(t, a, all[9])); n != 4 {
		t.Errorf("where 4 devices fit beside other members, %d are listed, want 4", n)
	}
	wantSession(t, a, all[0], signup.ErrEnded)
	full := other(signup.MaxPrivate - 100)
	update(t, a, s.Key, func(u *signup.User) { u.Private = full })
	_, err := a.LogIn(t.Context(), s.Key, goodPassword, signup.Client{})
	if u, _ := a.Store.Get(t.Context(), s.Key); err == nil || u.Private != full {
		t.Errorf("LogIn without room returned %v, Private kept: %t; want an error, true", err, u.Private == full)
	}
}
