package integration

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
	"github.com/gosignup/signup/transfer"
)

func (o *operator) setsUp() {
	o.run(nil, "search").wantError(1, "is the store set up?")
	o.run(nil, "setup").want(0, "the store is set up\n")
	o.run(nil, "setup", "-json").want(0, `{"set_up":true}`+"\n")
	o.checks()
}

// checks compares the findings of check with those of the library.
func (o *operator) checks() {
	o.Helper()
	findings, err := o.store.Check(o.Context())
	if err != nil {
		o.Fatalf("Check returned %v, want nil", err)
	}
	code, text, lines := 0, "", ""
	for _, f := range findings {
		if f.Severity == esstore.SeverityError {
			code = 5
		} else if code == 0 {
			code = 6
		}
		text += fmt.Sprintf("%s (%s): *\n  *\n", f.Severity, f.Code)
		if f.Request != "" {
			text += "  *\n"
		}
		lines += fmt.Sprintf(`{"code":%q,"severity":%q,*}`+"\n", f.Code, f.Severity)
	}
	if code == 0 {
		text = "no problems found\n"
	}
	o.run(nil, "check").want(code, text)
	o.run(nil, "check", "-json").want(code, lines)
}

// imports adds the users 0 to 2. A fourth has a hash in no known format.
func (o *operator) imports() {
	var text strings.Builder
	w := transfer.NewWriter(&text, &transfer.ExportOptions{Hashes: true})
	for i := range 4 {
		u := newUser(i)
		if i == 3 {
			u.PasswordHash = "no hash"
		}
		if err := w.Write(u); err != nil {
			o.Fatalf("Write returned %v, want nil", err)
		}
	}
	o.file("users.ndjson", text.String())
	o.run(nil, "import", "users.ndjson").want(7,
		"line 4: *\n4 users read: 3 created, 0 present, 1 refused, 0 failed\n")
	o.run(nil, "import", "users.ndjson", "-json").want(7, `{"created":0,"exists":0,"failed":0,"invalid":1,`+
		`"present":3,"read":4,"refused":[{"line":4,"error":"*"}],"unlisted":0,"without_hash":0}`+"\n")
	for i := range 3 {
		want := newUser(i)
		u, err := o.store.Get(o.Context(), want.Key())
		if err != nil || u.ID != want.ID || u.PasswordHash != want.PasswordHash {
			o.Errorf("Get returned the ID %q and %v, want %q with its hash", u.ID, err, want.ID)
		}
	}
}

func (o *operator) findsUsers() {
	o.run(nil, "search", "-active", "-sort", "email").want(0, strings.Join([]string{
		"ADDRESS                 NAME          ACTIVE  VERIFIED  CREATED               ID",
		"Migrated.0@example.org  first last 0  yes     no        2026-01-02T03:04:05Z  id-0",
		"Migrated.2@example.org  first last 2  yes     no        2026-01-02T03:04:05Z  id-2",
	}, "\n")+"\n")
	o.run(nil, "search", "-email", "nothing").want(0, "")
	r := o.run(nil, "search", "-limit", "1", "-json")
	r.want(0, `{"id":"id-0","email_address":"Migrated.0@example.org",*"position":"*"}`+"\n")
	var first struct{ Position string }
	if err := json.Unmarshal([]byte(r.stdout), &first); err != nil {
		o.Fatalf("search -json printed %q, want an object: %v", r.stdout, err)
	}
	o.run(nil, "search", "-after", first.Position, "-json").want(0, `{"id":"id-1",*}`+"\n"+`{"id":"id-2",*}`+"\n")
	o.run(nil, "show", "migrated.1@EXAMPLE.org").want(0, strings.Join([]string{
		"address          Migrated.1@example.org",
		"key              migrated.1@example.org",
		"key rule         *",
		"name             first last 1",
		"id               id-1",
		"active           no",
		"verified         never",
		"created          2026-01-02T03:04:05Z",
		"updated          2026-01-02T03:04:05Z",
		"password         bcrypt",
		"profile company  Analytical Engines",
	}, "\n")+"\n")
	o.run(nil, "show", "migrated.1@example.org", "-json").want(0,
		`{"id":"id-1",*"key":"migrated.1@example.org",*"password_scheme":"bcrypt"}`+"\n")
	for _, command := range []string{"show", "deactivate", "end-sessions"} {
		o.run(nil, command, "absent@example.org").wantError(3, "signup: no user has this address\n")
		o.run(nil, command, "absent@example.org", "-json").wantError(3, `{"error":"no user has this address"}`+"\n")
	}
}

