package integration

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

// A templateCase is an index template of the cluster that applies to the Store's
// indices.
type templateCase struct {
	name     string
	template string // the content of "template", in which ALIAS is the alias
	more     string // other members of the index template
	legacy   bool   // put it as an older template, at _template
	newer    bool   // only the newer Elasticsearch has the setting

	first  string // what the error of a first Setup names; "" if it succeeds
	copies string // the same for a Reindex and a migration
	found  string // the code of Check for an index that was made without protection; "" if it does no harm
	unfit  use    // what refuses such an index
}

// A use is what refuses an index that Setup didn't make.
type use int

const (
	nothing   use = iota
	searching     // Search and Export
	signingUp     // Setup, Create and Import, too
)

func sameFor(c templateCase, what string) templateCase {
	c.first, c.copies = what, what
	return c
}

var templateCases = []templateCase{
	sameFor(templateCase{name: "the hash excluded", template: `"mappings": {"_source": {"excludes": ["password"]}}`, found: "index-differs", unfit: signingUp}, "_source.excludes"),
	sameFor(templateCase{name: "members included", template: `"mappings": {"_source": {"includes": ["id", "key"]}}`, found: "index-differs", unfit: signingUp}, "_source.includes"),
	{name: "no source", template: `"mappings": {"_source": {"enabled": false}}`, found: "index-differs", unfit: signingUp},
	{name: "an older template without source", template: `"mappings": {"_source": {"enabled": false}}`, legacy: true, found: "index-differs", unfit: signingUp},
	sameFor(templateCase{name: "routing required", template: `"mappings": {"_routing": {"required": true}}`, found: "index-differs", unfit: signingUp}, "_routing.required"),
	{name: "not enabled", template: `"mappings": {"enabled": false}`, found: "mapping-differs", unfit: searching},
	sameFor(templateCase{name: "a runtime field in place of another", template: `"mappings": {"runtime": {"placeholder": {"type": "boolean"}}}`, found: "mapping-differs", unfit: searching}, "runtime"),
	{name: "another runtime field", template: `"mappings": {"runtime": {"day": {"type": "keyword"}}}`, found: "mapping-extra"},
	{name: "dynamic templates", template: `"mappings": {"dynamic": true, "date_detection": false, "dynamic_templates": [{"x": {"match_mapping_type": "string", "mapping": {"type": "keyword"}}}]}`},
	{name: "another field", template: `"mappings": {"properties": {"day": {"type": "date"}}}`, found: "too-many-fields"},
	{name: "a searchable hash", template: `"mappings": {"properties": {"password": {"type": "text", "fields": {"raw": {"type": "keyword"}}}}}`},
	{name: "short values only", template: `"settings": {"index.mapping.ignore_above": 5}`, found: "mapping-differs", unfit: searching},
	{name: "a pipeline", template: `"settings": {"index.default_pipeline": "none-such"}`, found: "pipeline", unfit: signingUp},
	{name: "a last pipeline", template: `"settings": {"index.final_pipeline": "none-such"}`, found: "pipeline", unfit: signingUp},
	{name: "the alias", template: `"aliases": {"ALIAS": {}}`, copies: "add the alias"},
	{name: "the alias with a filter", template: `"aliases": {"ALIAS": {"filter": {"term": {"is_active": true}}}}`, copies: "add the alias"},
	{name: "another alias", template: `"aliases": {"ALIAS-readers": {}}`},
	{name: "logsdb", template: `"settings": {"index.mode": "logsdb"}`},
	sameFor(templateCase{name: "no sequence numbers", newer: true, template: `"settings": {"index.disable_sequence_numbers": true}`, found: "index-differs", unfit: signingUp}, "index.disable_sequence_numbers"),
	sameFor(templateCase{name: "a time series", template: `"settings": {"index.mode": "time_series", "index.routing_path": ["id"]}, "mappings": {"properties": {"id": {"type": "keyword", "time_series_dimension": true}}}`}, "400"),
	sameFor(templateCase{name: "a data stream", template: `"settings": {}`, more: `"data_stream": {}`}, "400"),
	{name: "sorted", template: `"settings": {"index.sort.field": "key"}`},
	{name: "three shards", template: `"settings": {"index.number_of_shards": 3}`, found: "several-shards"},
	{name: "no writes", template: `"settings": {"index.blocks.write": true}`, found: "blocked"},
	{name: "read only", template: `"settings": {"index.blocks.read_only": true}`},
	{name: "hidden", template: `"settings": {"index.hidden": true}`},
	{name: "few fields", template: `"settings": {"index.mapping.total_fields.limit": 3}`},
	{name: "without refresh", template: `"settings": {"index.refresh_interval": "-1"}`, found: "refresh-off"},
	{name: "async", template: `"settings": {"index.translog.durability": "async"}`, found: "durability"},
}

