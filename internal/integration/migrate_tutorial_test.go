package integration

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
	"github.com/gosignup/signup/internal/leaktest"
)

// The tutorial's users are migrated by examples/migrate, as a process: a dry run writes
// nothing, killing it half-way loses no user and doubles none, each document is accounted
// for, and each migrated user logs in with the old password.
func TestMigrateTutorial(t *testing.T) {
	from, to := plainServer(t), tlsServer(t)
	old := newTutorial(t, 10_000)
	source, index := indexName(t), indexName(t)
	old.write(t, from, source)
	sourceURL, sourceCA, _ := from.reach(t)
	targetURL, targetCA, _ := to.reach(t)
	m := &migrator{program: buildMigrate(t), old: old, env: []string{
		"MIGRATE_TO_USER=" + to.Username, "MIGRATE_TO_PASSWORD=" + to.Password,
		"MIGRATE_FROM_USER=" + from.Username, "MIGRATE_FROM_PASSWORD=" + from.Password,
	}}
	sourceURL.User, targetURL.User = nil, nil
	m.args = []string{"-from", sourceURL.String(), "-from-ca", sourceCA, "-from-index", source, "-to-index", index}
	direct := []string{"-to", targetURL.String(), "-to-ca", targetCA}
	client := to.client(t)
	store := esstore.New(client, &esstore.Options{Alias: index})

	const unknown, takenOver = 40, 10_000 - 70 - 20 - 30 - 40
	left := map[string]int{
		"documents read": 10_000, "left behind: collisions (groups of one address: 30)": 70,
		"left behind: refused": 20, "left behind: malformed": 30, "left behind: a password": unknown,
		"with an unknown time": 50, "with fields": 10,
	}
	dry := m.run(t, append(direct, "-dry-run")...)
	dry.want(t, left, map[string]int{"would be imported": takenOver})
	dry.wantReport(t, 0)
	if status, body := request(t, client, http.MethodGet, "/"+index+"*", ""); status != http.StatusOK || body != "{}" {
		t.Fatalf("after a dry run: got status %d and %d bytes, want 200 and no index", status, len(body))
	}

	there := m.kill(t, to, index)
	if there <= 0 || there >= takenOver {
		t.Fatalf("got %d users when it was killed, want more than 0 and less than %d", there, takenOver)
	}
	rest := m.run(t, direct...)
	rest.want(t, left, map[string]int{"imported": takenOver - there, "there already": there})
	last := m.run(t, direct...)
	last.want(t, left, map[string]int{"there already": takenOver})
	last.wantReport(t, 0)
	if n := count(t, client, index); n != takenOver {
		t.Errorf("got %d users, want %d", n, takenOver)
	}
	old.compare(t, store)

	old.withoutPassword = true
	delete(left, "left behind: a password")
	left["without their password"] = unknown
	direct = append(direct, "-without-password")
	m.run(t, direct...).want(t, left, map[string]int{"imported": unknown, "there already": takenOver})
	last = m.run(t, direct...)
	last.want(t, left, map[string]int{"there already": takenOver, "there already under another ID": unknown})
	last.wantReport(t, unknown)
	old.compare(t, store)
	old.logIn(t, store)

	t.Run("from a file", func(t *testing.T) {
		m.args, m.stdin = []string{"-from-file", "-", "-to-index", index}, old.hits(t)
		m.run(t, append(direct, "-dry-run")...).
			want(t, left, map[string]int{"there already": takenOver, "there already under another ID": unknown})
	})
	t.Attr("migration", fmt.Sprintf("%d documents: %d users, %d of them there when it was killed, and 160 left behind; %d kinds of hashes logged in",
		10_000, takenOver, there, len(old.passwords)))
}

// A tutorialUser is a document of the tutorial's, and what is to become of it.
type tutorialUser struct {
	id     string // or none: the server makes one
	source map[string]any
	kind   string // of what is reported of it; "" for nothing
	// What is kept, unless it is left behind.
	created time.Time // zero: unknown
	hash    string    // as it is stored
}

