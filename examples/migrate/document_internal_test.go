package main

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gosignup/signup"
)

var today = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

// werkzeug is a hash of "test".
const werkzeug = "pbkdf2:sha1:1000$kiCZ1Z0Z$281928164762c59aed493b0c2b3564cf4b59cd36"

// sourceOf returns a document as the tutorial writes it, with some fields changed.
func sourceOf(fields map[string]any) string {
	doc := map[string]any{
		"email_address": "Ada@example.org", "password": werkzeug, "_type": "user", "is_active": true, "created_at": 1417910123.77,
	}
	for name, value := range fields {
		if doc[name] = value; value == missing {
			delete(doc, name)
		}
	}
	b, err := json.Marshal(doc)
	if err != nil {
		panic(err)
	}
	return string(b)
}

const missing = "missing from the document"

func hit(id, source string) string { return hitOf("example", "user", id, source) }

func hitOf(index, typ, id, source string) string {
	return `{"_index":"` + index + `","_type":"` + typ + `","_id":"` + id + `","_score":1,"_source":` + source + `}`
}

func TestParse(t *testing.T) {
	at := time.Date(2014, time.December, 6, 23, 55, 23, 770e6, time.UTC)
	want := func(change func(*document)) document {
		d := document{email: "Ada@example.org", hash: werkzeug, active: true, created: at}
		change(&d)
		return d
	}
	same := func(*document) {}
	for _, c := range []struct {
		name, text string
		want       document
	}{
		{"as the tutorial writes it", sourceOf(nil), want(same)},
		{"a hit", hit("Ada@example.org", sourceOf(nil)), want(func(d *document) { d.Index, d.ID = "example", d.email })},
		{"a hit of a later version", hitOf("example", "_doc", "Ada@example.org", sourceOf(nil)), want(func(d *document) { d.Index, d.ID = "example", d.email })},
		{"a hit of a copied index", hitOf("old", "doc", "Ada@example.org", sourceOf(nil)), want(func(d *document) { d.Index, d.ID = "old", d.email })},
		{"another id", hit("ada@example.org", sourceOf(nil)), want(func(d *document) { d.Index, d.ID, d.stray = "example", "ada@example.org", true })},
		{"a hit without id", `{"_source":` + sourceOf(nil) + `}`, want(same)},
		{"names", sourceOf(map[string]any{"first_name": "Ada", "last_name": "日本 \uFFFD <&>"}),
			want(func(d *document) { d.first, d.last = "Ada", "日本 \uFFFD <&>" })},
		{"names that are null", sourceOf(map[string]any{"first_name": nil, "last_name": nil}), want(same)},
		{"an escaped replacement character", `{"email_address":"Ada@example.org","password":"` + werkzeug + `","first_name":"\uFFfd\ud83d\ude00"}`,
			want(func(d *document) { d.first, d.created = "\uFFFD\U0001F600", time.Time{} })},
		{"the least", sourceOf(map[string]any{"_type": missing, "is_active": missing, "created_at": missing}),
			want(func(d *document) { d.created = time.Time{} })},
		{"null for the rest", sourceOf(map[string]any{"_type": nil, "is_active": nil, "created_at": nil}),
			want(func(d *document) { d.created = time.Time{} })},
		{"inactive", sourceOf(map[string]any{"is_active": false}), want(func(d *document) { d.active = false })},
		{"inactive as text", sourceOf(map[string]any{"is_active": "false"}), want(func(d *document) { d.active = false })},
		{"active as text", sourceOf(map[string]any{"is_active": "true"}), want(same)},
		{"white space", " \t" + sourceOf(nil) + "\r\n", want(same)},
		{"more fields", sourceOf(map[string]any{"phone": 1, "Password": "x", "gone": nil}),
			want(func(d *document) { d.more = []string{"Password", "phone"} })},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, problem := parse([]byte(c.text), today)
			if problem != "" {
				t.Fatalf("got the problem %q, want none", problem)
			}
			if (got.rest != "") != (got.more != nil) {
				t.Errorf("got a digest of %d bytes of %d more fields, want one if and only if there are any", len(got.rest), len(got.more))
			}
			got.rest = ""
			if !reflect.DeepEqual(got, c.want) {
				t.Error("got another document than wanted")
			}
		})
	}
}