// Whatever a template adds, no user and no hash is lost: Setup, Reindex and a migration
// refuse it and name it, or it does no harm.
func TestTemplates(t *testing.T) {
	all := servers(t)
	for _, s := range slices.Compact([]*server{all[0], all[len(all)-1]}) {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			for n, c := range templateCases {
				isNewer := s != all[0]
				if c.newer && !isNewer || isNewer && !c.newer && n%4 != 0 && soaking(0, 1) == 0 {
					continue
				}
				t.Run(c.name, func(t *testing.T) {
					t.Run("first", func(t *testing.T) { t.Parallel(); testTemplateFirst(t, s, c) })
					if n%2 == 1 || soaking(0, 1) == 1 { // otherwise one kind of copy of each template
						t.Run("reindex", func(t *testing.T) {
							t.Parallel()
							testTemplateCopy(t, s, c, (*templated).setUp, (*esstore.Store).Reindex)
						})
					}
					if n%2 == 0 || soaking(0, 1) == 1 {
						t.Run("migration", func(t *testing.T) {
							t.Parallel()
							testTemplateCopy(t, s, c, (*templated).setUpSecond, (*esstore.Store).Setup)
						})
					}
					if c.found != "" { // otherwise such an index can't be made, or does no harm
						t.Run("unprotected", func(t *testing.T) { t.Parallel(); testTemplateUnprotected(t, s, c) })
					}
				})
			}
		})
	}
}

// A templated is an installation with a template.
type templated struct {
	*patient
	templateCase
	url   string // of the template
	users []signup.User
	old   bool // the index has an older schema
}

func newTemplated(t *testing.T, s *server, c templateCase) *templated {
	p := &patient{T: t, client: s.client(t), alias: indexName(t)}
	p.index = p.alias + "-000001"
	p.store = esstore.New(p.client, &esstore.Options{Alias: p.alias})
	tt := &templated{patient: p, templateCase: c, url: "/_index_template/" + p.alias + "-x"}
	if c.legacy {
		tt.url = "/_template/" + p.alias + "-x"
	}
	return tt
}

// put makes the template.
func (p *templated) put() {
	p.Helper()
	body := fmt.Sprintf(`{"index_patterns": [%q], "priority": 400, "template": {%s}`, p.alias+"*", p.template)
	if p.legacy {
		body = fmt.Sprintf(`{"index_patterns": [%q], %s`, p.alias+"*", p.template)
	}
	if p.more != "" {
		body += ", " + p.more
	}
	body = strings.ReplaceAll(body+"}", "ALIAS", p.alias)
	if status, text := request(p.T, p.client, http.MethodPut, p.url, body); status != http.StatusOK {
		p.Fatalf("making the template: got status %d, want 200: %.300s", status, text)
	}
}

func (p *templated) remove() {
	p.Helper()
	if status, text := request(p.T, p.client, http.MethodDelete, p.url, ""); status != http.StatusOK && status != http.StatusNotFound {
		p.Errorf("deleting the template: got status %d, want 200: %.300s", status, text)
	}
}