func (o *operator) changesUsers() {
	before := o.user(0)
	o.run(nil, "deactivate", "migrated.0@example.org").want(0, "the user is inactive, and all sessions have ended\n")
	if u := o.user(0); u.Active || u.SecurityStamp == before.SecurityStamp {
		o.Errorf("after deactivate: got Active %t, want false, and another SecurityStamp", u.Active)
	}
	o.run(nil, "activate", "migrated.0@example.org", "-json").want(0, `{"is_active":true}`+"\n")
	before = o.user(0)
	o.run(nil, "end-sessions", "migrated.0@example.org").want(0, "all sessions of the user have ended\n")
	if u := o.user(0); !u.Active || u.SecurityStamp == before.SecurityStamp {
		o.Errorf("after end-sessions: got Active %t, want true, and another SecurityStamp", u.Active)
	}
	o.run(nil, "end-sessions", "migrated.0@example.org", "-json").want(0, `{"sessions_ended":true}`+"\n")
}

func (o *operator) user(i int) signup.User {
	o.Helper()
	u, err := o.store.Get(o.Context(), newUser(i).Key())
	if err != nil {
		o.Fatalf("Get returned %v, want nil", err)
	}
	return u
}

func (o *operator) reindexes() {
	before := o.user(1)
	if o.secret == "" {
		o.run(nil, "reindex").want(0, "all users are in a new index\n")
	} else {
		o.run(nil, "reindex", "-json").want(0, `{"reindexed":true}`+"\n")
	}
	if after := o.user(1); after.ID != before.ID || after.Version == before.Version {
		o.Errorf("after reindex: got the ID %q, want %q, and another Version", after.ID, before.ID)
	}
	o.checks()
}

// exports compares the files with exports of the library.
func (o *operator) exports() {
	for _, hashes := range []bool{false, true} {
		name := fmt.Sprintf("export-%t", hashes)
		o.run(nil, "export", fmt.Sprintf("-hashes=%t", hashes), name).want(0, "3 users exported\n")
		var want strings.Builder
		if _, err := o.store.Export(o.Context(), &want, &transfer.ExportOptions{Hashes: hashes}); err != nil {
			o.Fatalf("Export returned %v, want nil", err)
		}
		if got := o.readAll(name); got != want.String() || strings.Contains(got, `"password":`) != hashes {
			o.Errorf("export -hashes=%t: got %d bytes, want the %d of the library", hashes, len(got), want.Len())
		}
		info, err := os.Stat(filepath.Join(o.dir, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			o.Errorf("export: got the mode %v and %v, want 0600", info.Mode(), err)
		}
		o.run(nil, "export", name).wantError(1, name+" exists: remove it")
	}
	o.run(nil, "import", "export-true").want(0, "3 users read: 0 created, 3 present, 0 refused, 0 failed\n")
}

func (o *operator) printsRoles() {
	o.run(nil, "role").want(0, string(esstore.Role(o.alias))+"\n")
	o.run(nil, "role", "-setup").want(0, string(esstore.SetupRole(o.alias))+"\n")
	o.run([]string{"SIGNUP_STORE="}, "role", "-store", o.address).want(0, string(esstore.Role(""))+"\n")
}

// fails checks the errors about the password, the certificate and a server that is down.
func (o *operator) fails() {
	if o.secret != "" {
		fromVariable := []string{"SIGNUP_ELASTICSEARCH_PASSWORD_FILE=", "SIGNUP_ELASTICSEARCH_PASSWORD=" + o.secret}
		o.run(fromVariable, "search", "-email", "migrated.1", "-json").want(0, `{"id":"id-1",*}`+"\n")
		wrong := slices.Clone(fromVariable)
		wrong[1] = "SIGNUP_ELASTICSEARCH_PASSWORD=correct horse"
		o.run(wrong, "show", "migrated.0@example.org").wantError(1, "status 401, security_exception")
	}
	if o.ca != "" {
		ca := o.ca
		o.ca = ""
		o.run(nil, "check").wantError(4, "certificate")
		o.ca = ca
	}
	o.proxy.cut()
	for _, args := range [][]string{{"check"}, {"show", "migrated.0@example.org"}, {"deactivate", "migrated.0@example.org"}} {
		o.run(nil, args...).wantError(4, "the store can't be reached or has no capacity; try again: ")
		r := o.run(nil, append(args, "-json")...)
		r.wantError(4, "")
		if !json.Valid([]byte(r.stderr)) {
			o.Errorf("%s -json: got %q on standard error, want an object", args[0], r.stderr)
		}
	}
}