func TestParseMalformed(t *testing.T) {
	for _, c := range []struct{ name, text, problem string }{
		{"no JSON", "x", "it is not a single JSON object"},
		{"cut short", sourceOf(nil)[:40], "it is not a single JSON object"},
		{"an array", "[" + sourceOf(nil) + "]", "it is not a single JSON object"},
		{"null", "null", "it is not a single JSON object"},
		{"two objects", sourceOf(nil) + sourceOf(nil), "it is not a single JSON object"},
		{"not UTF-8", strings.Replace(sourceOf(nil), "Ada", "\xff", 1), "it is not UTF-8"},
		{"a field twice", strings.Replace(sourceOf(nil), "{", `{"is_active":false,`, 1), "a field occurs twice"},
		{"a field twice in a hit", hit("Ada@example.org", strings.Replace(sourceOf(nil), "{", `{"is_active":false,`, 1)), "in its _source, a field occurs twice"},
		{"a field twice, once escaped", strings.Replace(sourceOf(nil), "{", `{"\u0070assword":"x",`, 1), "a field occurs twice"},
		{"a field twice, once null", strings.Replace(sourceOf(nil), "{", `{"password":null,`, 1), "a field occurs twice"},
		{"a hash in another case only", sourceOf(map[string]any{"password": missing, "Password": "x"}), "it has no password"},
		{"an address in another case only", sourceOf(map[string]any{"email_address": missing, "EMAIL_ADDRESS": "Ada@example.org"}), "it has no email_address"},
		{"a brace too many", sourceOf(nil) + "}", "it is not a single JSON object"},
		{"text after it", sourceOf(nil) + " x", "it is not a single JSON object"},
		{"text after it in a hit", hit("Ada@example.org", sourceOf(nil)) + "null", "it is not a single JSON object"},
		{"no object in a hit", hit("Ada@example.org", "1"), "in its _source, it is not a single JSON object"},
		{"no source", hit("Ada@example.org", "null"), "it has no email_address"},
		{"a number for an id", `{"_id":1,"_source":` + sourceOf(nil) + `}`, "its _id is not a string"},
		{"a number for a hit's type", strings.Replace(hit("Ada@example.org", sourceOf(nil)), `"user"`, `1`, 1), "its _type is not a string"},
		{"a number for a type", sourceOf(map[string]any{"_type": 1}), "_type is not a string"},
		{"an empty type", sourceOf(map[string]any{"_type": ""}), "_type is empty"},
		{"a hit of another type than its document", hitOf("example", "post", "Ada@example.org", sourceOf(nil)),
			"its _type in its _source is not that of the hit, and only one of them is user"},
		{"a document of another type than its hit", hit("Ada@example.org", sourceOf(map[string]any{"_type": "post"})),
			"its _type in its _source is not that of the hit, and only one of them is user"},
		{"no address", sourceOf(map[string]any{"email_address": missing}), "it has no email_address"},
		{"address null", sourceOf(map[string]any{"email_address": nil}), "it has no email_address"},
		{"address empty", sourceOf(map[string]any{"email_address": ""}), "it has no email_address"},
		{"two addresses", sourceOf(map[string]any{"email_address": []string{"Ada@example.org"}}), "email_address is not a string"},
		{"no hash", sourceOf(map[string]any{"password": missing}), "it has no password"},
		{"hash empty", sourceOf(map[string]any{"password": ""}), "it has no password"},
		{"a number for a hash", sourceOf(map[string]any{"password": 1}), "password is not a string"},
		{"a number for a name", sourceOf(map[string]any{"first_name": 1}), "first_name is not a string"},
		{"half a character", `{"email_address":"Ada@example.org","password":"x","last_name":"\ud83d"}`, "last_name is not a string"},
		{"another type", sourceOf(map[string]any{"_type": "post"}), notUser},
		{"another type, in other letters", sourceOf(map[string]any{"_type": "User"}), notUser},
		{"another type in a later version", hitOf("example", "_doc", "1", `{"_type":"post","title":"Ada"}`), notUser},
		{"a hit of another type", hitOf("example", "post", "1", `{"title":"Ada"}`), notUser},
		{"a hit of another type, without fields", hitOf("example", "session", "1", "null"), notUser},
		{"another type with a name that is no string", hitOf("example", "post", "1", `{"first_name":1}`), notUser},
		{"active in words", sourceOf(map[string]any{"is_active": "off"}), "is_active is neither true nor false"},
		{"active as number", sourceOf(map[string]any{"is_active": 1}), "is_active is neither true nor false"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, problem := parse([]byte(c.text), today); problem != c.problem {
				t.Errorf("got the problem %q, want %q", problem, c.problem)
			}
		})
	}
}