// wantRefused checks an error that is about the template, or that there is none.
func (p *templated) wantRefused(err error, want string) {
	p.Helper()
	switch {
	case want == "" && err != nil:
		p.Fatalf("got the error %v, want none", err)
	case want != "" && err == nil:
		p.Fatalf("got no error, want one with %q", want)
	case want != "" && !strings.Contains(err.Error(), want):
		p.Errorf("got the error %v, want one with %q", err, want)
	case want != "" && !strings.Contains(err.Error(), p.alias+"-x"):
		p.Errorf("got the error %v, want one that names the template %s-x", err, p.alias)
	}
}

func testTemplateFirst(t *testing.T, s *server, c templateCase) {
	p := newTemplated(t, s, c)
	p.put()
	defer p.remove()
	err := p.store.Setup(t.Context())
	p.wantRefused(err, c.first)
	if err != nil {
		if l := layoutOf(t, p.client, p.alias); len(l.schemas) > 0 {
			t.Errorf("got the indices %v after a Setup that failed, want none", l.schemas)
		}
		p.remove()
		p.setUp()
	}
	p.populate(false)
	p.wantUsers()
	p.wantSearchable()
}

// testTemplateCopy makes the template between two calls.
func testTemplateCopy(t *testing.T, s *server, c templateCase, setUp func(*templated), call func(*esstore.Store, context.Context) error) {
	p := newTemplated(t, s, c)
	setUp(p)
	p.populate(p.old)
	p.put()
	defer p.remove()
	err := call(p.store, t.Context())
	p.wantRefused(err, c.copies)
	p.wantUsers()
	if err != nil {
		if l := layoutOf(t, p.client, p.alias); len(l.schemas) != 1 {
			t.Errorf("got the indices %v after a copy that was refused, want the old one alone", l.schemas)
		}
		p.remove()
		if err := call(p.store, t.Context()); err != nil {
			t.Fatalf("without the template: got the error %v, want none", err)
		}
	}
	if l := layoutOf(t, p.client, p.alias); len(l.schemas) != 1 || l.schemas[p.alias+"-000002"] != 3 {
		t.Errorf("got the schemas by index %v, want only %s-000002 with 3", l.schemas, p.alias)
	}
	p.wantUsers()
	p.wantSearchable()
}

// testTemplateUnprotected makes the index as a version did that didn't set what has a
// default. Check finds what is wrong. What would lose users is refused.
func testTemplateUnprotected(t *testing.T, s *server, c templateCase) {
	p := newTemplated(t, s, c)
	p.setUp()
	body := p.made(`"index.auto_expand_replicas": "0-1"`)
	p.send("DELETE /ALIAS-000001")
	p.put()
	defer p.remove()
	p.make(p.index, body)
	p.ready(p.index)
	codes := codesOf(p.check())
	if !slices.Contains(codes, c.found) {
		t.Errorf("got the findings %q, want %s among them", codes, c.found)
	}
	fresh := esstore.New(p.client, &esstore.Options{Alias: p.alias})
	u := newUser(1)
	if err := fresh.Create(t.Context(), &u); c.unfit == signingUp && (err == nil || !strings.Contains(err.Error(), "can't be used")) {
		t.Errorf("got %v from Create, want an error that says that the index can't be used", err)
	}
	if _, err := fresh.Import(t.Context(), sequence(newUser(2)), nil); c.unfit == signingUp && (err == nil || !strings.Contains(err.Error(), "can't be used")) {
		t.Errorf("got %v from Import, want an error that says that the index can't be used", err)
	}
	for _, err := range fresh.Search(t.Context(), signup.Query{}) {
		if c.unfit > nothing && (err == nil || !strings.Contains(err.Error(), "can't be searched")) {
			t.Errorf("got %v from Search, want an error that says that the index can't be searched", err)
		}
	}
	if _, err := fresh.Export(t.Context(), io.Discard, nil); c.unfit > nothing && err == nil {
		t.Error("got nil from Export, want an error")
	}
	err := fresh.Setup(t.Context())
	if c.unfit == signingUp && (err == nil || !strings.Contains(err.Error(), p.alias+"-x")) {
		t.Errorf("got %v from Setup, want an error that names the template %s-x", err, p.alias)
	}
	if c.unfit < signingUp && err != nil {
		t.Errorf("got %v from Setup, want nil", err)
	}
}

