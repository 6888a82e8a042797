package integration

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

// importedHash is in every hash of the import's tests, which thus look like
// bcrypt's.
const importedHash = "importedhashofnobodyimportedhashofnobody"

// toImport returns user number i, with times that have more digits than are kept.
func toImport(i int) signup.User {
	at := time.Date(2014, time.December, 6, 22, 55, i%60, 123_456_789, time.UTC)
	return signup.User{
		ID: fmt.Sprintf("id-%d", i), Email: fmt.Sprintf("Import.%d@Example.org", i),
		FirstName: fmt.Sprintf("first <%d>\n", i), LastName: "Łast\u2028", Active: i%2 == 0,
		PasswordHash: signup.Hash(fmt.Sprintf("$2a$12$%s%012d.", importedHash, i)),
		CreatedAt:    at, UpdatedAt: at.Add(time.Hour),
		Profile: map[string]string{"company": fmt.Sprintf("company %d", i)},
	}
}

func usersToImport(n int) iter.Seq2[signup.User, error] {
	return func(yield func(signup.User, error) bool) {
		for i := range n {
			if !yield(toImport(i), nil) {
				return
			}
		}
	}
}

func newStore(t *testing.T, transport esapi.Transport) (store *esstore.Store, index string) {
	t.Helper()
	index = indexName(t)
	store = esstore.New(transport, &esstore.Options{Alias: index})
	if err := store.Setup(t.Context()); err != nil {
		t.Fatalf("Setup returned %v, want nil", err)
	}
	return store, index
}

func exported(t *testing.T, store *esstore.Store, opts *esstore.ExportOptions) string {
	t.Helper()
	var b strings.Builder
	n, err := store.Export(t.Context(), &b, opts)
	if err != nil {
		t.Fatalf("Export returned %v, want nil", err)
	}
	if lines := int64(strings.Count(b.String(), "\n")); n != lines {
		t.Errorf("Export returned %d, want %d, the number of lines", n, lines)
	}
	return b.String()
}

// wantExported checks that an export has exactly the users in want, which is by key,
// in the order of the keys.
func wantExported(t *testing.T, export string, want map[string]signup.User) {
	t.Helper()
	last, n := "", 0
	for u, err := range esstore.ReadExport(strings.NewReader(export)) {
		if err != nil {
			t.Fatalf("ReadExport yielded %v, want nil", err)
		}
		w, ok := want[u.Key()]
		if !ok || !u.Equal(w) || u.KeyRule() != w.KeyRule() || u.Key() <= last {
			t.Fatalf("the export has %v, in order %t, want %v, in order", u, u.Key() > last, w)
		}
		last = u.Key()
		n++
	}
	if n != len(want) {
		t.Errorf("the export has %d users, want %d", n, len(want))
	}
}

