package esstore_test

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

// excluded returns the index that Setup makes while a template excludes the hash.
func excluded(aliases string) string {
	return `{"aliases":{` + aliases + `},"mappings":` + strings.Replace(ours, `{`, `{"_source":{"excludes":["password"]},`, 1) + `,"settings":{}}`
}

// shortened returns the index that Setup made while a template limited what is indexed.
func shortened() string {
	return `{"aliases":{"users":{},"users-000001.own":{}},"mappings":` + ours + `,"settings":{"index.mapping.ignore_above":"5"}}`
}

const oneTemplate = `{"index_templates":[{"name":"people","index_template":{"index_patterns":["us*"],"priority":7}}]}`

func callsOf(f *fake) (sent []string) {
	for _, c := range f.calls {
		sent = append(sent, c.method+" "+c.path)
	}
	return sent
}

// The first index that would lose users is deleted again, and the error names the
// template and the request that keeps it away.
func TestSetupRefusesTemplate(t *testing.T) {
	blocked := respond(http.StatusOK, `{"acknowledged":true,"shards_acknowledged":true}`)
	unwritten := respond(http.StatusOK, strings.ReplaceAll(statsBody, ":7", ":-1"))
	for _, test := range []struct {
		name      string
		templates map[string]string
		want      string
	}{
		{"a template", map[string]string{"_index_template": oneTemplate}, `people applies to it: change its index_patterns, or exclude the index by a template with a higher priority that adds nothing: PUT /_index_template/users-plain {"index_patterns":["users-0*"],"priority":8}`},
		{"an older template", map[string]string{"_template": `{"before":{"index_patterns":["users*"]}}`}, "before applies to it"},
		{"a template that is gone", nil, "No index template applies to it now"},
		{"templates that can't be read", map[string]string{"_index_template": "<html>"}, "POST /_index_template/_simulate_index/users-000001"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFake(t, empty, made, blocked, unwritten, acked)
			f.differs, f.templates = excluded(`"users":{},"users-000001.own":{}`), test.templates
			wantSetupError(t, f.store().Setup(t.Context()), `_source.excludes is ["password"]`, test.want)
			want := []string{"GET " + lookPath, "PUT /users-000001", "PUT /users-000001/_block/write", "GET /users-000001/_stats/docs", "DELETE /users-000001"}
			if got := callsOf(f); !slices.Equal(got, want) {
				t.Errorf("got the requests %q, want %q", got, want)
			}
		})
	}
}

// If a user was stored in the meantime, the index stays.
func TestSetupKeepsWrittenIndex(t *testing.T) {
	f := newFake(t, empty, made, respond(http.StatusOK, `{"acknowledged":true,"shards_acknowledged":true}`), stats, acked)
	f.differs = excluded(`"users":{}`)
	wantSetupError(t, f.store().Setup(t.Context()), "_source.excludes", "could not be deleted", "it was written to")
	if got := callsOf(f); slices.Contains(got, "DELETE /users-000001") || got[len(got)-1] != "PUT /users-000001/_settings" {
		t.Errorf("got the requests %q, want last one that lets writes in, and no deletion", got)
	}
}

// A copy that would lose users is deleted before anything is copied, and nothing else
// is.
func TestMigrationRefusesTemplate(t *testing.T) {
	f := newFake(t, indices(map[string]string{"users-000001": old}), acked, acked)
	f.differs, f.templates = excluded(`"users-000002.copy-x":{}`), map[string]string{"_index_template": oneTemplate}
	wantSetupError(t, f.store().Setup(t.Context()), "users-000002 can't be used", "_source.excludes", "people")
	want := []string{"GET " + lookPath, "PUT /users-000002", "DELETE /users-000002"}
	if got := callsOf(f); !slices.Equal(got, want) {
		t.Errorf("got the requests %q, want %q", got, want)
	}
}

// A template that would put the alias on the copy is found out before the copy exists,
// if the privilege permits that.
func TestMigrationRefusesAlias(t *testing.T) {
	f := newFake(t, indices(map[string]string{"users-000001": old}))
	f.templates = map[string]string{
		"_index_template/_simulate_index/users-000002": `{"template":{"aliases":{"users":{}}}}`,
		"_index_template": oneTemplate,
	}
	wantSetupError(t, f.store().Setup(t.Context()), "would add the alias users", "people")
}

// Otherwise the alias is taken off at once, if the copy still has its lease.
func TestMigrationTakesAliasOff(t *testing.T) {
	f := newFake(t, indices(map[string]string{"users-000001": old}), acked, acked, denied)
	f.differs = `{"aliases":{"users":{},"users-000002.copy-x":{}},"mappings":` + ours + `,"settings":{}}`
	wantSetupError(t, f.store().Setup(t.Context()), "403")
	off := f.calls[2]
	if off.path != "/_aliases" || !strings.Contains(off.body, `{"remove":{"alias":"users","index":"users-000002","must_exist":true}}`) ||
		!strings.Contains(off.body, `{"remove":{"alias":"users-000002.copy-`) {
		t.Errorf("got the request %s %s, want one that removes the alias if the lease is there", off.path, off.body)
	}
}