// setUpSecond makes the index as a version with schema 2 did.
func (p *templated) setUpSecond() {
	p.Helper()
	p.old = true
	p.send("PUT /ALIAS-000001\n" + fmt.Sprintf(schema2, p.alias, p.index+".own"))
}

// populate registers a user, or creates one if the index is old, creates another and imports a third, all with the
// password passphrase.
func (p *templated) populate(old bool) {
	p.Helper()
	ctx := p.Context()
	registered := newUser(0)
	hash, err := cheapHasher.Hash(passphrase)
	if err != nil {
		p.Fatal(err)
	}
	if registered.PasswordHash, registered.Active = hash, true; old { // such an index refuses what Register sets
		err = p.store.Create(ctx, &registered)
	} else {
		registered, err = p.accounts().Register(ctx, signup.Registration{Email: registered.Email, Password: passphrase})
	}
	if err != nil {
		p.Fatalf("the first user: got the error %v, want none", err)
	}
	made, imported := newUser(1), newUser(2)
	made.PasswordHash, imported.PasswordHash = registered.PasswordHash, registered.PasswordHash
	made.Active, imported.Active = true, true
	if err := p.store.Create(ctx, &made); err != nil {
		p.Fatalf("Create returned %v, want nil", err)
	}
	if sum, err := p.store.Import(ctx, sequence(imported), nil); err != nil || sum.Created != 1 {
		p.Fatalf("Import returned %+v, %v, want one that was created, nil", sum, err)
	}
	p.users = []signup.User{registered, made, imported}
}

func (p *templated) accounts() *signup.Accounts {
	return &signup.Accounts{Store: p.store, Hasher: cheapHasher, Policy: signup.AnyPassword}
}

// wantUsers checks that the users are as they were, and can log in.
func (p *templated) wantUsers() {
	p.Helper()
	for _, u := range p.users {
		if stored, err := p.store.Get(p.Context(), u.Key()); err != nil || !stored.Equal(u) {
			p.Errorf("Get returned %v, %v, want %v, nil", stored, err, u)
		}
		if stored, err := p.accounts().Authenticate(p.Context(), u.Email, passphrase); err != nil || stored.ID != u.ID {
			p.Errorf("Authenticate returned %v, %v, want %v, nil", stored, err, u)
		}
	}
}

// wantSearchable checks that searches find the users, and Check nothing that matters.
func (p *templated) wantSearchable() {
	p.Helper()
	if err := p.store.Refresh(p.Context()); err != nil {
		p.Fatalf("Refresh returned %v, want nil", err)
	}
	for _, q := range []esstore.Query{{}, {Query: signup.Query{EmailPrefix: "MIGRATED.1@"}}, {NameWords: "last 1"}, {Profile: map[string]string{"company": "Analytical Engines"}}} {
		want := map[string]int{"": 3, "MIGRATED.1@": 1}[q.EmailPrefix]
		switch {
		case q.NameWords != "":
			want = 1
		case q.Profile != nil:
			if want = 2; p.old {
				want = 3
			}
		}
		if ids := p.search(q); len(ids) != want {
			p.Errorf("Search of %+v found %d users, want %d", q, len(ids), want)
		}
	}
	for _, code := range codesOf(p.check()) {
		if !slices.Contains([]string{"security-off", "no-replica", p.found}, code) {
			p.Errorf("got the finding %s, want at most %s", code, p.found)
		}
	}
}
