package integration

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/elastic/go-elasticsearch/v8"
	"github.com/gosignup/signup/esstore"
)

// A sourceServer is a server with small indices for examples/migrate to read.
type sourceServer struct {
	*testing.T
	server *server
	old    *tutorial2014 // for hashes and what to search the output for
	binary string
}

// put sends a request that must succeed.
// put sends a request that isn't recorded: the ids of the tutorial's documents are
// addresses.
func (s *sourceServer) put(method, path, body string) {
	s.Helper()
	transport, err := s.server.transport()
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(transport.CloseIdleConnections)
	client, err := elasticsearch.NewClient(elasticsearch.Config{
		Addresses: []string{s.server.URL}, Username: s.server.Username, Password: s.server.Password, Transport: transport,
	})
	if err != nil {
		s.Fatal(err)
	}
	if status, response := request(s.T, client, method, path, body); status != http.StatusOK && status != http.StatusCreated {
		s.Fatalf("%s %s: got status %d, want success\n%s", method, path, status, response)
	}
}

// create makes an index that isn't refreshed by itself.
func (s *sourceServer) create(index, settings string) {
	s.Helper()
	s.put(http.MethodPut, "/"+index, `{"settings":{"index.number_of_replicas":0,"index.refresh_interval":"-1"`+settings+`}}`)
}

// store stores the document of a user, which a search doesn't find yet.
func (s *sourceServer) store(index, address, more string) {
	s.Helper()
	s.old.secrets = append(s.old.secrets, address)
	hash := s.old.users[0].hash
	s.put(http.MethodPut, "/"+index+"/_create/"+address, fmt.Sprintf(`{"email_address":%q,"password":%q,"_type":"user"%s}`, address, hash, more))
}

// migrator returns the program with the server as source and target.
func (s *sourceServer) migrator(from *server, index, to string) *migrator {
	s.Helper()
	u, ca, _ := s.server.reach(s.T)
	u.User = nil
	return &migrator{program: s.binary, old: s.old,
		env: []string{
			"MIGRATE_TO_USER=" + s.server.Username, "MIGRATE_TO_PASSWORD=" + s.server.Password,
			"MIGRATE_FROM_USER=" + from.Username, "MIGRATE_FROM_PASSWORD=" + from.Password,
		},
		args: []string{"-from", u.String(), "-from-ca", ca, "-to", u.String(), "-to-ca", ca, "-from-index", index, "-to-index", to},
	}
}

// wantFailure runs the program, which must end with status 1, this error, and nothing
// imported.
func (s *sourceServer) wantFailure(m *migrator, want string, args ...string) {
	s.Helper()
	r, stderr, err := m.try(s.T, args...)
	if err == nil || err.Error() != "exit status 1" || !strings.Contains(stderr, want) || r.counts["imported"] != 0 {
		s.Errorf("the program ended with %v and %d users imported, want exit status 1, %q and 0\n%s", err, r.counts["imported"], want, stderr)
	}
}

// Whatever state the source is in, all its users are migrated, or the program fails.
func TestMigrateTutorialSources(t *testing.T) {
	binary := buildMigrate(t)
	for _, s := range servers(t) {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			for name, test := range map[string]func(s *sourceServer, index, to string){
				"not refreshed": testNotRefreshed, "several indices": testSeveralIndices, "blocked": testBlocked,
				"closed": testClosed, "missing": testMissing, "hidden": testHidden, "without maintenance": testWithoutMaintenance,
				"dates of Python": testDatesOfPython, "passwords in clear": testPasswordsInClear, "other types": testOtherTypes,
			} {
				if name == "without maintenance" && (s.Username == "" || onGivenServer()) {
					continue // such a server has no users with fewer privileges
				}
				t.Run(name, func(t *testing.T) {
					test(&sourceServer{t, s, newTutorial(t, 1), binary}, indexName(t), indexName(t))
				})
			}
		})
	}
}