// An import of new users among others, compared with what should become of each;
// then the same once more; then an export, and an import of that elsewhere.
func TestImport(t *testing.T) {
	for _, s := range servers(t) {
		t.Run(s.Name, func(t *testing.T) {
			const many = 5000
			client := s.client(t)
			store, index := newStore(t, client)
			oracle := map[string]signup.User{} // by key
			var users []signup.User
			var outcomes []error // errPresent: there already
			errPresent := errors.New("present")
			put := func(u signup.User, outcome error) {
				users, outcomes = append(users, u), append(outcomes, outcome)
				if outcome == nil {
					oracle[u.Key()] = u
				}
			}
			for i := range many {
				u := toImport(i)
				switch i % 50 {
				case 0, 1: // the address has a user
					holder := u
					holder.FirstName = "changed since"
					outcome := errPresent
					if i%50 == 0 {
						holder.ID, outcome = "another", signup.ErrExists
					}
					if err := store.Create(t.Context(), &holder); err != nil {
						t.Fatalf("Create returned %v, want nil", err)
					}
					oracle[holder.Key()] = holder
					put(u, outcome)
				case 2:
					u.ID = ""
					put(u, signup.ErrInvalid)
				case 3:
					u.FirstName = "\xff"
					put(u, signup.ErrInvalid)
				case 10: // the same address as before, in capitals
					u.Email = strings.ToUpper(users[i-3].Email)
					put(u, signup.ErrExists)
				case 11: // the same user as before
					put(users[i-3], errPresent)
				default:
					put(u, nil)
				}
			}
			sequence := func(yield func(signup.User, error) bool) {
				for _, u := range users {
					if !yield(u, nil) {
						return
					}
				}
			}
			var want esstore.ImportSummary
			for _, outcome := range outcomes {
				want.Read++
				switch outcome {
				case nil:
					want.Created++
				case errPresent:
					want.Present++
				case signup.ErrExists:
					want.Exists++
				case signup.ErrInvalid:
					want.Invalid++
				}
			}
			run := func() {
				t.Helper()
				seen := map[int64]bool{}
				sum, err := store.Import(t.Context(), sequence, &esstore.ImportOptions{
					Workers: 4, BatchUsers: 333,
					Result: func(r esstore.ImportResult) {
						outcome := outcomes[r.N]
						ok := errors.Is(r.Err, outcome)
						if outcome == errPresent {
							ok = r.Err == nil
						}
						if seen[r.N] || !ok || r.Present != (outcome == errPresent) || r.User.ID != users[r.N].ID {
							t.Errorf("user %d: got error %v, Present %t, ID %q, for the first time %t; want outcome %v, ID %q, once", r.N, r.Err, r.Present, r.User.ID, !seen[r.N], outcome, users[r.N].ID)
						}
						seen[r.N] = true
					},
				})
				if err != nil || sum != want || len(seen) != many {
					t.Errorf("Import returned %+v, %v, with %d results; want %+v, nil, with %d", sum, err, len(seen), want, many)
				}
			}
			run()
			all := exported(t, store, &esstore.ExportOptions{Hashes: true})
			wantExported(t, all, oracle)
			if n := count(t, client, index); n != len(oracle) {
				t.Errorf("got %d documents, want %d", n, len(oracle))
			}

			for i, outcome := range outcomes {
				if outcome == nil {
					outcomes[i] = errPresent
				}
			}
			want.Present, want.Created = want.Present+want.Created, 0
			run()
			if exported(t, store, &esstore.ExportOptions{Hashes: true}) != all {
				t.Error("after the second Import the export differs, want no change")
			}

			other, _ := newStore(t, client)
			sum, err := other.Import(t.Context(), esstore.ReadExport(strings.NewReader(all)), nil)
			if n := int64(len(oracle)); err != nil || sum.Created != n || sum.Read != n {
				t.Errorf("Import of the export returned %+v, %v, want %d read and created, nil", sum, err, n)
			}
			if exported(t, other, &esstore.ExportOptions{Hashes: true}) != all {
				t.Error("the export of an imported export differs from it, want the same")
			}
			for _, u := range oracle {
				stored, err := other.Get(t.Context(), u.Key())
				if err != nil || !stored.Equal(u) {
					t.Errorf("Get returned %v, %v, want %v, nil", stored, err, u)
				}
				break // the export has the others
			}

			open := exported(t, store, nil)
			if strings.Contains(open, importedHash) || strings.Contains(open, "password") || strings.Contains(open, "write_token") {
				t.Error("an export without Hashes has a hash, a password or a write token, want none")
			}
			for key, u := range oracle {
				u.PasswordHash = ""
				oracle[key] = u
			}
			wantExported(t, open, oracle)

			deleted := 0
			for key := range oracle {
				u, err := store.Get(t.Context(), key)
				if err == nil {
					err = store.Delete(t.Context(), u)
				}
				if err != nil {
					t.Fatal(err)
				}
				delete(oracle, key)
				if deleted++; deleted == 20 {
					break
				}
			}
			wantExported(t, exported(t, store, nil), oracle)
			t.Attr("import", fmt.Sprintf("%d users: %d stored, %d refused for their addresses, %d invalid, %d present; %d exported, of which %d deleted later",
				want.Read, want.Present-100-100, want.Exists, want.Invalid, 200, len(oracle)+deleted, deleted))
		})
	}
}

