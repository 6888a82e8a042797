package signup_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
)

type session struct{ Hash signup.Hash }

const secretHash = "$2a$12$secretsecretsecretsecret"

func ada() signup.User {
	return signup.User{
		ID: "id-1", Email: "Ada@example.org", FirstName: "Ada", LastName: "Lovelace",
		PasswordHash: signup.Hash(secretHash), Active: true,
		CreatedAt: time.Date(2014, 12, 6, 22, 55, 0, 123e6, time.UTC),
		UpdatedAt: time.Date(2014, 12, 7, 0, 0, 0, 0, time.UTC),
		Profile:   map[string]string{"company": "Analytical Engines"},
		Version:   "v1",
	}
}

func TestHashIsRedacted(t *testing.T) {
	u := ada()
	h := u.PasswordHash
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o", "%c", "%U", "%t", "%10s"} {
		fmt.Fprintf(&out, verb+verb+verb+verb+"\n", h, &h, u, []any{u, &u, &h, map[string]any{"hash": h, "user": &u}})
	}
	fmt.Fprintln(&out, h, u, &u, h.String(), []signup.Hash{h})
	loggers := []*slog.Logger{
		slog.New(slog.NewTextHandler(&out, nil)), slog.New(slog.NewJSONHandler(&out, nil)),
	}
	for _, l := range loggers {
		l.Info("hash", "hash", h, "pointer", &h, "list", []signup.Hash{h}, "struct", struct{ User signup.User }{u})
	}
	for _, v := range []any{h, &h, u, []signup.Hash{h}, struct{ H signup.Hash }{h}} {
		text, err := json.Marshal(v)
		if err != nil {
			t.Errorf("json.Marshal returned %v, want nil", err)
		}
		out.Write(text)
	}
	text, err := xml.Marshal(session{h})
	if err != nil {
		t.Errorf("xml.Marshal returned %v, want nil", err)
	}
	out.Write(text)
	if err := gob.NewEncoder(&out).Encode(struct{ U signup.User }{u}); err != nil {
		t.Errorf("Encode returned %v, want nil", err)
	}
	for _, leak := range []string{
		secretHash, "secret", fmt.Sprintf("%x", secretHash), fmt.Sprintf("%X", secretHash), "36 50 97", "0x24, 0x32",
		"JDJhJDEyJH", // in Base64, as JSON has bytes
	} {
		if strings.Contains(out.String(), leak) {
			t.Errorf("the output has %q, want no part of the hash", leak)
		}
	}
	if !strings.Contains(out.String(), "[redacted]") {
		t.Error("the output has no [redacted], want one for each hash") // the search above would find nothing either
	}
}

func TestHashIsNeverDecoded(t *testing.T) {
	for _, in := range []string{`"x"`, `null`, `[1,2]`, `"eHg="`} {
		h := signup.Hash(secretHash)
		if err := json.Unmarshal([]byte(in), &h); err != nil || string([]byte(h)) != secretHash {
			t.Errorf("decoding %s returned %v, the hash unchanged: %t; want nil, true", in, err, string([]byte(h)) == secretHash)
		}
	}
	h := signup.Hash(secretHash)
	if err := h.UnmarshalText([]byte("x")); err != nil || string([]byte(h)) != secretHash {
		t.Errorf("UnmarshalText returned %v, the hash unchanged: %t; want nil, true", err, string([]byte(h)) == secretHash)
	}
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(ada()); err != nil {
		t.Fatalf("Encode returned %v, want nil", err)
	}
	var u signup.User
	if err := gob.NewDecoder(&b).Decode(&u); err != nil || u.ID != "id-1" || len(u.PasswordHash) > 0 {
		t.Errorf("gob decoded the ID %q, a hash of %d bytes, %v; want id-1, 0 bytes, nil", u.ID, len(u.PasswordHash), err)
	}
}