// isLeft reports whether the user isn't migrated.
func (old *tutorial2014) isLeft(u tutorialUser) bool {
	return u.kind == "collision" || u.kind == "refused-address" || u.kind == "malformed" ||
		u.kind == "unknown-hash" && !old.withoutPassword
}

// A tutorial2014 is what the service has left.
type tutorial2014 struct {
	users     []tutorialUser
	passwords map[string]string // by hash, except hashes that are the password itself
	secrets   []string          // addresses, names and hashes
	// withoutPassword reports whether the program is run with -without-password.
	withoutPassword bool
}

// newTutorial makes n documents, of which the first few hundred are unusual.
func newTutorial(t *testing.T, n int) *tutorial2014 {
	t.Helper()
	data, err := os.ReadFile("../../testdata/werkzeug_hashes.json")
	if err != nil {
		t.Fatal(err)
	}
	var entries []struct{ Password, Hash string }
	if err := json.Unmarshal(data, &entries); err != nil {
		t.Fatal(err)
	}
	old := &tutorial2014{passwords: map[string]string{}}
	var hashes []string
	for _, e := range entries {
		if !strings.HasPrefix(e.Hash, "plain") {
			hashes = append(hashes, e.Hash)
			old.passwords[e.Hash] = e.Password
			old.secrets = append(old.secrets, e.Hash)
		}
	}
	domain := strings.ToLower(rand.Text()[:12]) + ".example"
	for i := range n {
		address, name := fmt.Sprintf("user%05d@%s", i, domain), fmt.Sprintf("Łast%05d of %s", i, domain)
		seconds := float64(1_417_910_000+i) + float64(i%100)/100
		u := tutorialUser{
			created: time.UnixMilli(int64(math.Round(seconds * 1000))).UTC(),
			hash:    hashes[i%len(hashes)],
		}
		u.source = map[string]any{
			"email_address": address, "password": u.hash, "_type": "user", "is_active": true, "created_at": seconds,
		}
		switch i % 3 {
		case 1:
			u.source["first_name"], u.source["last_name"] = "First "+domain, name
		case 2:
			u.source["last_name"] = nil
		}
		switch {
		case i < 40: // twenty pairs
			u.kind = "collision"
			u.source["email_address"] = fmt.Sprintf("%s%05d@%s", []string{"user", "User"}[i%2], i/2*2, domain)
		case i < 70: // ten of three each
			u.kind = "collision"
			format := []string{"user%05d@%s", "USER%05d@%s", "User%05d@%s"}[i%3]
			u.source["email_address"] = fmt.Sprintf(format, (i-40)/3*3+40, strings.ToUpper(domain))
		case i < 90:
			u.kind = "refused-address"
			format := []string{"user%05d %s", "user%05d@no-domain-%s.", "<user%05d@%s>", "user%05d @%s"}[i%4]
			u.source["email_address"] = fmt.Sprintf(format, i, domain)
		case i < 120:
			u.kind = "malformed"
			switch i % 3 {
			case 0:
				delete(u.source, "email_address")
			case 1:
				delete(u.source, "password")
			default:
				u.source["is_active"] = nil
				u.id = "another" + address // the address was changed, without its document's ID
			}
		case i < 160:
			u.kind = "unknown-hash"
			u.hash = ""
			u.source["password"] = []string{"plain$$correct horse ", "correct horse ", "$unknown$"}[i%3] + rand.Text()
			old.secrets = append(old.secrets, u.source["password"].(string))
		case i < 210:
			u.kind, u.created = "unknown-time", time.Time{}
			switch i % 3 {
			case 0:
				delete(u.source, "created_at")
			case 1:
				u.source["created_at"] = 1.417910123e12 // milliseconds
			case 2:
				u.source["created_at"] = -1
			}
		case i < 220:
			u.kind = "more-fields"
			u.source["phone"] = "555-" + domain
		case i < 300:
			u.created = time.Unix(1_417_910_123, 0).UTC()
			u.source["created_at"] = json.RawMessage(`1.417910123E9`) // as a partial update writes it
			delete(u.source, "is_active")
			delete(u.source, "_type")
		case i < 350:
			u.source["is_active"] = false
		case i < 360:
			u.source["email_address"] = " " + address + "\n"
		}
		if u.id == "" {
			u.id, _ = u.source["email_address"].(string)
		}
		if u.id == "" {
			u.id = address
		}
		old.secrets = append(old.secrets, strings.TrimSpace(u.id), strings.ToLower(strings.TrimSpace(u.id)), name)
		old.users = append(old.users, u)
	}
	return old
}