// If the process that made the copy has ended before that, the next one does it.
func TestSetupTakesAliasOffCopy(t *testing.T) {
	copied := indexOf(3, "users-000001", nil, "", "users", "users-000002.copy-x")
	f := newFake(t, indices(map[string]string{"users-000001": old, "users-000002": copied}), acked, denied)
	wantSetupError(t, f.store().Setup(t.Context()), "403")
	want := `{"actions":[{"remove":{"alias":"users-000002.copy-x","index":"users-000002","must_exist":true}},` +
		`{"add":{"alias":"users-000002.copy-x","index":"users-000002"}},{"remove":{"alias":"users","index":"users-000002","must_exist":true}}]}`
	if got := f.calls[1].body; got != want {
		t.Errorf("got the actions %s, want %s", got, want)
	}
}

// An index that exists and would lose users is refused by Setup, Create, Update and
// Import; Setup logs what hides users from searches. Search refuses both.
func TestUnfitIndex(t *testing.T) {
	sequences := strings.Replace(shortened(), `mapping.ignore_above":"5"`, `disable_sequence_numbers":"true"`, 1)
	for _, test := range []struct {
		name, index string
		loses       bool
	}{
		{"without hashes", excluded(`"users":{"is_write_index":true},"users-000001.own":{}`), true},
		{"with a pipeline", strings.Replace(shortened(), `mapping.ignore_above":"5"`, `final_pipeline":"x"`, 1), true},
		{"with a policy", strings.Replace(shortened(), `mapping.ignore_above":"5"`, `lifecycle.name":"delete-after-1d"`, 1), true},
		{"without sequence numbers", sequences, true},
		{"with short values", shortened(), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			look := indices(map[string]string{"users-000001": test.index})
			f := newFake(t)
			u := f.stored(t)
			f.then(look)
			f.differs = test.index
			var log strings.Builder
			err := esstore.New(f, &esstore.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}).Setup(t.Context())
			if test.loses {
				wantSetupError(t, err, "users-000001 can't be used", "Check describes the remedy")
			} else if err != nil || !strings.Contains(log.String(), "level=WARN") || !strings.Contains(log.String(), "Check describes the remedy, and Reindex") {
				t.Errorf("got %v from Setup and the log %q, want nil and a warning that names Check and Reindex", err, log.String())
			}
			f.then(look)
			for _, err := range f.store().Search(t.Context(), signup.Query{}) {
				if err == nil || !strings.Contains(err.Error(), "can't be searched") {
					t.Errorf("got %v from Search, want an error that the index can't be searched", err)
				}
			}
			if !test.loses {
				f.then(created)
				if err := f.store().Create(t.Context(), &u); err != nil {
					t.Errorf("got %v from Create, want nil", err)
				}
				return
			}
			store := f.store()
			for range 2 {
				for name, err := range map[string]error{"Create": store.Create(t.Context(), &u), "Update": store.Update(t.Context(), &u)} {
					if err == nil || !strings.Contains(err.Error(), "users-000001 can't be used") {
						t.Errorf("got %v from %s, want an error that the index can't be used", err, name)
					}
				}
			}
			if _, err := f.store().Import(t.Context(), sequence(u), nil); err == nil {
				t.Error("got no error from Import, want one")
			}
		})
	}
}

// comparing is a transport whose requests all reach the function.
type comparing func(*http.Request) (*http.Response, error)

func (f comparing) Perform(r *http.Request) (*http.Response, error) { return f(r) }

// The index is compared once for each Store, also if the privilege for it is missing.
func TestCreateComparesOnce(t *testing.T) {
	for name, answer := range map[string]*http.Response{
		"compared":     response(http.StatusOK, `{"users-000001":{"mappings":`+ours+`,"settings":{}}}`),
		"no privilege": response(http.StatusForbidden, failedBody(403, "security_exception")),
	} {
		gets := 0
		store := esstore.New(comparing(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == "/users" {
				gets++
				return answer, nil
			}
			return response(http.StatusCreated, doneBody("created", 0)), nil
		}), nil)
		for range 3 {
			u := newUser()
			if err := store.Create(t.Context(), &u); err != nil {
				t.Errorf("%s: got %v from Create, want nil", name, err)
			}
		}
		if gets != 1 {
			t.Errorf("%s: got %d requests for the index, want 1", name, gets)
		}
	}
}

// A listing that finds documents of two indices ends with an error: it would list users
// twice.
func TestSearchOfTwoIndices(t *testing.T) {
	other := strings.Replace(hitBody(1), "users-000001", "users-000002", 1)
	f := newFake(t, setUp, opened("A"), listedBody("A", hitBody(1), other), closed)
	n, last := 0, error(nil)
	for _, err := range f.store().SearchText(t.Context(), esstore.Query{PageSize: 10}) {
		n, last = n+1, err
	}
	if n != 1 || last == nil || !strings.Contains(last.Error(), "several indices") {
		t.Errorf("got %d steps, last with %v, want 1 with an error about several indices", n, last)
	}
}

// If the index can't be deleted after writes were blocked, the block is lifted again.
func TestSetupLiftsBlockOfIndexThatStays(t *testing.T) {
	unwritten := respond(http.StatusOK, strings.ReplaceAll(statsBody, ":7", ":-1"))
	f := newFake(t, empty, made, acked, unwritten, denied, acked)
	f.differs = excluded(`"users":{}`)
	wantSetupError(t, f.store().Setup(t.Context()), "_source.excludes", "could not be deleted", "403")
	if last := f.calls[len(f.calls)-1]; last.path != "/users-000001/_settings" || last.body != `{"index.blocks.write":null}` {
		t.Errorf("got last the request %s %s, want one that lets writes in", last.path, last.body)
	}
}
