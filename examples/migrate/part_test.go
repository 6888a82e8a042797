package main

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gosignup/signup/memstore"
)

// Documents with the same fields are one user. It is migrated, and only different
// documents with one address are a collision.
func TestIdenticalDocumentsAreOneUser(t *testing.T) {
	const address = "Ada@example.org"
	same := sourceOf(nil)
	twice := map[string]int64{"documents read": 2, "identical": 1, "imported": 1}
	collision := map[string]int64{"documents read": 2, "left behind: collisions (groups of one address: 1)": 2}
	for _, c := range []struct {
		name  string
		lines []string
		want  map[string]int64
		kinds string
	}{
		{"two lines", []string{same, same}, twice, "identical 2 false"},
		{"in two indices", []string{hitOf("a", "user", address, same), hitOf("b", "_doc", address, same)}, twice, "identical 2 false"},
		{"under another id", []string{hit(address, same), hit("ada@example.org", same)}, twice, "identical 2 false"},
		{"under another id first", []string{hit("AVx12", same), hit(address, same)}, twice, "identical 1 false"},
		{"three", []string{same, same, same}, map[string]int64{"documents read": 3, "identical": 2, "imported": 1}, "identical 2 false\nidentical 3 false"},
		{"null and absent, other spellings", []string{same, sourceOf(map[string]any{"first_name": nil, "created_at": "2014-12-06T23:55:23.770", "is_active": "true"})},
			twice, "identical 2 false"},
		{"other fields, in another order", []string{
			strings.Replace(same, "{", `{"more":{"a":1,"b":[2.50]},`, 1), strings.Replace(same, "{", `{"more":{ "b":[2.50],"a":1},`, 1)},
			with(twice, map[string]int64{"with fields": 1}), "more-fields 1 false\nidentical 2 false"},
		{"addresses in two letter cases", []string{hit(address, same), hit("ada@example.org", sourceOf(map[string]any{"email_address": "ada@example.org"}))},
			collision, "collision 1 true\ncollision 2 true"},
		{"another hash", []string{same, strings.Replace(same, "$k", "$K", 1)}, collision, "collision 1 true\ncollision 2 true"},
		{"another name", []string{same, sourceOf(map[string]any{"first_name": "Ada"})}, collision, "collision 1 true\ncollision 2 true"},
		{"another value of another field", []string{sourceOf(map[string]any{"phone": 1}), sourceOf(map[string]any{"phone": 2})}, collision, "collision 1 true\ncollision 2 true"},
		{"other unknown times", []string{sourceOf(map[string]any{"created_at": "yesterday"}), sourceOf(map[string]any{"created_at": "today"})},
			collision, "collision 1 true\ncollision 2 true"},
		{"two of three", []string{same, sourceOf(map[string]any{"is_active": false}), same},
			map[string]int64{"documents read": 3, "left behind: collisions (groups of one address: 1)": 3}, "collision 1 true\ncollision 2 true\ncollision 3 true"},
		{"each under another id", []string{hit("1", same), hit("2", same)},
			map[string]int64{"documents read": 2, "left behind: malformed": 2}, "malformed 1 true\nmalformed 2 true"},
		{"another user's under another id", []string{hit(address, same), hit("ada@example.org", sourceOf(map[string]any{"first_name": "Bob"}))},
			map[string]int64{"documents read": 2, "left behind: malformed": 1, "imported": 1}, "malformed 2 true"},
		{"a refused address", []string{sourceOf(map[string]any{"email_address": "ada"}), sourceOf(map[string]any{"email_address": "ada"})},
			map[string]int64{"documents read": 2, "left behind: refused": 2}, "refused-address 1 true\nrefused-address 2 true"},
		{"passwords in clear", []string{sourceOf(map[string]any{"password": "correct horse"}), sourceOf(map[string]any{"password": "correct horse"})},
			map[string]int64{"documents read": 2, "identical": 1, "left behind: a password": 1}, "unknown-hash 1 true\nidentical 2 true"},
	} {
		t.Run(c.name, func(t *testing.T) {
			target := &fakeTarget{Store: memstore.New()}
			r := run(t, t.Context(), target, strings.Join(c.lines, "\n"))
			r.want(t, c.want)
			if r.status != 0 || r.kinds() != c.kinds {
				t.Errorf("got status %d and the report\n%s\nwant 0 and\n%s", r.status, r.kinds(), c.kinds)
			}
			if n := int64(len(users(t, target))); n != c.want["imported"] {
				t.Errorf("got %d users, want %d", n, c.want["imported"])
			}
			for _, f := range r.report {
				if (f.SameAs != nil) != (f.Kind == identical) || f.SameAs != nil && f.SameAs.Line == f.Line {
					t.Errorf("the document of line %d is %s, the same as %v; want the other line of an identical one", f.Line, f.Kind, f.SameAs)
				}
			}
		})
	}
}

