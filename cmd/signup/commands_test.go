package main

import (
	"strings"
	"testing"

	"github.com/gosignup/signup"
)

func TestSetup(t *testing.T) {
	each(t, func(t *testing.T, url string) {
		on(url).run(t.Context(), "setup").want(t, exitDone, "the store is set up\n")
		r := on(url).run(t.Context(), "-json", "setup")
		r.want(t, exitDone)
		if one(t, r.stdout)["set_up"] != true || r.stderr != "" {
			t.Errorf("got %s, want an object with set_up", r.stdout)
		}
	})
}

func TestCheck(t *testing.T) {
	each(t, func(t *testing.T, url string) {
		on(url).run(t.Context(), "setup").want(t, exitDone)
		on(url).run(t.Context(), "check").want(t, exitDone, "no problems found\n")
		if r := on(url).run(t.Context(), "-json", "check"); r != (result{}) {
			t.Errorf("got %+v, want the exit code 0 and no output", r)
		}
		db := opened(t, url).(sqlStore).db
		exec := func(statement string) {
			t.Helper()
			if _, err := db.Exec(statement); err != nil {
				t.Fatal(err)
			}
		}
		prefix := prefixOf(t, url)
		exec("DROP INDEX " + prefix + "counts_ends")
		on(url).run(t.Context(), "check").want(t, exitWarnings, "warning (index): The index "+prefix+"counts_ends doesn't exist", "\n  Make the index")
		exec("DROP TABLE " + prefix + "counts")
		on(url).run(t.Context(), "check").want(t, exitErrors, "error (no-table): ")
		r := on(url).run(t.Context(), "-json", "check")
		r.want(t, exitErrors)
		found := objects(t, r.stdout)
		if len(found) == 0 || found[0]["severity"] != "error" || found[0]["code"] != "no-table" || found[0]["problem"] == "" || found[0]["remedy"] == "" {
			t.Errorf("got %s, want a finding with its code, severity, problem and remedy", r.stdout)
		}
	})
}

func prefixOf(t *testing.T, url string) string {
	t.Helper()
	tg, err := (&call{env: on(url).getenv}).target()
	if err != nil {
		t.Fatal(err)
	}
	prefix, err := tg.tables()
	if err != nil {
		t.Fatal(err)
	}
	return prefix
}

func TestCheckBeforeSetup(t *testing.T) {
	on(newPostgreSQL(t)).run(t.Context(), "check").want(t, exitErrors, "error (no-schema): ")
	url := newSQLite(t)
	on(url).run(t.Context(), "check").want(t, exitUsage, "2:correct the name, or make the database with signup setup")
	on(url).run(t.Context(), "check").want(t, exitUsage) // the first one made no file
}

func TestShow(t *testing.T) {
	eachFilled(t, 2, func(t *testing.T, url string) {
		for _, spelled := range []string{address(0), " USER000@Example.ORG "} {
			r := on(url).run(t.Context(), "show", spelled)
			r.want(t, exitDone, "address          User000@example.org\n", "name             Ada L000\n", "active           yes\n",
				"verified         2026-03-01T13:00:00Z\n", "created          2026-03-01T12:00:00Z\n", "password         bcrypt\n", "profile company  Engines\n")
			wantNoSecrets(t, r, person(0))
		}
		r := on(url).run(t.Context(), "show", "-json", address(1))
		r.want(t, exitDone)
		got := one(t, r.stdout)
		for name, want := range map[string]any{
			"id": "id-001", "email_address": "User001@example.org", "key": address(1), "first_name": "Ada", "last_name": "L001",
			"is_active": false, "created_at": "2026-03-02T12:00:00.123Z", "updated_at": "2026-03-02T12:00:00.123Z", "password_scheme": "bcrypt",
			"email_verified_at": nil,
		} {
			if got[name] != want {
				t.Errorf("%s: got %s, want another value", name, shown(r.stdout))
			}
		}
		wantNoSecrets(t, r, person(1))
	})
}

