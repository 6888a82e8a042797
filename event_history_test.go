package signup_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
)

// Events returns the latest fifty, the newest first, with one Get.
func TestEventsOfSession(t *testing.T) {
	a := sessionAccounts(t)
	l := watch(a)
	var s signup.Session
	for range signup.MaxEvents + 10 {
		s = logIn(t, a, signup.Client{})
	}
	if _, err := a.SetPassword(t.Context(), s.Key, newPassword); err != nil {
		t.Fatalf("SetPassword returned %v, want nil", err)
	}
	if _, err := a.Events(t.Context(), s); err != signup.ErrEnded {
		t.Errorf("after a new password, Events returned %v, want ErrEnded", err)
	}
	s, err := a.LogIn(t.Context(), s.Key, newPassword, signup.Client{})
	if err != nil {
		t.Fatalf("LogIn returned %v, want nil", err)
	}
	calls := &callStore{Store: a.Store}
	b := &signup.Accounts{Store: calls, Hasher: cheap}
	got, err := b.Events(t.Context(), s)
	if err != nil || calls.gets != 1 || calls.updates != 0 {
		t.Errorf("Events returned %v after %d Gets and %d Updates, want nil, 1, 0", err, calls.gets, calls.updates)
	}
	_, want := l.take()
	slices.Reverse(want)
	if want = want[:signup.MaxEvents]; !slices.Equal(got, want) {
		t.Errorf("Events returned %v, want %v", got, want)
	}
	if got[0].Device != s.Device || got[1].Kind != signup.EventPasswordChanged {
		t.Errorf("the newest events are %v, want a log-in in the session's device after a change of password", got[:2])
	}
}

// Unknown members of an event, and events of other versions, survive.
func TestEventsOfOtherVersions(t *testing.T) {
	const others = `{"k" : "logged_in","t":1.0e3,"z":[ 1.0,"\u0041" ],"K":2},{"n":"x","k":"later_kind","r":"later","t":2,"d":"q"},` +
		`7,null,{"k":1,"t":1},{"k":"deleted"},{"t":3},{"k":"deleted","t":"4"}`
	a := sessionAccounts(t)
	update(t, a, adaKey, func(u *signup.User) { u.Private = `{"events": [ ` + signup.Private(others) + ` ]}` })
	s := logIn(t, a, signup.Client{})
	u, _ := a.Store.Get(t.Context(), adaKey)
	if !strings.HasSuffix(string(u.Private), `},`+others+`]}`) {
		t.Errorf("the Private is %q, want it to end with %q", string(u.Private), others+"]}")
	}
	got, err := a.Events(t.Context(), s)
	if err != nil || brief(got) != "logged_in/password+ later_kind/later+" || got[1].At != time.UnixMilli(2).UTC() {
		t.Errorf("Events returned %v, %v; want those that this version can read", got, err)
	}
}

// A malformed Private loses an event and blocks no change that protects the user.
func TestEventsOfMalformedPrivate(t *testing.T) {
	for _, malformed := range []signup.Private{"x", `{"events":{}}`, `{"events":[1}`, `{"devices":1}`} {
		for _, e := range eventCalls {
			if e.name != "ResetPassword" && e.name != "SetPassword" && e.name != "ChangePassword" && e.name != "EndAllSessions" && e.name != "VerifyEmail" {
				continue
			}
			c := e.start(t)
			update(t, c.Accounts, adaKey, func(u *signup.User) { u.Private = malformed })
			err := e.call(t.Context(), c)
			u, _ := c.Store.Get(t.Context(), adaKey)
			if _, after := c.log.take(); err != nil || brief(after) != e.after || u.Private != malformed {
				t.Errorf("%q: %s returned %v, After got %q, Private kept: %t; want nil, %q, true",
					string(malformed), e.name, err, brief(after), u.Private == malformed, e.after)
			}
		}
	}
}