// An import into a store that isn't set up makes no index, and ends soon.
func TestImportNotSetUp(t *testing.T) {
	s := servers(t)[0]
	client, index := s.client(t), indexName(t)
	store := esstore.New(client, &esstore.Options{Alias: index})
	sum, err := store.Import(t.Context(), usersToImport(5000), nil)
	if err == nil || !strings.Contains(err.Error(), "is the store set up?") || sum.Failed != sum.Read || sum.Read > 4000 {
		t.Errorf("Import returned %+v, %v, want at most 4000 read, all failed, and an error that asks whether the store is set up", sum, err)
	}
	if _, err := store.Export(t.Context(), io.Discard, nil); err == nil {
		t.Error("Export returned nil, want an error")
	}
	if status, _ := request(t, client, "GET", "/"+index+"*", ""); status != http.StatusOK && status != http.StatusNotFound {
		t.Errorf("got status %d for the indices, want 200 or 404", status)
	}
	if status, _ := request(t, client, "GET", "/"+index, ""); status != http.StatusNotFound {
		t.Errorf("got status %d for the index, want 404: an index was made", status)
	}
}

// If Elasticsearch refuses a user, Import returns an error without Elasticsearch's
// reason, and stores the others.
func TestImportRefused(t *testing.T) {
	for _, s := range servers(t) {
		t.Run(s.Name, func(t *testing.T) {
			client := s.client(t)
			store, index := newStore(t, client)
			// An index whose mapping doesn't take all users.
			request(t, client, "PUT", "/"+index+"-000001/_mapping", `{"properties": {"profile": {"type": "flattened", "depth_limit": 20, "ignore_above": 100000}}}`)
			long := toImport(1)
			long.Profile["company"] = strings.Repeat("x", 40_000)
			users := []signup.User{toImport(0), long, toImport(2)}
			var errs []error
			sum, err := store.Import(t.Context(), func(yield func(signup.User, error) bool) {
				for _, u := range users {
					if !yield(u, nil) {
						return
					}
				}
			}, &esstore.ImportOptions{Result: func(r esstore.ImportResult) { errs = append(errs, r.Err) }})
			if sum != (esstore.ImportSummary{Read: 3, Created: 2, Failed: 1}) || err == nil || len(errs) != 3 || errs[1] == nil {
				t.Fatalf("Import returned %+v, %v, with the errors %v; want 3 read, 2 created, 1 failed, an error, and one for the second user", sum, err, errs)
			}
			for _, err := range []error{err, errs[1]} {
				if !strings.HasPrefix(err.Error(), "esstore: import: status 400, ") || len(err.Error()) > 100 {
					t.Errorf("got %.200v, want at most 100 bytes that begin with %q", err, "esstore: import: status 400, ")
				}
			}
			if n := count(t, client, index); n != 2 {
				t.Errorf("got %d documents, want 2", n)
			}
		})
	}
}

// A rough way to a server refuses a share of the requests, and loses others, or
// their responses.
type rough struct {
	esapi.Transport
	refused, lost, unanswered atomic.Int64
}

func (r *rough) Perform(req *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(req.URL.Path, "/_bulk") && !strings.HasSuffix(req.URL.Path, "/_mget") {
		return r.Transport.Perform(req)
	}
	switch rand.IntN(12) {
	case 0, 1:
		r.refused.Add(1)
		const body = `{"error":{"type":"es_rejected_execution_exception","reason":"because"},"status":429}`
		return &http.Response{StatusCode: http.StatusTooManyRequests, Body: io.NopCloser(strings.NewReader(body))}, nil
	case 2:
		r.lost.Add(1)
		return nil, io.ErrUnexpectedEOF
	case 3:
		r.unanswered.Add(1)
		res, err := r.Transport.Perform(req)
		if err != nil {
			return nil, err
		}
		_ = res.Body.Close()
		return nil, io.ErrUnexpectedEOF
	}
	return r.Transport.Perform(req)
}

