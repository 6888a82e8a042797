package main

import (
	"slices"
	"strings"
	"testing"
)

func TestSearch(t *testing.T) {
	eachFilled(t, 6, func(t *testing.T, url string) {
		for _, c := range []struct {
			args string
			want string // the numbers of the users
		}{
			{"", "012345"},
			{"-email user00", "012345"},
			{"-email USER003", "3"},
			{"-email nobody", ""},
			{"-name ada", "012345"},
			{"-name l004", "4"},
			{"-name Engines", ""},
			{"-active", "024"},
			{"-active=false", "135"},
			{"-verified", "03"},
			{"-verified=false -active", "24"},
			{"-created-from 2026-03-04", "345"},
			{"-created-before 2026-03-04", "012"},
			{"-created-from 2026-03-04T13:00:00+01:00", "345"},
			{"-created-from 2026-03-04T12:00:01Z -created-before 2026-03-06", "4"},
			{"-id id-002 -id id-005 -id none", "25"},
			{"-limit 2", "01"},
			{"-limit 0", "012345"},
			{"-descending", "543210"},
			{"-sort email -descending -limit 3", "543"},
			{"-sort name", "012345"},
			{"-sort=creation -limit=6", "012345"},
		} {
			t.Run(c.args, func(t *testing.T) {
				args := append([]string{"search"}, strings.Fields(c.args)...)
				r := on(url).run(t.Context(), append(args, "-json")...)
				r.want(t, exitDone)
				if got := numbers(t, r.stdout); got != c.want || r.stderr != "" {
					t.Errorf("got the users %q and %d bytes on stderr, want %q and nothing", got, len(r.stderr), c.want)
				}
				r = on(url).run(t.Context(), args...)
				r.want(t, exitDone)
				if got := strings.Count(r.stdout, "\n"); got != min(1, len(c.want))+len(c.want) {
					t.Errorf("got %d lines, want one for each of %d users and a title", got, len(c.want))
				}
				more := len(c.want) > 0 && strings.Contains(c.args, "-limit") && len(c.want) < 6
				if got := strings.Contains(r.stderr, "there are more users: repeat the search with -after "); got != more {
					t.Errorf("got the note that there are more %t, want %t", got, more)
				}
				for i := range 6 {
					wantNoSecrets(t, r, person(i))
				}
			})
		}
	})
}

// numbers returns the last digits of the IDs of the users.
func numbers(t *testing.T, lines string) (all string) {
	t.Helper()
	for _, o := range objects(t, lines) {
		id, _ := o["id"].(string)
		all += id[len(id)-1:]
	}
	return all
}

func TestSearchRow(t *testing.T) {
	eachFilled(t, 1, func(t *testing.T, url string) {
		r := on(url).run(t.Context(), "search")
		want := "ADDRESS              NAME      ACTIVE  VERIFIED  CREATED               ID\n" +
			"User000@example.org  Ada L000  yes     yes       2026-03-01T12:00:00Z  id-000\n"
		if r != (result{0, want, ""}) {
			t.Errorf("got %s and %s, want one row and its title", shown(r.stdout), shown(r.stderr))
		}
		r = on(url).run(t.Context(), "search", "-json")
		o := one(t, r.stdout)
		for name, want := range map[string]any{"id": "id-000", "first_name": "Ada", "is_active": true, "email_verified_at": "2026-03-01T13:00:00.123Z"} {
			if o[name] != want {
				t.Errorf("%s: got %v, want %v", name, o[name], want)
			}
		}
	})
}

// A script and an operator get all users, page by page.
func TestSearchPages(t *testing.T) {
	eachFilled(t, 7, func(t *testing.T, url string) {
		for _, order := range [][]string{{"-sort", "creation"}, {"-sort", "email"}, {"-sort", "name", "-descending"}} {
			var got, noted []string
			for after, next := "", ""; ; after, next = next, "" {
				args := append([]string{"search", "-limit", "3", "-after", after}, order...)
				r := on(url).run(t.Context(), append(args, "-json")...)
				r.want(t, exitDone)
				for _, o := range objects(t, r.stdout) {
					got = append(got, o["id"].(string))
					next, _ = o["position"].(string)
				}
				r = on(url).run(t.Context(), args...)
				_, position, more := strings.Cut(strings.TrimSpace(r.stderr), "-after ")
				if !more {
					break
				}
				noted = append(noted, position)
				if position != next {
					t.Fatalf("%v: got another position in the note than in the last object, want the same", order)
				}
			}
			slices.Sort(got)
			if len(slices.Compact(got)) != 7 || len(noted) != 2 {
				t.Errorf("%v: got %d users with %d notes, want 7 with 2", order, len(got), len(noted))
			}
		}
	})
}

func TestSearchUsage(t *testing.T) {
	url := newSQLite(t)
	on(url).run(t.Context(), "setup").want(t, exitDone)
	for args, want := range map[string]string{
		"-sort size": "-sort must be creation, email or name", "-after xyz": "-after must be a position", "-limit -1": "-limit must not be negative",
		"-created-from yesterday": "want a date such as 2026-01-31", "-active=often": "want true or false", "ada": "the usage is: signup [flags] search\n",
		"-emial x": "did you mean -email?", "-email " + strings.Repeat("x", 251): "a prefix of more than 250 characters",
	} {
		on(url).run(t.Context(), append([]string{"search"}, strings.Fields(args)...)...).want(t, exitUsage, "2:"+want)
	}
	on(url).run(t.Context(), "search").want(t, exitDone, "2:note: no user matches\n")
}

// Many users are listed as they come, in aligned blocks.
func TestSearchMany(t *testing.T) {
	url := newSQLite(t)
	on(url).run(t.Context(), "setup").want(t, exitDone)
	fill(t, url, 2*flushRows+1)
	r := on(url).run(t.Context(), "search", "-limit", "0")
	r.want(t, exitDone)
	if got := strings.Count(r.stdout, "\n"); got != 2*flushRows+2 {
		t.Errorf("got %d lines, want %d", got, 2*flushRows+2)
	}
}