// lines are what a bulk request takes, or what has a hit a line.
func (old *tutorial2014) lines(t *testing.T, line func(w *json.Encoder, u tutorialUser) error) []byte {
	t.Helper()
	var b bytes.Buffer
	w := json.NewEncoder(&b)
	for _, u := range old.users {
		if err := line(w, u); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// write stores the documents, under a mapping that Elasticsearch guesses.
func (old *tutorial2014) write(t *testing.T, s *server, index string) {
	t.Helper()
	body := old.lines(t, func(w *json.Encoder, u tutorialUser) error {
		return errors.Join(w.Encode(map[string]any{"index": map[string]any{"_id": u.id}}), w.Encode(u.source))
	})
	status, answer := request(t, s.client(t), http.MethodPost, "/"+index+"/_bulk?refresh=true&filter_path=errors", string(body))
	if status != http.StatusOK || answer != `{"errors":false}` {
		t.Fatalf("storing the documents: got status %d, want 200 and no errors", status)
	}
	if n := count(t, s.client(t), index); n != len(old.users) {
		t.Fatalf("got %d documents, want %d", n, len(old.users))
	}
}

// hits returns the documents as hits of a search, a line each.
func (old *tutorial2014) hits(t *testing.T) []byte {
	return old.lines(t, func(w *json.Encoder, u tutorialUser) error {
		return w.Encode(map[string]any{"_index": "example", "_type": "user", "_id": u.id, "_score": 1, "_source": u.source})
	})
}

// compare compares the store with the documents.
func (old *tutorial2014) compare(t *testing.T, store *esstore.Store) {
	t.Helper()
	numbers := make(chan int)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for i := range numbers {
				old.compareOne(t, store, i)
			}
		})
	}
	for i := range old.users {
		numbers <- i
	}
	close(numbers)
	wg.Wait()
}

func (old *tutorial2014) compareOne(t *testing.T, store *esstore.Store, i int) {
	u := old.users[i]
	address, _ := u.source["email_address"].(string)
	key, err := signup.CanonicalEmail(address)
	if err != nil {
		if !old.isLeft(u) {
			t.Errorf("number %d: got no key, want one", i)
		}
		return
	}
	got, err := store.Get(t.Context(), key)
	if old.isLeft(u) {
		if !errors.Is(err, signup.ErrNotFound) {
			t.Errorf("number %d, %s: Get returned %v, want ErrNotFound", i, u.kind, err)
		}
		return
	}
	email, _ := signup.NormalizeEmail(address) // has a key
	want := signup.User{ID: got.ID, Email: email, PasswordHash: signup.Hash(u.hash), Active: u.source["is_active"] != false, CreatedAt: u.created}
	want.FirstName, _ = u.source["first_name"].(string)
	want.LastName, _ = u.source["last_name"].(string)
	if u.created.IsZero() {
		want.CreatedAt = got.CreatedAt
		if age := time.Since(got.CreatedAt); age < 0 || age > time.Hour {
			t.Errorf("number %d, with an unknown time: got CreatedAt %v, want the time of the migration", i, got.CreatedAt)
		}
	}
	want.UpdatedAt = want.CreatedAt
	if err != nil || !got.Equal(want) || got.ID == "" {
		t.Errorf("number %d, %s: Get returned another user, or %v, want the user of the document, nil", i, u.kind, err)
	}
}