// Under back-pressure, and while requests and responses get lost, each user arrives
// once, and is counted as created.
func TestImportBackPressure(t *testing.T) {
	for _, s := range servers(t) {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			const many = 2000
			client := s.client(t)
			_, index := newStore(t, client)
			way := &rough{Transport: client}
			store := esstore.New(way, &esstore.Options{Alias: index})
			sum, err := store.Import(t.Context(), usersToImport(many), &esstore.ImportOptions{Workers: 8, BatchUsers: 25})
			if err != nil || sum != (esstore.ImportSummary{Read: many, Created: many}) {
				t.Errorf("Import returned %+v, %v, want %d read and created, nil", sum, err, many)
			}
			if n := count(t, client, index); n != many {
				t.Errorf("got %d documents, want %d", n, many)
			}
			want := map[string]signup.User{}
			for u := range usersToImport(many) {
				want[u.Key()] = u
			}
			wantExported(t, exported(t, store, &esstore.ExportOptions{Hashes: true}), want)
			if way.refused.Load() == 0 || way.lost.Load() == 0 || way.unanswered.Load() == 0 {
				t.Errorf("got %d requests refused, %d lost and %d without a response, want some of each", way.refused.Load(), way.lost.Load(), way.unanswered.Load())
			}
			t.Attr("import_back_pressure", fmt.Sprintf("%d users, each once, through %d refused requests, %d lost and %d whose answers were",
				many, way.refused.Load(), way.lost.Load(), way.unanswered.Load()))
		})
	}
}

// An index that takes no writes for a while, as at the end of a migration, is
// waited for.
func TestImportWaitsForIndex(t *testing.T) {
	for _, s := range servers(t) {
		t.Run(s.Name, func(t *testing.T) {
			client := s.client(t)
			store, index := newStore(t, client)
			block := func(value string) {
				if status, body := request(t, client, "PUT", "/"+index+"-000001/_settings", `{"index.blocks.write": `+value+`}`); status != http.StatusOK {
					t.Errorf("write block %s: got status %d, want 200: %s", value, status, body)
				}
			}
			block("true")
			var wg sync.WaitGroup
			wg.Go(func() {
				time.Sleep(time.Second)
				block("null")
			})
			begin := time.Now()
			sum, err := store.Import(t.Context(), usersToImport(100), nil)
			wg.Wait()
			if err != nil || sum.Created != 100 || time.Since(begin) < time.Second {
				t.Errorf("Import returned %+v, %v after %v, want 100 created, nil, after at least 1s", sum, err, time.Since(begin))
			}
		})
	}
}

// An import that is to be killed goes on more slowly from the middle.
const toBeKilled, slowAfter = 10_000, 4000

func init() {
	children["import"] = func(store *esstore.Store, _ string) error {
		_, err := store.Import(context.Background(), usersToImport(toBeKilled), &esstore.ImportOptions{
			BatchUsers: 100, Progress: func(sum esstore.ImportSummary) {
				if sum.Created > slowAfter {
					time.Sleep(200 * time.Millisecond)
				}
			},
		})
		return err
	}
}

// If the process of an import is killed half-way, and the import is run again, each
// user is stored once.
func TestImportKilled(t *testing.T) {
	s := plainServer(t)
	client := s.client(t)
	store, index := newStore(t, client)
	first := startChild(t, s, "import", index, "")
	there := 0
	for begin := time.Now(); there <= slowAfter && time.Since(begin) < time.Minute; time.Sleep(20 * time.Millisecond) {
		there = count(t, client, index)
	}
	if !first.kill(t) || there <= slowAfter {
		t.Fatalf("got %d users when the process was killed, want more than %d, and the process still running", there, slowAfter)
	}

	sum, err := store.Import(t.Context(), usersToImport(toBeKilled), nil)
	if err != nil || sum.Created+sum.Present != toBeKilled || sum.Read != toBeKilled {
		t.Errorf("Import returned %+v, %v, want %d read, all of them created or present, nil", sum, err, toBeKilled)
	}
	if sum.Present < int64(there) || sum.Created == 0 {
		t.Errorf("Import returned %d present and %d created, want at least %d present and some created", sum.Present, sum.Created, there)
	}
	if n := count(t, client, index); n != toBeKilled {
		t.Errorf("got %d documents, want %d", n, toBeKilled)
	}
	want := map[string]signup.User{}
	for u := range usersToImport(toBeKilled) {
		want[u.Key()] = u
	}
	wantExported(t, exported(t, store, &esstore.ExportOptions{Hashes: true}), want)
	t.Attr("import_killed", fmt.Sprintf("of %d users; run again: %d present, %d created", toBeKilled, sum.Present, sum.Created))
}