func TestParseTime(t *testing.T) {
	at := func(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
	for raw, want := range map[string]time.Time{
		`1417910123.77`:                  at(1417910123770),
		`1.417910123E9`:                  at(1417910123000),
		`1.41791012377E+9`:               at(1417910123770),
		`1417910123`:                     at(1417910123000),
		`1417910123.1234`:                at(1417910123123),
		`1417910123.9996`:                at(1417910124000),
		`1417910123.770001888275`:        at(1417910123770),
		`0.001`:                          at(1),
		`"1417910123.77"`:                at(1417910123770),
		`" 1417910123 "`:                 at(1417910123000),
		`"2014-12-07T00:55:23.77+01:00"`: at(1417910123770),
		`"2014-12-06T23:55:23Z"`:         at(1417910123000),
		``:                               {},
		`0`:                              {},
		`-1417910123.77`:                 {},
		`1417910123770`:                  {}, // milliseconds
		`1E308`:                          {},
		`1E309`:                          {},
		`1893456000`:                     {},                // 2030
		`"2014-12-06T23:55:23"`:          at(1417910123000), // Python's datetime.utcnow().isoformat()
		`"yesterday"`:                    {},
		`"NaN"`:                          {},
		`"0x1p30"`:                       {},
		`true`:                           {},
		`[1417910123.77]`:                {},
		`{"seconds":1417910123.77}`:      {},
	} {
		if got := parseTime(json.RawMessage(raw), today); !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("parseTime(%s): got %v, want %v in UTC", raw, got, want)
		}
	}
}

// The service stored datetime.utcnow(), and isoformat writes no zone for it.
func TestParseTimeReadsWhatPythonWritesAsUTC(t *testing.T) {
	second := time.Date(2014, time.May, 6, 12, 34, 56, 0, time.UTC)
	fraction := second.Add(789 * time.Millisecond) // .789012
	for text, want := range map[string]time.Time{
		"2014-05-06T12:34:56.789012":       fraction, // isoformat()
		"2014-05-06 12:34:56.789012":       fraction, // str()
		"2014-05-06T12:34:56":              second,   // a whole second
		"2014-05-06 12:34:56":              second,
		"2014-05-06T12:34:56.789":          fraction, // timespec="milliseconds"
		"2014-05-06T12:34":                 second.Truncate(time.Minute),
		"2014-05-06T12:34:56.789012+00:00": fraction, // datetime.now(timezone.utc)
		"2014-05-06 12:34:56.789012+00:00": fraction,
		"2014-05-06T12:34:56.789012Z":      fraction, // with "Z" appended
		"2014-05-06T14:34:56.789012+02:00": fraction,
		"2014-05-06T14:34:56.789012+0200":  fraction, // strftime with %z
		"2014-05-06 12:34:56.789012+00":    fraction, // PostgreSQL
		"2014-05-06 12:34:56 +0000":        second,
		"2014-05-06 12:34:56 UTC":          second,   // strftime with %Z
		"2014-05-06T18:28:24+05:53:28":     second,   // local mean time, of pytz
		"2014-05-06 12:34:56,789":          fraction, // logging
		"Tue, 06 May 2014 12:34:56 GMT":    second,   // flask.jsonify
		" 2014-05-06T12:34:56\n":           second,
		"2014-05-06":                       time.Date(2014, time.May, 6, 0, 0, 0, 0, time.UTC),
		"1969-12-31T23:59:59.999":          {},
		"2026-03-03T12:00:00":              {}, // after tomorrow
		"2014-02-30T12:34:56":              {},
		"2014-05-06T24:00:01":              {},
		"2014-05-06T12":                    {},
		"Tue May  6 12:34:56 2014":         {}, // ctime, which is in local time
		"06/05/2014":                       {}, // May or June?
		"2014-05-06T12:34:56 CEST":         {},
		"datetime.datetime(2014, 5, 6)":    {},
		"":                                 {},
	} {
		raw, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := parseTime(raw, today); !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("parseTime(%s): got %v, want %v in UTC", raw, got, want)
		}
	}
}

