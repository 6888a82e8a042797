package signup_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

func TestEventLogger(t *testing.T) {
	logger, logged := newLog(t)
	a := newAccounts()
	a.After = signup.EventLogger(logger)
	u, err := a.Register(t.Context(), adaRegistration(""))
	if err != nil {
		t.Fatalf("Register returned %v, want nil", err)
	}
	s, err := a.LogIn(t.Context(), adaEmail, goodPassword, signup.Client{Label: "Firefox"})
	if err != nil {
		t.Fatalf("LogIn returned %v, want nil", err)
	}
	if _, err := a.LogIn(t.Context(), "bob@example.org", goodPassword, signup.Client{}); err != signup.ErrBadCredentials {
		t.Errorf("LogIn of no user returned %v, want ErrBadCredentials", err)
	}
	want := []map[string]any{
		{"event.name": "registered", "event.reason": "password", "enduser.pseudo.id": u.ID},
		{"event.name": "logged_in", "event.reason": "password", "enduser.pseudo.id": u.ID, "device.id": s.Device},
		{"event.name": "log_in_refused", "event.reason": "wrong"},
	}
	got := logged.records(t)
	for i, record := range got {
		if record["level"] != "INFO" || record["msg"] != "signup: event" {
			t.Errorf("logged %v, want signup: event at INFO", record)
		}
		for _, name := range []string{"level", "msg", "time", "source"} {
			delete(record, name)
		}
		if i < len(want) && !maps.Equal(record, want[i]) {
			t.Errorf("logged %v, want %v", record, want[i])
		}
	}
	if len(got) != len(want) || strings.Contains(logged.String(), "@") {
		t.Errorf("logged %d records, with an address: %t; want %d, false", len(got), strings.Contains(logged.String(), "@"), len(want))
	}
}

// Without a logger, EventLogger logs to the default one of the time of the event.
func TestEventLoggerDefault(t *testing.T) {
	after := signup.EventLogger(nil)
	logged := captureDefaultLog(t)
	after(t.Context(), signup.Event{Kind: signup.EventDeleted, Reason: signup.ReasonSet, UserID: "id"})
	if records := logged.records(t); len(records) != 1 || records[0]["event.name"] != "deleted" {
		t.Errorf("logged %v, want one record of deleted", records)
	}
}

// Handlers send an error of Before as they send their own.
func TestBeforeOfHandler(t *testing.T) {
	field := signup.FieldError{Field: "email_address", Code: "closed", Message: "The sign-up is closed."}
	for _, c := range []struct {
		name    string
		err     error
		status  int
		message string
	}{
		{"a FieldError", field, 400, field.Message},
		{"a pointer to one", &field, 400, field.Message},
		{"a ValidationError", &signup.ValidationError{Fields: []signup.FieldError{field}}, 400, field.Message},
		{"ErrBusy", signup.ErrBusy, 503, ""},
		{"ErrExists", signup.ErrExists, 409, ""},
		{"another error", errLost, 500, ""},
		{"an empty ValidationError", &signup.ValidationError{}, 500, ""},
		{"ErrInvalid alone", signup.ErrInvalid, 500, ""},
		{"a FieldError without a text", signup.FieldError{Field: "nick", Code: "own"}, 400, "'nick' is not acceptable."},
		{"a FieldError with a code alone", signup.FieldError{Code: "own"}, 400, "This is not acceptable."},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := &signup.Accounts{Store: memstore.New(), Hasher: plainHasher{}}
			watch(a).refuse = c.err
			res := post(signup.NewHandler(a, quiet), adaBody)
			text := readAll(t, res)
			if res.StatusCode != c.status || !strings.Contains(text, c.message) || strings.Contains(text, "lost") {
				t.Errorf("got status %d and the body %s, want %d with %q", res.StatusCode, text, c.status, c.message)
			}
		})
	}
}

// The events of all calls have the documented kinds and reasons.
func TestEventVocabulary(t *testing.T) {
	kinds := []signup.EventKind{signup.EventRegistered, signup.EventEmailVerified, signup.EventLoggedIn, signup.EventReauthenticated,
		signup.EventLogInRefused, signup.EventPasswordChanged, signup.EventEmailChanged, signup.EventProfileChanged, signup.EventSessionsEnded,
		signup.EventDeactivated, signup.EventActivated, signup.EventDeleted, signup.EventDataExported}
	const want = "activated data_exported deactivated deleted email_changed email_verified log_in_refused logged_in password_changed profile_changed " +
		"reauthenticated registered sessions_ended"
	var names []string
	for _, k := range kinds {
		names = append(names, string(k))
	}
	slices.Sort(names)
	if got := strings.Join(names, " "); got != want {
		t.Errorf("the kinds are %q, want %q: they are stable", got, want)
	}
}