func testNotRefreshed(s *sourceServer, index, to string) {
	const n = 30
	s.create(index, `,"index.number_of_shards":3`)
	for i := range n {
		s.store(index, fmt.Sprintf("user%d@example.org", i), "")
	}
	m := s.migrator(s.server, index, to)
	m.run(s.T, "-dry-run", "-no-refresh").want(s.T, nil) // a search finds none of them
	m.run(s.T).want(s.T, map[string]int{"documents read": n, "imported": n, "with an unknown time": n})
}

// A copy of an index has the same users, and may have others.
func testSeveralIndices(s *sourceServer, index, to string) {
	for _, part := range []string{"-a", "-b"} {
		s.create(index+part, "")
		s.store(index+part, "both@example.org", "")
		s.store(index+part, "changed@example.org", `,"first_name":"Ada`+part+`"`)
		s.store(index+part, "only"+part+"@example.org", "")
	}
	r := s.migrator(s.server, index+"-*", to).run(s.T, "-without-password")
	r.want(s.T, map[string]int{
		"documents read": 6, "imported": 3, "identical": 1, "left behind: collisions (groups of one address: 1)": 2, "with an unknown time": 3,
	})
	for _, f := range r.report {
		if f.Kind == "identical" && (f.Index == f.SameAs.Index || f.ID != "both@example.org" || f.Left) {
			s.Errorf("got an identical document of the same index, or another one, want that of both@example.org in the other index")
		}
	}
}

// A block on writes doesn't keep a source from being refreshed and read. One on reads
// does.
func testBlocked(s *sourceServer, index, to string) {
	s.create(index, "")
	s.store(index, "ada@example.org", "")
	m := s.migrator(s.server, index, to)
	want := []map[string]int{{"documents read": 1, "imported": 1, "with an unknown time": 1}}
	for _, block := range []string{"write", "read_only", "read_only_allow_delete", "metadata"} {
		s.put(http.MethodPut, "/"+index+"/_settings", `{"index.blocks.`+block+`":true}`)
		m.run(s.T).want(s.T, want...)
		s.put(http.MethodPut, "/"+index+"/_settings", `{"index.blocks.`+block+`":null}`)
		want = []map[string]int{{"documents read": 1, "there already": 1, "with an unknown time": 1}}
	}
	s.put(http.MethodPut, "/"+index+"/_settings", `{"index.blocks.read":true}`)
	s.wantFailure(m, "cluster_block_exception")
}

func testClosed(s *sourceServer, index, to string) {
	for _, part := range []string{"-open", "-closed"} {
		s.create(index+part, "")
		s.store(index+part, "ada"+part+"@example.org", "")
	}
	s.put(http.MethodPost, "/"+index+"-closed/_close", "")
	for _, name := range []string{index + "-closed", index + "-*", index + "-c*", index + "-open," + index + "-closed"} {
		m := s.migrator(s.server, name, to)
		s.wantFailure(m, "index_closed_exception")
		s.wantFailure(m, "index_closed_exception", "-no-refresh", "-dry-run")
	}
}

func testMissing(s *sourceServer, index, to string) {
	s.create(index, "")
	for _, name := range []string{index + "-nope", index + "-nope*", index + "-nope*," + index + "-no*", index + "," + index + "-nope"} {
		m := s.migrator(s.server, name, to)
		s.wantFailure(m, "it has no index that matches -from-index")
		s.wantFailure(m, "it has no index that matches -from-index", "-no-refresh", "-dry-run")
	}
	s.migrator(s.server, index, to).run(s.T).want(s.T) // an empty index
}

func testHidden(s *sourceServer, index, to string) {
	s.create(index+"-1", `,"index.hidden":true`)
	s.store(index+"-1", "ada@example.org", "")
	s.migrator(s.server, index+"-*", to).run(s.T).want(s.T, map[string]int{"documents read": 1, "imported": 1, "with an unknown time": 1})
}