// A hash counts as known if and only if a log-in can verify it.
func TestHashFormats(t *testing.T) {
	data, err := os.ReadFile("../../testdata/werkzeug_hashes.json")
	if err != nil {
		t.Fatal(err)
	}
	var entries []struct{ Password, Hash, Werkzeug string }
	if err := json.Unmarshal(data, &entries); err != nil || len(entries) == 0 {
		t.Fatalf("got %d hashes and %v, want some and nil", len(entries), err)
	}
	for _, e := range entries {
		plain := strings.HasPrefix(e.Hash, "plain$")
		if known, salted := isKnown(e.Hash), isSalted(e.Hash); known == plain || salted == plain {
			t.Errorf("a hash of Werkzeug %s: got known: %t, salted: %t; want %t for both", e.Werkzeug, known, salted, !plain)
		}
	}
	for _, h := range []signup.Hasher{signup.Bcrypt{Cost: 4}, signup.Argon2id{Memory: 64, Time: 1, Threads: 1}} {
		for _, password := range []string{"test", strings.Repeat("test", 20)} {
			hash, err := h.Hash(password)
			if err != nil {
				t.Fatal(err)
			}
			if known, salted := isKnown(string(hash)), isSalted(string(hash)); !known || !salted {
				t.Errorf("a hash of %T: got known: %t, salted: %t; want true for both", h, known, salted)
			}
		}
	}
	for n, hash := range []string{
		"", "test", "$", "sha1$$" + strings.Repeat("a", 40), "sha1$salt", "sha1$salt$" + strings.Repeat("a", 39),
		"sha1$salt$" + strings.Repeat("A", 40), "sha3$salt$" + strings.Repeat("a", 40), "sha1:1$salt$" + strings.Repeat("a", 40),
		"pbkdf2:sha1$salt$" + strings.Repeat("a", 40), "pbkdf2:sha1:0$salt$" + strings.Repeat("a", 40), "pbkdf2:none:1$salt$",
		"scrypt:32768:8$salt$" + strings.Repeat("a", 128), "$1$saltsalt$" + strings.Repeat("a", 22), "$2x$12$" + strings.Repeat("a", 53),
		werkzeug + "\n", "\n" + werkzeug, "sha1$" + strings.Repeat("s", 1024) + "$" + strings.Repeat("a", 40),
	} {
		if isKnown(hash) || isSalted(hash) {
			t.Errorf("number %d: got known: %t, salted: %t; want false for both", n, isKnown(hash), isSalted(hash))
		}
		if (signup.User{PasswordHash: signup.Hash(hash)}).CheckPassword("test") {
			t.Errorf("number %d: got a match of the password, want none", n)
		}
	}
	// The salt decides, and nothing else that precedes the digest.
	for hash, want := range map[string]bool{
		"sha1$1234567$" + strings.Repeat("a", 40):                            false,
		"sha1$12345678$" + strings.Repeat("a", 40):                           true,
		"pbkdf2:sha256:1000000$1234567$" + strings.Repeat("a", 64):           false,
		"pbkdf2:sha256:1000000$12345678$" + strings.Repeat("a", 64):          true,
		"scrypt:32768:8:1$1234567$" + strings.Repeat("a", 128):               false,
		"scrypt:32768:8:1$12345678$" + strings.Repeat("a", 128):              true,
		"pbkdf2_sha256$1000000$1234567$" + strings.Repeat("A", 43) + "=":     false,
		"pbkdf2_sha256$1000000$12345678$" + strings.Repeat("A", 43) + "=":    true,
		"scrypt$16384$1234567$8$1$" + strings.Repeat("A", 86) + "==":         false,
		"scrypt$16384$12345678$8$1$" + strings.Repeat("A", 86) + "==":        true,
		"bcrypt$$2b$12$" + strings.Repeat("a", 53):                           true,
		"bcrypt_sha256$$2b$12$" + strings.Repeat("a", 53):                    true,
		"$argon2i$m=64,t=1,p=1$c29tZXNhbHQ$" + strings.Repeat("A", 43):       true,
		"$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$" + strings.Repeat("A", 43): true,
		"$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbA$" + strings.Repeat("A", 43):  false,
	} {
		if got := isSalted(hash); got != want {
			t.Errorf("%s: got salted: %t, want %t", hash, got, want)
		}
	}
}