// logIn logs one user of each hash in, with the old password.
func (old *tutorial2014) logIn(t *testing.T, store *esstore.Store) {
	t.Helper()
	hasher := signup.Bcrypt{Cost: 4}
	accounts := &signup.Accounts{Store: store, Hasher: hasher}
	seen := map[string]bool{}
	for i, u := range old.users {
		password := old.passwords[u.hash]
		if i < 400 || seen[u.hash] {
			continue
		}
		seen[u.hash] = true
		address := u.source["email_address"].(string)
		if _, err := accounts.Authenticate(t.Context(), address, password); err != nil {
			t.Errorf("number %d: Authenticate returned %v, want nil", i, err)
			continue
		}
		stored, err := store.Get(t.Context(), address)
		if err != nil || hasher.NeedsRehash(stored.PasswordHash) {
			t.Errorf("number %d: Get after the log-in returned the old hash, or %v, want a new hash, nil", i, err)
		}
		if _, err := accounts.Authenticate(t.Context(), address, password); err != nil {
			t.Errorf("number %d: Authenticate with the new hash returned %v, want nil", i, err)
		}
	}
	address := old.users[400].source["email_address"].(string)
	if _, err := accounts.Authenticate(t.Context(), address, rand.Text()); !errors.Is(err, signup.ErrBadCredentials) {
		t.Errorf("Authenticate with a wrong password returned %v, want ErrBadCredentials", err)
	}
	if len(seen) != len(old.passwords) {
		t.Errorf("tried %d hashes, want %d", len(seen), len(old.passwords))
	}
}

// buildMigrate builds examples/migrate, which is a module of its own.
func buildMigrate(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "migrate")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
	build.Dir = filepath.Join("..", "..", "examples", "migrate")
	build.Env = append(os.Environ(), "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: got %v, want success\n%s", err, out)
	}
	return program
}

// A migrator runs the program.
type migrator struct {
	program   string
	args, env []string
	stdin     []byte
	old       *tutorial2014
}

func (m *migrator) command(t *testing.T, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), m.program, append(m.args[:len(m.args):len(m.args)], args...)...)
	cmd.Env = append(os.Environ(), m.env...)
	cmd.Stdin = bytes.NewReader(m.stdin)
	return cmd
}

// A migrated is what the program reports at its end.
type migrated struct {
	old    *tutorial2014
	counts map[string]int // by what stands before the colon
	report []reported
}

type reported struct {
	Kind  string
	Index string `json:"_index"`
	ID    string `json:"_id"`
	Email string `json:"email_address"`
	Left  bool   `json:"left_behind"`
	Group int
	// SameAs is where the document is that stands for an identical one.
	SameAs struct {
		Index string `json:"_index"`
	} `json:"same_as"`
}

// run runs the program to its end.
func (m *migrator) run(t *testing.T, args ...string) migrated {
	t.Helper()
	r, stderr, err := m.try(t, args...)
	if err != nil {
		t.Fatalf("the program ended with %v, want success\n%s", err, stderr)
	}
	return r
}

// try runs the program to its end. It returns what the program wrote to standard error
// and how it ended.
func (m *migrator) try(t *testing.T, args ...string) (r migrated, stderr string, ended error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "report")
	cmd := m.command(t, append(args, "-report", file)...)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	ended = cmd.Run()
	m.search(t, out.String()+errOut.String())
	r = migrated{old: m.old, counts: map[string]int{}}
	for line := range strings.Lines(out.String()) {
		count, words, _ := strings.Cut(strings.TrimSpace(line), " ")
		if n, err := strconv.Atoi(count); err == nil {
			what, _, _ := strings.Cut(words, ": changed")
			r.counts[what] = n
		}
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the report: got %v, or other permissions, want -rw-------", err)
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for d := json.NewDecoder(f); ; {
		var line reported
		if err := d.Decode(&line); errors.Is(err, io.EOF) {
			return r, errOut.String(), ended
		} else if err != nil {
			t.Fatal(err)
		}
		r.report = append(r.report, line)
	}
}

// search looks for what an output must not have, and keeps it for other searches.
func (m *migrator) search(t *testing.T, output string) {
	t.Helper()
	record("output of migrate: %s", output)
	if found := leaktest.Find(output, m.old.secrets); len(found) > 0 {
		t.Errorf("the output has %d addresses, names and hashes, want none", len(found))
	}
}