// wantNoSecrets checks that a result has none of the secrets of u.
func wantNoSecrets(t *testing.T, r result, u signup.User) {
	t.Helper()
	for _, secret := range []string{string(u.PasswordHash), u.SecurityStamp, string(u.Private), "link_log_ins"} {
		if strings.Contains(r.stdout+r.stderr, secret) {
			t.Errorf("got %s, want it without secrets", shown(r.stdout+r.stderr))
		}
	}
}

func TestShowScheme(t *testing.T) {
	for h, want := range map[signup.Hash]string{hash: "bcrypt", "": "none", "x": "unknown"} {
		if got := schemeOf(h); got != want {
			t.Errorf("got the scheme %q, want %q", got, want)
		}
	}
}

func TestNotFound(t *testing.T) {
	url := newSQLite(t)
	on(url).run(t.Context(), "setup").want(t, exitDone)
	held := person(7)
	held.Placeholder = true
	if err := opened(t, url).Create(t.Context(), &held); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"show", "activate", "deactivate", "end-sessions"} {
		t.Run(command, func(t *testing.T) {
			on(url).run(t.Context(), command, "grace@example.org").want(t, exitNotFound, "2:signup: no user has this address\n")
			on(url).run(t.Context(), command, "no address").want(t, exitNotFound)
			on(url).run(t.Context(), command, address(7)).want(t, exitNotFound, "2:no user has this address")
			r := on(url).run(t.Context(), "-json", command, "grace@example.org")
			r.want(t, exitNotFound)
			if got := one(t, r.stderr)["error"]; got != "no user has this address" {
				t.Errorf("got the error %v, want that no user has this address", got)
			}
		})
	}
	on(url).run(t.Context(), "show", address(7)).want(t, exitNotFound, "2:it is held")
}

func TestSetActive(t *testing.T) {
	eachFilled(t, 1, func(t *testing.T, url string) {
		before := stored(t, url, 0)
		on(url).run(t.Context(), "deactivate", address(0)).want(t, exitDone, "the user is inactive, and all sessions have ended\n")
		u := stored(t, url, 0)
		if u.Active || u.SecurityStamp == before.SecurityStamp || u.PasswordHash != before.PasswordHash {
			t.Errorf("got active %t and, changed, the stamp %t, want an inactive user with a new stamp and the same hash",
				u.Active, u.SecurityStamp != before.SecurityStamp)
		}
		r := on(url).run(t.Context(), "activate", "-json", address(0))
		r.want(t, exitDone)
		if one(t, r.stdout)["is_active"] != true || !stored(t, url, 0).Active {
			t.Errorf("got %s, want an active user", r.stdout)
		}
	})
}

func TestEndSessions(t *testing.T) {
	eachFilled(t, 1, func(t *testing.T, url string) {
		before := stored(t, url, 0)
		on(url).run(t.Context(), "end-sessions", address(0)).want(t, exitDone, "all sessions of the user have ended\n")
		u := stored(t, url, 0)
		if !u.Active || u.SecurityStamp == before.SecurityStamp {
			t.Errorf("got active %t and the old stamp %t, want an active user with a new stamp", u.Active, u.SecurityStamp == before.SecurityStamp)
		}
	})
}

// Characters of a name that control a terminal are escaped.
func TestTerminal(t *testing.T) {
	url := newSQLite(t)
	on(url).run(t.Context(), "setup").want(t, exitDone)
	u := person(0)
	u.FirstName, u.LastName, u.Profile = "Ada\x1b[2J", "\u202eL\nactive  no", map[string]string{"a\tb": "\a"}
	if err := opened(t, url).Create(t.Context(), &u); err != nil {
		t.Fatal(err)
	}
	r := on(url).run(t.Context(), "show", address(0))
	r.want(t, exitDone, `Ada\x1b[2J \u202eL\nactive  no`, `profile a\tb`, `\a`)
	if strings.ContainsAny(r.stdout, "\x1b\u202e\a") {
		t.Errorf("got %s, want no control characters", shown(r.stdout))
	}
}