// If Private is full, events go first, and then devices.
func TestEventsFit(t *testing.T) {
	a := sessionAccounts(t)
	label := strings.Repeat("\U0001d11e", signup.MaxDeviceLabel)
	var all []signup.Session
	for range max(signup.MaxDevices, signup.MaxEvents) + 5 {
		all = append(all, logIn(t, a, signup.Client{Label: label}))
	}
	s := all[len(all)-1]
	u, _ := a.Store.Get(t.Context(), adaKey)
	if n := len(historyOf(t, u)); n != signup.MaxEvents || len(devices(t, a, s)) != signup.MaxDevices || len(u.Private) > signup.MaxPrivate*2/3 {
		t.Errorf("Private has %d events, %d devices and %d bytes, want %d, %d and at most two thirds of MaxPrivate",
			n, len(devices(t, a, s)), len(u.Private), signup.MaxEvents, signup.MaxDevices)
	}
	// Other members leave room for all devices and some events.
	fill := func(room int) {
		update(t, a, adaKey, func(u *signup.User) {
			if i := strings.Index(string(u.Private), `,"other"`); i > 0 {
				u.Private = u.Private[:i] + "}"
			}
			u.Private = u.Private[:len(u.Private)-1] + `,"other":"` + signup.Private(strings.Repeat("x", signup.MaxPrivate-len(u.Private)-10-room)) + `"}`
		})
	}
	update(t, a, adaKey, func(v *signup.User) { *v = signup.WithoutEvents(*v) })
	for range 10 {
		s = logIn(t, a, signup.Client{Cookie: a.DeviceCookie(s)})
	}
	fill(10)
	if err := a.EndDevice(t.Context(), s, all[len(all)-2].Device); err != nil {
		t.Errorf("EndDevice returned %v, want nil", err)
	}
	for range 20 { // with room for a device
		s = logIn(t, a, signup.Client{Cookie: a.DeviceCookie(s)})
	}
	s = logIn(t, a, signup.Client{Label: label})
	if n, kept := len(devices(t, a, s)), len(history(t, a, adaKey)); n != signup.MaxDevices || kept == 0 || kept > 10 {
		t.Errorf("a full Private has %d devices and %d events, want all %d devices and 1 to 10 events", n, kept, signup.MaxDevices)
	}
	if got := history(t, a, adaKey); got[len(got)-1].Device != s.Device {
		t.Error("a full Private has lost the newest event, want it kept")
	}
	update(t, a, adaKey, func(v *signup.User) { *v = signup.WithoutEvents(*v) })
	fill(10)
	if _, err := a.SetPassword(t.Context(), adaKey, newPassword); err != nil {
		t.Errorf("without room for an event, SetPassword returned %v, want nil", err)
	}
	if v, _ := a.Store.Get(t.Context(), adaKey); len(historyOf(t, v)) != 0 || strings.Count(string(v.Private), `"label"`) != signup.MaxDevices {
		t.Errorf("without room for an event, Private has %d events and %d devices, want 0, %d",
			len(historyOf(t, v)), strings.Count(string(v.Private), `"label"`), signup.MaxDevices)
	}
}

// Events fails as Resume does.
func TestEventsFails(t *testing.T) {
	a := sessionAccounts(t)
	s := logIn(t, a, signup.Client{})
	if _, err := a.Events(t.Context(), signup.Session{}); err != signup.ErrEnded {
		t.Errorf("Events of the zero Session returned %v, want ErrEnded", err)
	}
	b := &signup.Accounts{Hasher: cheap}
	b.Store, _ = failAt(a.Store, 1, false, errLost)
	if _, err := b.Events(t.Context(), s); !errors.Is(err, errLost) {
		t.Errorf("Events returned %v, want the error of the Store", err)
	}
	update(t, a, adaKey, func(u *signup.User) {
		u.Private = signup.Private(fmt.Sprintf(`{"devices":[{"id":%q,"label":"","first":1,"last":1}],"events":{}}`, s.Device))
	})
	wantSession(t, a, s, nil)
	if _, err := a.Events(t.Context(), s); err == nil || errors.Is(err, signup.ErrEnded) {
		t.Errorf("with malformed events, Events returned %v, want another error", err)
	}
}