func testWithoutMaintenance(s *sourceServer, index, to string) {
	s.create(index, "")
	s.store(index, "ada@example.org", "")
	m := s.migrator(s.server.as("application-without-maintenance"), index, to)
	s.wantFailure(m, "status 403, security_exception: it takes the privilege maintenance; -no-refresh reads without it")
	s.put(http.MethodPost, "/"+index+"/_refresh", "")
	m.run(s.T, "-no-refresh").want(s.T, map[string]int{"documents read": 1, "imported": 1, "with an unknown time": 1})
}

func testDatesOfPython(s *sourceServer, index, to string) {
	s.create(index, "")
	s.put(http.MethodPut, "/"+index+"/_mapping", `{"properties":{"created_at":{"type":"keyword"}}}`)
	dates := map[string]string{
		"2014-05-06T12:34:56.789012": "2014-05-06T12:34:56.789Z", "2014-05-06 12:34:56": "2014-05-06T12:34:56Z",
		"2014-05-06T12:34:56.789012+00:00": "2014-05-06T12:34:56.789Z", "2014-05-06T14:34:56+02:00": "2014-05-06T12:34:56Z",
		"2014-05-06": "2014-05-06T00:00:00Z", "1399379696.789": "2014-05-06T12:34:56.789Z",
	}
	stored := map[string]string{} // by address
	for written, want := range dates {
		address := fmt.Sprintf("user%d@example.org", len(stored))
		s.store(index, address, fmt.Sprintf(`,"created_at":%q`, written))
		stored[address] = want
	}
	s.migrator(s.server, index, to).run(s.T).want(s.T, map[string]int{"documents read": len(dates), "imported": len(dates)})
	store := esstore.New(s.server.client(s.T), &esstore.Options{Alias: to})
	for address, want := range stored {
		u, err := store.Get(s.Context(), address)
		if got := u.CreatedAt.Format("2006-01-02T15:04:05.999999999Z07:00"); err != nil || got != want {
			s.Errorf("got a user created at %s, error %v; want %s", got, err, want)
		}
	}
}

func testPasswordsInClear(s *sourceServer, index, to string) {
	s.create(index, "")
	for i, password := range []string{"correct horse", "plain$$correct horse", "$2b$12$correct horse", "pbkdf2:sha1:1000$correct horse"} {
		address := fmt.Sprintf("user%d@example.org", i)
		s.old.secrets = append(s.old.secrets, password, address)
		s.put(http.MethodPut, "/"+index+"/_create/"+address, fmt.Sprintf(`{"email_address":%q,"password":%q}`, address, password))
	}
	m := s.migrator(s.server, index, to)
	m.run(s.T).want(s.T, map[string]int{"documents read": 4, "left behind: a password": 4, "with an unknown time": 4})
	if n := count(s.T, s.server.client(s.T), to); n != 0 {
		s.Errorf("got %d users, want none", n)
	}
	m.run(s.T, "-without-password").want(s.T, map[string]int{
		"documents read": 4, "imported": 4, "without their password": 4, "with an unknown time": 4,
	})
	s.put(http.MethodPost, "/"+to+"/_refresh", "")
	status, body := request(s.T, s.server.client(s.T), http.MethodGet, "/"+to+"/_search?size=100", "")
	if status != http.StatusOK || strings.Count(body, `"_source"`) != 4 || strings.Contains(body, "correct horse") {
		s.Errorf("got status %d and %d users, or one with a password in clear, want 200 and 4 without", status, strings.Count(body, `"_source"`))
	}
}

func testOtherTypes(s *sourceServer, index, to string) {
	s.create(index, "")
	s.put(http.MethodPut, "/"+index+"/_create/1", `{"_type":"post","title":"First"}`)
	m := s.migrator(s.server, index, to)
	s.wantFailure(m, "none of the source's 1 documents is a user's")
	s.store(index, "ada@example.org", "")
	m.run(s.T).want(s.T, map[string]int{"documents read": 2, "imported": 1, "skipped": 1, "with an unknown time": 1})
}
