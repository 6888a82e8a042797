package integration

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

// schema2 is what versions of esstore with that schema made an index with.
//
//go:embed testdata/schema2.json
var schema2 string

const passphrase = "correct horse battery"

// cheapHasher keeps the tests quick: with the race detector, a hash of the default
// cost takes seconds.
var cheapHasher = signup.Bcrypt{Cost: 4}

// filled returns a user with every field.
func filled(t *testing.T, i int) signup.User {
	t.Helper()
	u := newUser(i)
	u.Active = true
	hash, err := cheapHasher.Hash(passphrase)
	if err != nil {
		t.Fatalf("Hash returned %v, want nil", err)
	}
	u.PasswordHash = hash
	u.EmailVerifiedAt = u.CreatedAt.Add(time.Hour)
	u.SecurityStamp = fmt.Sprintf("stamp-%d", i)
	u.Private = signup.Private("\x00\xff private \n" + strings.Repeat("\xfb", i))
	return u
}

// Users of schema 2 are all there after Setup. They log in, and are updated with
// the fields that schema 3 brought, which a later migration keeps.
func TestMigrationFromSchema2(t *testing.T) {
	for _, s := range servers(t) {
		t.Run(s.Name, func(t *testing.T) {
			client, alias := s.client(t), indexName(t)
			index := alias + "-000001"
			if status, body := request(t, client, "PUT", "/"+index, fmt.Sprintf(schema2, alias, index+".own")); status != http.StatusOK {
				t.Fatalf("creating the index: got status %d, want 200: %s", status, body)
			}
			store := esstore.New(client, &esstore.Options{Alias: alias})
			users := make([]signup.User, 10)
			for i := range users {
				users[i] = filled(t, i)
				users[i].EmailVerifiedAt, users[i].SecurityStamp, users[i].Private = time.Time{}, "", ""
				if err := store.Create(t.Context(), &users[i]); err != nil {
					t.Fatal(err)
				}
			}
			if err := store.Setup(t.Context()); err != nil {
				t.Fatal(err)
			}
			wantMigrated(t, client, alias, 2)
			accounts := signup.Accounts{Store: store, Hasher: cheapHasher}
			for i := range users {
				stored, err := accounts.Authenticate(t.Context(), users[i].Email, passphrase)
				if err != nil || !stored.Equal(users[i]) || stored.KeyRule() != users[i].KeyRule() {
					t.Fatalf("log-in after the migration: got %v, %v, want %v, nil", stored, err, users[i])
				}
				hash := stored.PasswordHash
				version := stored.Version
				users[i] = filled(t, i)
				users[i].PasswordHash, users[i].Version = hash, version
				users[i].Placeholder = i == 3
				if err := store.Update(t.Context(), &users[i]); err != nil {
					t.Fatalf("Update returned %v, want nil", err)
				}
			}
			for _, migrate := range []func() error{
				func() error { return nil },
				func() error { return store.Reindex(t.Context()) },
			} {
				if err := migrate(); err != nil {
					t.Fatal(err)
				}
				for _, want := range users {
					got, err := store.Get(t.Context(), want.Key())
					if err != nil || !got.Equal(want) {
						t.Errorf("Get returned %v, %v, want %v with all its fields", got, err, want)
					}
				}
			}
			if n := count(t, client, alias); n != len(users) {
				t.Errorf("%d users are stored, want %d", n, len(users))
			}
			wantNoPlaceholder(t, store, users)
		})
	}
}

// wantNoPlaceholder checks that Search and Export list all users except
// placeholders, and Search none of their secrets.
func wantNoPlaceholder(t *testing.T, store *esstore.Store, users []signup.User) {
	t.Helper()
	var want []signup.User
	for _, u := range users {
		if !u.Placeholder {
			want = append(want, u)
		}
	}
	if len(want) == len(users) {
		t.Fatal("got no placeholder, want one among the users")
	}
	got := 0
	for u, err := range store.Search(t.Context(), signup.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		if u.Placeholder || u.PasswordHash != "" || u.SecurityStamp != "" || u.Private != "" || u.EmailVerifiedAt.IsZero() {
			t.Errorf("Search yielded a placeholder or a secret of %v, want a verified user without them", u)
		}
		got++
	}
	if got != len(want) {
		t.Errorf("Search returned %d users, want %d", got, len(want))
	}
	for _, hashes := range []bool{true, false} {
		n := 0
		for u, err := range esstore.ReadExport(strings.NewReader(exported(t, store, &esstore.ExportOptions{Hashes: hashes}))) {
			if err != nil {
				t.Fatal(err)
			}
			stored, err := store.Get(t.Context(), u.Key())
			if err != nil {
				t.Fatal(err)
			}
			if !hashes {
				stored.PasswordHash, stored.SecurityStamp, stored.Private = "", "", ""
			}
			if !u.Equal(stored) || u.Placeholder {
				t.Errorf("with Hashes %t, the export has %v, want %v", hashes, u, stored)
			}
			n++
		}
		if n != len(want) {
			t.Errorf("with Hashes %t, the export has %d users, want %d", hashes, n, len(want))
		}
	}
}