func TestUserJSON(t *testing.T) {
	got, err := json.Marshal(ada())
	if want := `{"id":"id-1","is_active":true}`; err != nil || string(got) != want {
		t.Errorf("json.Marshal returned %s, %v; want %s, nil", got, err, want)
	}
	a := &signup.Accounts{Fields: []signup.ProfileField{{Name: "company"}, {Name: "score", Hidden: true}}}
	u := ada()
	u.Profile["score"] = "9"
	got, err = json.Marshal(a.Public(u))
	const want = `{"id":"id-1","email_address":"Ada@example.org","first_name":"Ada","last_name":"Lovelace","is_active":true,` +
		`"created_at":"2014-12-06T22:55:00.123Z","updated_at":"2014-12-07T00:00:00Z","profile":{"company":"Analytical Engines"}}`
	if err != nil || string(got) != want {
		t.Errorf("json.Marshal of Public returned %s, %v; want %s, nil", got, err, want)
	}
	u.EmailVerifiedAt, u.Profile = u.UpdatedAt, nil
	got, err = json.Marshal(a.Public(u))
	if err != nil || !strings.Contains(string(got), `"email_verified_at":"2014-12-07T00:00:00Z"}`) {
		t.Errorf("json.Marshal of Public returned %s, %v; want email_verified_at at its end, nil", got, err)
	}
}

// A client can't set a User's fields, and what is decoded is no User.
func TestUserIsNeverDecoded(t *testing.T) {
	const members = `{"id": "id-2", "ID": "id-2", "is_active": false, "Active": false, "email_address": "eve@example.org", "password": "x", "Version": "v2"}`
	for _, c := range []struct {
		name, in string
		into     func(*signup.User) any
		ok       bool
	}{
		{"members", members, func(u *signup.User) any { return u }, false},
		{"its own form", `{"id":"id-1","is_active":true}`, func(u *signup.User) any { return u }, false},
		{"an empty object", `{}`, func(u *signup.User) any { return u }, false},
		{"a text", `"{ID:id-2 Active:true}"`, func(u *signup.User) any { return u }, false},
		{"null", `null`, func(u *signup.User) any { return u }, true},
		{"a pointer to a pointer", members, func(u *signup.User) any { return &u }, false},
		{"a field", `{"User": ` + members + `}`, func(u *signup.User) any { return &struct{ User *signup.User }{u} }, false},
		{"an embedded pointer", members, func(u *signup.User) any { return &struct{ *signup.User }{u} }, false},
		{"a field that is absent", `{}`, func(u *signup.User) any { return &struct{ User *signup.User }{u} }, true},
	} {
		u := ada()
		err := json.Unmarshal([]byte(c.in), c.into(&u))
		if c.ok != (err == nil) || !u.Equal(ada()) || u.Version != ada().Version {
			t.Errorf("%s: json.Unmarshal returned %v, the user unchanged: %t; want success: %t, true", c.name, err, u.Equal(ada()), c.ok)
		}
	}
	u := ada()
	if err := xml.Unmarshal([]byte("<User><ID>id-2</ID></User>"), &u); err == nil || !u.Equal(ada()) {
		t.Errorf("xml.Unmarshal returned %v, the user unchanged: %t; want an error, true", err, u.Equal(ada()))
	}
}

// A session store may hold a User in gob: it keeps everything except the secrets.
func TestUserGob(t *testing.T) {
	type session struct {
		User  signup.User
		Users map[string]*signup.User
	}
	u := ada()
	u.SecurityStamp, u.EmailVerifiedAt, u.Private = "stamp", u.CreatedAt, "private"
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(session{u, map[string]*signup.User{"a": &u}}); err != nil {
		t.Fatalf("Encode returned %v, want nil", err)
	}
	var got session
	if err := gob.NewDecoder(&b).Decode(&got); err != nil {
		t.Fatalf("Decode returned %v, want nil", err)
	}
	want := u
	want.PasswordHash, want.Private, want.Version = "", "", ""
	for _, v := range []signup.User{got.User, *got.Users["a"]} {
		if !v.Equal(want) || v.Version != "" || v.SecurityStamp != "stamp" {
			t.Errorf("gob decoded %+v with the stamp %q, a hash of %d bytes and the version %q; want the user without hash, Private and Version", v, v.SecurityStamp, len(v.PasswordHash), string(v.Version))
		}
	}
}

