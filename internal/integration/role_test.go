package integration

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/testcontainers/testcontainers-go"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
	"github.com/gosignup/signup/storetest"
)

// A testRole is a role to test. The name of its user is the role's.
type testRole struct {
	name string
	role func(alias string) []byte
}

var testRoles = []testRole{{"application", esstore.Role}, {"setup", esstore.SetupRole}}

// A privilege of a role, and what it is for.
type privilege struct{ name, use string }

// privileges returns the privileges of the role, with their uses from the table in
// the guide that follows the role.
func (r testRole) privileges() ([]privilege, error) {
	guide, err := os.ReadFile("../../docs/elasticsearch.md")
	if err != nil {
		return nil, err
	}
	_, after, found := strings.Cut(string(guide), string(r.role(""))+"\n```\n\n| privilege | for |\n|---|---|\n")
	if !found {
		return nil, fmt.Errorf("the guide lacks the role %q, want it with a table of its privileges", r.name)
	}
	table, _, _ := strings.Cut(after, "\n\n")
	var privileges []privilege
	for line := range strings.Lines(table) {
		cells := strings.Split(line, " | ")
		if len(cells) != 2 {
			return nil, fmt.Errorf("the guide has the row %q, want two cells", line)
		}
		privileges = append(privileges, privilege{strings.Trim(cells[0], "| `"), strings.TrimRight(cells[1], " |\n")})
	}
	return privileges, nil
}

// without returns the name of the role, and of the user, that lacks one privilege.
func without(role string, p privilege) string { return role + "-without-" + p.name }

var rolePassword = rand.Text()

// roleFiles returns the roles and users of the tests, for all indices of theirs, as
// the files that Elasticsearch reads when it starts.
func roleFiles() ([]testcontainers.ContainerFile, error) {
	hash, err := (signup.Bcrypt{Cost: 4}).Hash(rolePassword)
	if err != nil {
		return nil, err
	}
	var roles, users, usersRoles bytes.Buffer
	add := func(name string, role []byte) {
		_, _ = fmt.Fprintf(&roles, "%s: %s\n", name, role)
		_, _ = fmt.Fprintf(&users, "%s:%s\n", name, []byte(hash))
		_, _ = fmt.Fprintf(&usersRoles, "%s:%s\n", name, name)
	}
	for _, r := range testRoles {
		// Not with "-" at its end: that is what Role adds for the indices.
		role := r.role(strings.TrimSuffix(indexPrefix, "-"))
		add(r.name, role)
		privileges, err := r.privileges()
		if err != nil {
			return nil, err
		}
		for _, p := range privileges {
			var less struct {
				Indices []struct {
					Names      []string `json:"names"`
					Privileges []string `json:"privileges"`
				} `json:"indices"`
			}
			if err := json.Unmarshal(role, &less); err != nil {
				return nil, err
			}
			on := &less.Indices[0]
			on.Privileges = slices.DeleteFunc(on.Privileges, func(name string) bool { return name == p.name })
			b, err := json.Marshal(less)
			if err != nil {
				return nil, err
			}
			add(without(r.name, p), b)
		}
	}
	var files []testcontainers.ContainerFile
	for name, content := range map[string]*bytes.Buffer{"roles.yml": &roles, "users": &users, "users_roles": &usersRoles} {
		files = append(files, testcontainers.ContainerFile{
			Reader: content, ContainerFilePath: "/usr/share/elasticsearch/config/" + name, FileMode: 0o644,
		})
	}
	return files, nil
}

// as returns the server with the credentials of one of the tests' users.
func (s *server) as(user string) *server {
	other := *s
	other.Username, other.Password = user, rolePassword
	return &other
}

// An operation is what a user tries to do at a store that the superuser has
// prepared. It is named after the method that it is about.
type operation struct {
	method string
	do     func(p *patient, store *esstore.Store) error
}

var applicationOperations = []operation{
	{"Get", func(p *patient, store *esstore.Store) error {
		_, err := store.Get(p.Context(), p.user.Key())
		return err
	}},
	{"Create", func(p *patient, store *esstore.Store) error {
		u := signup.User{ID: "id-1", Email: "Grace@example.org"}
		if err := store.Create(p.Context(), &u); err != nil {
			return err
		}
		u.ID = "id-2"
		return unless(signup.ErrExists, store.Create(p.Context(), &u))
	}},
	{"Update", func(p *patient, store *esstore.Store) error {
		if err := store.Update(p.Context(), &p.user); err != nil {
			return err
		}
		p.user.Version = "" // as of a user from Search
		return unless(signup.ErrConflict, store.Update(p.Context(), &p.user))
	}},
	{"Delete", func(p *patient, store *esstore.Store) error {
		if err := store.Delete(p.Context(), p.user); err != nil {
			return err
		}
		p.user.Version = ""
		return unless(signup.ErrNotFound, store.Delete(p.Context(), p.user))
	}},
	{"Search", func(p *patient, store *esstore.Store) error {
		n := 0
		for _, err := range store.Search(p.Context(), signup.Query{EmailPrefix: "ada@"}) {
			if err != nil {
				return err
			}
			n++
		}
		return wantOne(n)
	}},
	{"Export", func(p *patient, store *esstore.Store) error {
		var lines bytes.Buffer
		n, err := store.Export(p.Context(), &lines, nil)
		if err != nil {
			return err
		}
		return wantOne(int(n))
	}},
	{"Import", func(p *patient, store *esstore.Store) error {
		users := func(yield func(signup.User, error) bool) {
			_ = yield(signup.User{ID: "id-1", Email: "Grace@example.org"}, nil) &&
				yield(signup.User{ID: "id-2", Email: "Ada@example.org"}, nil)
		}
		sum, err := store.Import(p.Context(), users, nil)
		if err == nil && (sum.Created != 1 || sum.Exists != 1) {
			err = fmt.Errorf("Import returned %d created and %d that exist, want 1 and 1", sum.Created, sum.Exists)
		}
		return err
	}},
	{"Refresh", func(p *patient, store *esstore.Store) error { return store.Refresh(p.Context()) }},
	{"Check", func(p *patient, store *esstore.Store) error {
		findings, err := store.Check(p.Context())
		for _, f := range findings {
			if f.Code == esstore.CodeNotChecked {
				err = errors.Join(err, errors.New(f.Problem))
			}
		}
		return err
	}},
	{"Setup", func(p *patient, store *esstore.Store) error { return store.Setup(p.Context()) }},
}