// What a newer version has stored with a user stays when this one writes the user:
// at an Update, a log-in that replaces the hash, and a repeated Create.
func TestNewerMembersAreKept(t *testing.T) {
	for _, s := range servers(t) {
		t.Run(s.Name, func(t *testing.T) {
			client := s.client(t)
			store, alias := newStore(t, client)
			u := filled(t, 1)
			registered := u
			if err := store.Create(t.Context(), &u); err != nil {
				t.Fatal(err)
			}
			source := storeNewer(t, client, alias, u)
			for _, write := range []struct {
				name string
				do   func() error
				want error
			}{
				{"Update", func() error {
					u, err := store.Get(t.Context(), u.Key())
					u.FirstName, u.Email = "Augusta", strings.ToUpper(u.Email)
					return errors.Join(err, store.Update(t.Context(), &u), store.Update(t.Context(), &u))
				}, nil},
				{"log-in", func() error {
					accounts := signup.Accounts{Store: store, Hasher: signup.Bcrypt{Cost: 5}}
					_, err := accounts.Authenticate(t.Context(), u.Email, passphrase)
					return err
				}, nil},
				{"Create", func() error { return store.Create(t.Context(), &registered) }, signup.ErrReplayed},
			} {
				if err := write.do(); !errors.Is(err, write.want) {
					t.Fatalf("%s: got %v, want %v", write.name, err, write.want)
				}
				got := sourceOf(t, client, alias, u)
				for _, name := range []string{"locked_until", "devices", "key_rule", "private", "security_stamp"} {
					if string(got[name]) != string(source[name]) {
						t.Errorf("%s: %s is %s, want %s", write.name, name, got[name], source[name])
					}
				}
				// It begins with the token of the write that made this state.
				before := strings.TrimSuffix(string(source["write_token"]), `"`)
				if strings.HasPrefix(string(got["write_token"]), before) != (write.name == "Create") {
					t.Errorf("%s: got the write token %s after %s, want it to begin with that one: %t", write.name, got["write_token"], source["write_token"], write.name == "Create")
				}
				source = got
			}
			got, err := store.Get(t.Context(), u.Key())
			if err != nil || got.FirstName != "Augusta" || got.PasswordHash == u.PasswordHash {
				t.Errorf("Get returned %v, %v, want Augusta with another hash, nil", got, err)
			}
			if err := store.Delete(t.Context(), got); err != nil {
				t.Errorf("Delete returned %v, want nil", err)
			}
		})
	}
}

// storeNewer gives an index and u's document what a newer version may give them,
// and returns the document.
func storeNewer(t *testing.T, transport esapi.Transport, alias string, u signup.User) map[string]json.RawMessage {
	t.Helper()
	status, body := request(t, transport, "PUT", "/"+alias+"/_mapping", `{"_meta": {"signup": {"schema": 4}},
		"properties": {"locked_until": {"type": "date"}, "devices": {"type": "object", "enabled": false}}}`)
	if status != http.StatusOK {
		t.Fatalf("changing the mapping: got status %d, want 200: %s", status, body)
	}
	source := sourceOf(t, transport, alias, u)
	source["locked_until"] = json.RawMessage(`"2030-01-01T00:00:00.000Z"`)
	source["devices"] = json.RawMessage(`[{"id":"<&>é"},1.5,null]`)
	source["key_rule"] = json.RawMessage(`"a newer rule"`)
	var document strings.Builder
	encoder := json.NewEncoder(&document)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(source); err != nil {
		t.Fatal(err)
	}
	status, body = request(t, transport, "PUT", "/"+alias+"/_doc/"+documentID(u), document.String())
	if status != http.StatusOK {
		t.Fatalf("storing the document: got status %d, want 200: %s", status, body)
	}
	return source
}

// sourceOf returns the members of u's document.
func sourceOf(t *testing.T, transport esapi.Transport, alias string, u signup.User) (source map[string]json.RawMessage) {
	t.Helper()
	status, body := request(t, transport, "GET", "/"+alias+"/_source/"+documentID(u), "")
	if err := json.Unmarshal([]byte(body), &source); err != nil || status != http.StatusOK {
		t.Fatalf("reading the document: got status %d, %v, want 200, nil", status, err)
	}
	return source
}

func documentID(u signup.User) string {
	id := sha256.Sum256([]byte(u.Key()))
	return base64.RawURLEncoding.EncodeToString(id[:])
}