func TestUserLogValue(t *testing.T) {
	var out bytes.Buffer
	for _, l := range []*slog.Logger{slog.New(slog.NewTextHandler(&out, nil)), slog.New(slog.NewJSONHandler(&out, nil))} {
		u := ada()
		l.Info("user", "user", u, "pointer", &u,
			"registration", signup.Registration{Email: u.Email, Password: "secret", FirstName: u.FirstName})
		fmt.Fprintf(&out, "%v %+v %#v %s %d %v\n", u, u, u, &u, []*signup.User{&u}, []signup.User{u})
	}
	slog.New(slog.NewJSONHandler(&out, nil)).Info("nested", "all", []signup.Registration{{Password: "secret"}},
		"within", struct{ R *signup.Registration }{&signup.Registration{Email: "Ada"}})
	fmt.Fprintf(&out, "%v %+v %#v", signup.Registration{Password: "secret"}, &signup.Registration{Email: "Ada"}, []signup.Registration{{Password: "secret"}})
	for _, leak := range []string{"Ada", "example.org", "Lovelace", "Analytical", "secret"} {
		if strings.Contains(out.String(), leak) {
			t.Errorf("the log has %q, want neither personal data nor secrets: %s", leak, &out)
		}
	}
	if !strings.Contains(out.String(), "user.id=id-1 user.active=true") {
		t.Errorf("got the log %s, want user.id=id-1 user.active=true in it", &out)
	}
}

func TestUserKey(t *testing.T) {
	u := signup.User{Email: "Ada@Example.org"}
	if u.Key() != "ada@example.org" {
		t.Errorf("Key returned %q, want ada@example.org", u.Key())
	}
	u.SetKey("as stored", signup.EmailRule)
	if u.Key() != "as stored" {
		t.Errorf("after SetKey, Key returned %q, want \"as stored\"", u.Key())
	}
	u.Email = "other@example.org"
	if u.Key() != "other@example.org" {
		t.Errorf("after a change of address, Key returned %q, want other@example.org", u.Key())
	}
}

func TestUserEqual(t *testing.T) {
	for name, change := range map[string]func(*signup.User){
		"ID":           func(u *signup.User) { u.ID = "x" },
		"Email":        func(u *signup.User) { u.Email = "ada@example.org" },
		"FirstName":    func(u *signup.User) { u.FirstName = "x" },
		"LastName":     func(u *signup.User) { u.LastName = "x" },
		"PasswordHash": func(u *signup.User) { u.PasswordHash = "" },
		"Active":       func(u *signup.User) { u.Active = false },
		"CreatedAt":    func(u *signup.User) { u.CreatedAt = u.CreatedAt.Add(time.Millisecond) },
		"UpdatedAt":    func(u *signup.User) { u.UpdatedAt = u.UpdatedAt.Add(time.Millisecond) },
		"Profile":      func(u *signup.User) { u.Profile = map[string]string{"company": "x"} },

		"EmailVerifiedAt": func(u *signup.User) { u.EmailVerifiedAt = u.CreatedAt },
		"SecurityStamp":   func(u *signup.User) { u.SecurityStamp = "x" },
		"Private":         func(u *signup.User) { u.Private = "x" },
		"Placeholder":     func(u *signup.User) { u.Placeholder = true },
	} {
		u := ada()
		change(&u)
		if u.Equal(ada()) || ada().Equal(u) {
			t.Errorf("Equal returned true for users of different %s, want false", name)
		}
	}
	u := ada()
	u.Version = "v2"
	u.CreatedAt = u.CreatedAt.In(time.FixedZone("east", 3600)).Add(999)
	if !u.Equal(ada()) {
		t.Error("Equal returned false for users that differ in Version and nanoseconds, want true")
	}
	if !(signup.User{}).Equal(signup.User{Profile: map[string]string{}}) {
		t.Error("Equal returned false for nil and empty profiles, want true")
	}
}

// The key stays when the address is spelled in another way, also if today's rule
// gives it another key, or none.
func TestUserKeyOfOlderRule(t *testing.T) {
	for _, c := range []struct{ stored, key, spelled string }{
		{"Ada@example.org", "older.key@example.org", "ADA@EXAMPLE.ORG"},
		{"Ada@ex_ample.org", "ada@ex_ample.org", "ada@ex_ample.org"},
		{"\u00e9@example.org", "e@example.org", "e\u0301@Example.org"},
	} {
		u := signup.User{Email: c.stored}
		u.SetKey(c.key, "older")
		u.Email = c.spelled
		if u.Key() != c.key || u.KeyRule() != "older" {
			t.Errorf("%q spelled %q: got the key %q of the rule %q, want %q of the rule older", c.stored, c.spelled, u.Key(), u.KeyRule(), c.key)
		}
	}
}