// want checks all counts that aren't 0.
func (r migrated) want(t *testing.T, counts ...map[string]int) {
	t.Helper()
	want := map[string]int{}
	for _, c := range counts {
		for what, n := range c {
			if n > 0 {
				want[what] = n
			}
		}
	}
	for what, n := range r.counts {
		wanted := 0
		for prefix, w := range want {
			if prefix == what || strings.HasPrefix(what, prefix) && prefix != "there already" {
				wanted = w
				delete(want, prefix)
			}
		}
		if n != wanted {
			t.Errorf("%s: got %d, want %d", what, n, wanted)
		}
	}
	for what, n := range want {
		t.Errorf("%s: got no count, want %d", what, n)
	}
}

// wantReport checks that exactly the unusual documents are reported, and besides them
// those of other users that are there under another ID.
func (r migrated) wantReport(t *testing.T, others int) {
	t.Helper()
	type fact struct{ id, kind string }
	want := map[fact]tutorialUser{}
	for _, u := range r.old.users {
		if u.kind != "" {
			want[fact{u.id, u.kind}] = u
		}
	}
	groups := map[int]string{} // to the key
	for _, f := range r.report {
		if f.Kind == "other-id" {
			others--
			continue
		}
		u, is := want[fact{f.ID, f.Kind}]
		delete(want, fact{f.ID, f.Kind})
		if address, _ := u.source["email_address"].(string); !is || f.Left != r.old.isLeft(u) || f.Email != address {
			t.Errorf("the report has a document as %s, left behind %t, want only unusual documents, each as it is", f.Kind, f.Left)
		}
		if f.Kind != "collision" {
			continue
		}
		key, err := signup.CanonicalEmail(f.Email)
		if held, again := groups[f.Group]; err != nil || f.Group == 0 || again && held != key {
			t.Errorf("the report has a collision in group %d, %v, want one group for each address", f.Group, err)
		}
		groups[f.Group] = key
	}
	if len(want) > 0 || others != 0 || len(groups) != 30 {
		t.Errorf("the report lacks %d documents and %d users under another ID, and has %d groups, want 0, 0 and 30", len(want), others, len(groups))
	}
}

// kill runs the program until some users are there, and others may or may not be,
// kills it, and returns how many are there then.
func (m *migrator) kill(t *testing.T, to *server, index string) int {
	t.Helper()
	target, err := url.Parse(to.URL)
	if err != nil {
		t.Fatal(err)
	}
	transport, err := to.transport()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.CloseIdleConnections)
	forward := &httputil.ReverseProxy{
		Transport: transport,
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target) },
	}
	var requests atomic.Int64
	stored := make(chan struct{})
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/_bulk") {
			forward.ServeHTTP(w, r)
			return
		}
		switch n := requests.Add(1); {
		case n < 4:
			forward.ServeHTTP(w, r)
		case n == 4: // it is carried out, and its response is lost
			gone := r.Context()
			forward.ServeHTTP(httptest.NewRecorder(), r.WithContext(context.WithoutCancel(gone)))
			close(stored)
			<-gone.Done()
		default: // it never gets there
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		}
	}))
	defer proxy.Close()

	cmd := m.command(t, "-to", proxy.URL)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var output strings.Builder
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		output.WriteString(lines.Text() + "\n")
		if strings.HasPrefix(lines.Text(), "imported: ") {
			break
		}
	}
	select {
	case <-stored:
	case <-time.After(time.Minute):
		t.Error("the program didn't get half-way within 1m, want its first requests sooner")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Errorf("Kill returned %v, want nil", err)
	}
	for lines.Scan() {
		output.WriteString(lines.Text() + "\n")
	}
	_ = cmd.Wait()
	m.search(t, output.String())
	there := count(t, to.client(t), index)
	if there <= 1000 {
		t.Errorf("got %d users of three requests with a response and one without, want more than 1000:\n%s", there, &output)
	}
	return there
}