var setupOperations = append(slices.Clone(applicationOperations[:len(applicationOperations)-1]),
	operation{"Setup", func(p *patient, store *esstore.Store) error {
		p.copying()
		p.send("PUT /ALIAS-000002/_doc/gone?refresh=true\n" + `{"id": "id-9", "key": "gone@example.org"}`)
		p.send("DELETE /ALIAS-000001")
		setUpFirst(p.T, p.client, p.alias)
		p.create()
		if err := store.Setup(p.Context()); err != nil {
			return err
		}
		p.send("DELETE /ALIAS-000002")
		return store.Setup(p.Context())
	}},
	operation{"Reindex", func(p *patient, store *esstore.Store) error {
		p.copying()
		p.send("PUT /ALIAS-000002/_doc/gone?refresh=true\n" + `{"id": "id-9", "key": "gone@example.org"}`)
		return store.Reindex(p.Context())
	}})

func unless(want, err error) error {
	if errors.Is(err, want) {
		return nil
	}
	return fmt.Errorf("got %w, want %v", err, want)
}

func wantOne(n int) error {
	if n != 1 {
		return fmt.Errorf("got %d users, want 1", n)
	}
	return nil
}

// With a role, everything that it is for can be done. Without one of its
// privileges, exactly the methods fail that the privilege's use names.
func TestRole(t *testing.T) {
	if onGivenServer() {
		t.Fatal("got a given server, want containers: leave this test out, as make integration does, because only they have the tests' roles")
	}
	for i, s := range servers(t)[1:] {
		older := i == 0 // one part of it on each, as it takes long
		for _, r := range testRoles {
			operations := applicationOperations
			if r.name == "setup" {
				operations = setupOperations
			}
			t.Run(s.Name+", "+r.name, func(t *testing.T) {
				t.Parallel()
				client := s.as(r.name).client(t)
				t.Run("contract", func(t *testing.T) {
					if !older && r.name == "setup" {
						return // which is the same with more
					}
					storetest.Run(t, func(t *testing.T) signup.Store {
						options := &esstore.Options{Alias: indexName(t)}
						store := esstore.New(client, options)
						setUpBy := store
						if r.name == "application" {
							setUpBy = esstore.New(s.client(t), options)
						}
						if err := setUpBy.Setup(t.Context()); err != nil {
							t.Fatalf("Setup returned %v, want nil", err)
						}
						return store
					})
				})
				testOperations(t, s, r.name, operations, "", nil)
			})
			privileges, err := r.privileges()
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range privileges {
				if older {
					continue
				}
				t.Run(s.Name+", "+without(r.name, p), func(t *testing.T) {
					t.Parallel()
					lacking := []string{p.name}
					if p.name == "manage" {
						lacking = []string{"maintenance", "view_index_metadata", "monitor"} // it includes them
					}
					testOperations(t, s, without(r.name, p), operations, p.use, lacking)
				})
			}
		}
	}
}

// testOperations has the user try all operations, each at a store of its own. Those
// fail that failing names. Check finds that the user lacks what they do.
func testOperations(t *testing.T, s *server, user string, operations []operation, failing string, lacking []string) {
	client := s.as(user).client(t)
	for _, o := range operations {
		t.Run(o.method, func(t *testing.T) {
			p := newPatient(t, s)
			if err := p.store.Refresh(t.Context()); err != nil {
				t.Fatalf("Refresh returned %v, want nil", err)
			}
			store := esstore.New(client, &esstore.Options{Alias: p.alias})
			err := o.do(p, store)
			switch fails := regexp.MustCompile(`\b` + o.method + `\b`).MatchString(failing); {
			case !fails && err != nil:
				t.Errorf("got %v, want no error", err)
			case fails && err == nil:
				t.Error("got no error, want one")
			case fails && !strings.Contains(err.Error(), "status 403, security_exception") && (o.method != "Create" || !strings.Contains(err.Error(), "status 409")):
				t.Errorf("got %v, want an error with the status and the type", err)
			case fails && strings.Contains(err.Error(), "example.org"):
				t.Errorf("got %v, want no address in it", err)
			}
			if o.method != "Check" {
				return
			}
			findings, err := store.Check(t.Context())
			if err != nil {
				t.Fatalf("Check returned %v, want nil", err)
			}
			var found []string
			for _, f := range findings {
				if f.Code == esstore.CodePrivileges {
					_, rest, _ := strings.Cut(f.Problem, " the privilege ")
					name, _, _ := strings.Cut(rest, " ")
					found = append(found, name)
				}
			}
			if !slices.Equal(found, lacking) {
				t.Errorf("got findings that %q are missing, want %q", found, lacking)
			}
		})
	}
}