// What is no hash of a known format may be the password itself.
func TestPasswordInClearIsNeverStored(t *testing.T) {
	for name, password := range map[string]string{
		"clear": "correct horse", "Werkzeug's plain": "plain$$correct horse", "plain with a salt": "plain$salt$correct horse",
		"like a hash": "$correct horse$", "with a known hash": werkzeug + " correct horse", "cut short": werkzeug[:len(werkzeug)-1],
		"white space": " ", "MD5 without salt": "88e4ddd2402d92d50e1879d6ecd9ffd4", "Django's mark for none": "!", "no format": "{noop}correct horse",
	} {
		t.Run(name, func(t *testing.T) {
			line := sourceOf(map[string]any{"password": password})
			target := &fakeTarget{Store: memstore.New()}
			r := run(t, t.Context(), target, line)
			r.want(t, map[string]int64{"documents read": 1, "left behind: a password that is not a hash of a known format": 1})
			if n := len(users(t, target)); r.status != 0 || n != 0 || r.kinds() != "unknown-hash 1 true" {
				t.Errorf("got status %d, %d users and the report %s; want 0, 0 and unknown-hash 1 true", r.status, n, r.kinds())
			}
			if r := run(t, t.Context(), target, line, "-strict"); r.status != exitLeftBehind {
				t.Errorf("with -strict: got status %d, want %d", r.status, exitLeftBehind)
			}

			r = run(t, t.Context(), target, line, "-without-password")
			r.want(t, map[string]int64{"documents read": 1, "imported": 1, "without their password": 1})
			all := users(t, target)
			if r.status != 0 || len(all) != 1 || all[0].PasswordHash != "" || all[0].CheckPassword(password) {
				t.Errorf("with -without-password: got status %d and %d users, or one with a password; want 0 and one without", r.status, len(all))
			}
			for _, f := range r.report {
				if strings.Contains(f.Problem, password) && password != " " && password != "!" {
					t.Error("the report has the password, want a reason without it")
				}
			}
		})
	}
	for name, password := range map[string]any{"null": nil, "empty": "", "missing": missing, "number": 5, "list": []string{"correct horse"}} {
		r := run(t, t.Context(), &fakeTarget{Store: memstore.New()}, sourceOf(map[string]any{"password": password}), "-without-password")
		r.want(t, map[string]int64{"documents read": 1, "left behind: malformed": 1})
		if r.kinds() != "malformed 1 true" {
			t.Errorf("%s: got the report %s, want malformed 1 true", name, r.kinds())
		}
	}
}

func TestOtherTypesAreSkipped(t *testing.T) {
	lines := strings.Join([]string{
		hit("Ada@example.org", sourceOf(nil)),
		hitOf("example", "post", "1", `{"title":"Lovelace"}`),
		hitOf("example", "_doc", "2", `{"_type":"post","email_address":"bob@example.org"}`),
		hitOf("example", "_doc", "bob@example.org", sourceOf(map[string]any{"email_address": "bob@example.org"})),
		hitOf("example", "post", "eve@example.org", sourceOf(map[string]any{"email_address": "eve@example.org"})),
	}, "\n")
	target := &fakeTarget{Store: memstore.New()}
	r := run(t, t.Context(), target, lines, "-strict")
	r.want(t, map[string]int64{"documents read": 5, "imported": 2, "skipped": 2, "left behind: malformed": 1})
	if r.status != exitLeftBehind || r.kinds() != "malformed 5 true" {
		t.Errorf("got status %d and the report\n%s\nwant %d, and only the document of two types", r.status, r.kinds(), exitLeftBehind)
	}
	only := hitOf("example", "post", "1", "{}") + "\n" + hitOf("example", "User", "2", "{}")
	r = run(t, t.Context(), target, only)
	r.want(t, map[string]int64{"documents read": 2, "skipped": 2})
	if r.status != exitFailed || !strings.Contains(r.stderr, "none of the source's 2 documents is a user's") {
		t.Errorf("without a user: got status %d, %s; want %d and that none is a user's", r.status, r.stderr, exitFailed)
	}
}

// A pattern that matches no index is not an empty source.
func TestIndexThatIsMissingIsAnError(t *testing.T) {
	source := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if q := r.URL.Query(); q.Get("allow_no_indices") != "false" || q.Get("expand_wildcards") != "all" {
			t.Errorf("got the query %s, want that all indices are looked for, and one must be there", r.URL.RawQuery)
		}
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"error":{"type":"index_not_found_exception"},"status":404}`))
	}))
	defer source.Close()
	for _, args := range [][]string{
		{"-from-index", "nope*"}, {"-from-index", "nope"}, {"-from-index", "nope*", "-no-refresh"},
		{"-from-index", "nope*", "-dry-run"}, {"-from-index", "a*,b*"}, {"-from-index", ""},
	} {
		var stdout, stderr strings.Builder
		p := program{stdout: &stdout, stderr: &stderr,
			open: func(server, string) (target, error) { return &fakeTarget{Store: memstore.New()}, nil }}
		want := "it has no index that matches -from-index"
		if args[1] == "" {
			want = "-from-index is empty"
		}
		if status := p.run(t.Context(), append(args, "-from", source.URL)); status != exitFailed || !strings.Contains(stderr.String(), want) {
			t.Errorf("%q: got status %d, %s; want %d and %q", args, status, &stderr, exitFailed, want)
		}
	}
}

// The counts of each document's fate are those of all documents.
func TestCountsAreComplete(t *testing.T) {
	target := &fakeTarget{Store: memstore.New()}
	lines := everything + "\n" + sourceOf(map[string]any{"last_name": "Lovelace"}) + "\n" + hitOf("example", "post", "1", "{}")
	r := run(t, t.Context(), target, lines)
	want := maps.Clone(ofEverything)
	want["documents read"], want["imported"], want["identical"], want["skipped"] = 11, 2, 1, 1
	r.want(t, want) // and therefore 0 not tried
}