func TestAccountID(t *testing.T) {
	d := document{email: "Ada@example.org", hash: werkzeug}
	id := d.accountID()
	if id != d.accountID() || len(id) != 26 {
		t.Errorf("got an ID of %d characters, want the same ID of 26 characters each time", len(id))
	}
	named := d
	named.first, named.active, named.Line = "Ada", true, 7
	if named.accountID() != id {
		t.Error("the ID depends on another field, want it to depend on address and hash only")
	}
	for name, other := range map[string]document{
		"address": {email: "ada@example.org", hash: werkzeug},
		"hash":    {email: d.email, hash: strings.Replace(werkzeug, "$k", "$K", 1)},
	} {
		if other.accountID() == id {
			t.Errorf("another %s has the same ID, want another ID", name)
		}
	}
	// IDs derived from these could be guessed, and the password with them.
	for n, hash := range []string{"plain$$test", "test", "sha1$short$" + strings.Repeat("a", 40)} {
		guessable := document{email: d.email, hash: hash}
		if first := guessable.accountID(); first == guessable.accountID() {
			t.Errorf("the ID is derived from hash number %d, want a random ID", n)
		}
	}
}

func TestUser(t *testing.T) {
	at := today.Add(-time.Hour)
	d := document{email: "Ada@example.org", hash: werkzeug, first: "Ada", last: "Lovelace", active: true, created: at}
	want := signup.User{
		ID: d.accountID(), Email: d.email, FirstName: "Ada", LastName: "Lovelace",
		PasswordHash: signup.Hash(werkzeug), Active: true, CreatedAt: at, UpdatedAt: at,
	}
	if got := d.user(today); !got.Equal(want) {
		t.Error("got a user that differs from the document, want the same values")
	}
	for _, password := range []string{"plain$$correct horse", "correct horse", "$correct horse$", "pbkdf2:sha1:correct horse", werkzeug + "\n"} {
		d.hash = password
		if got := d.user(today); got.PasswordHash != "" {
			t.Errorf("%q as hash: got it as PasswordHash, want none", password)
		}
	}
	d.created, d.active = time.Time{}, false
	got := d.user(today)
	if !got.CreatedAt.Equal(today) || !got.UpdatedAt.Equal(today) {
		t.Errorf("without a known time of creation, got CreatedAt %v and UpdatedAt %v, want %v", got.CreatedAt, got.UpdatedAt, today)
	}
	if got.Active {
		t.Error("got an active user, want an inactive one")
	}
}

// Each text is either malformed or read without a change.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		sourceOf(nil), hit("Ada@example.org", sourceOf(nil)),
		sourceOf(map[string]any{"first_name": "\uFFFD\u2028<", "created_at": "1417910123", "is_active": "false", "more": 1}),
		`{"email_address":"Ada@example.org","password":"x","last_name":"\ud83d\\ufffd"}`,
		`{"_source":{}}`, "{} {}", "\xff", `{"_id":null,"_source":{"created_at":1e400}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		d, problem := parse(text, today)
		if problem != "" {
			if d.hash != "" || d.rest != "" || d.first != "" || d.active || d.more != nil {
				t.Error("a malformed document has other fields, want only ID and address")
			}
			return
		}
		texts := []string{d.email, d.hash, d.first, d.last}
		for _, s := range texts {
			if !utf8.ValidString(s) {
				t.Error("a string is not UTF-8, want the document to be malformed")
			}
		}
		switch {
		case !json.Valid(text) || !utf8.Valid(text):
			t.Error("got a document, want it to be malformed: it is not JSON in UTF-8")
		case d.email == "" || d.hash == "":
			t.Error("got a document without address or hash, want it to be malformed")
		case d.stray != (d.ID != "" && d.ID != d.email):
			t.Errorf("got stray %t for another ID than the address %t, want the same", d.stray, !d.stray)
		case !d.created.IsZero() && (d.created.UnixMilli() <= 0 || d.created.After(today.Add(24*time.Hour))):
			t.Errorf("got the time %v, want one between 1970 and tomorrow", d.created)
		}
		fields := map[string]any{
			"email_address": d.email, "password": d.hash, "first_name": d.first, "last_name": d.last, "is_active": d.active,
			"created_at": missing,
		}
		if !d.created.IsZero() {
			fields["created_at"] = d.created.Format(time.RFC3339Nano)
		}
		again, problem := parse([]byte(sourceOf(fields)), today)
		d.place, d.more, d.rest, d.stray = place{}, nil, "", false
		again.rest = "" // created_at, if it was no time
		if problem != "" || !reflect.DeepEqual(again, d) {
			t.Errorf("written and read again, got another document (problem %q), want the same", problem)
		}
	})
}
