package integration

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gosignup/signup/esstore"
)

// standInLacks has the guide's requests that a stand-in image refuses, by their
// first lines, and why it does.
var standInLacks = map[string]string{
	"PUT /_security/role/signup":       "the index of roles and users needs the token filter pattern_capture",
	"PUT /_security/role/signup-setup": "the index of roles and users needs the token filter pattern_capture",
	"POST /_security/user/signup":      "the index of roles and users needs the token filter pattern_capture",
	"POST /_security/api_key":          "API keys are in the index of roles and users",
	"PUT /_slm/policy/users":           "there is no snapshot lifecycle management",
}

// guideSections has a function for each section of the guide with requests. It
// prepares an installation, and sends the section's requests in their order.
var guideSections = map[string]func(g *guided){
	"Set up":               guideSetUp,
	"Privileges":           guidePrivileges,
	"Check":                guideCheck,
	"Search delay":         guideSearchDelay,
	"Migration":            guideMigration,
	"Snapshot and restore": func(g *guided) { testSnapshot(g, false) },
	"Import and export":    guideImport,
}

// TestGuide sends every request of the operator's guide, in the guide's order.
func TestGuide(t *testing.T) {
	doc := readGuide(t)
	for first := range standInLacks {
		if !slices.ContainsFunc(doc.requests, func(r guideRequest) bool { return r.first() == first }) {
			t.Errorf("standInLacks has %q, want a request of the guide", first)
		}
	}
	all := servers(t)
	if len(all) > 1 {
		all = all[1:] // those with security
	}
	for _, s := range all {
		t.Run(s.Name, func(t *testing.T) {
			for _, section := range doc.sections() {
				t.Run(section, func(t *testing.T) {
					send := guideSections[section]
					if send == nil {
						t.Fatalf("section %q of the guide has requests, want a function in guideSections", section)
					}
					g := newGuided(t, s, section)
					send(g)
					for _, r := range g.left {
						t.Errorf("the test of section %q doesn't send %q, want every request sent", section, r.first())
					}
				})
			}
		})
	}
}

// A guideBlock is a fenced block of the guide.
type guideBlock struct {
	section string // the heading of level 2 above it
	line    int    // of its fence, from 1
	kind    string // what follows the fence: console, go or sh
	text    string // without the indentation of its fence
}

// A guideRequest is a request of a console block.
type guideRequest struct{ section, text string }

// first returns the line with method and path.
func (r guideRequest) first() string {
	line, _, _ := strings.Cut(r.text, "\n")
	return line
}

// A guideText is what the tests read of the guide.
type guideText struct {
	text     string
	blocks   []guideBlock
	requests []guideRequest
}

var (
	isRequest = regexp.MustCompile(`^(GET|HEAD|POST|PUT|DELETE) /`)
	inProse   = regexp.MustCompile("`(GET|HEAD|POST|PUT|DELETE) /")
)

// readGuide reads the operator's guide. It fails the test if something in it may be
// a request or a program that the tests don't find.
func readGuide(t *testing.T) guideText {
	t.Helper()
	const name = "../../docs/elasticsearch.md"
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	g := guideText{text: string(b)}
	section, open, indent := "", false, ""
	for n, line := range strings.Split(g.text, "\n") {
		trimmed := strings.TrimLeft(line, " ")
		switch {
		case strings.HasPrefix(trimmed, "```"):
			if open = !open; open {
				indent = line[:len(line)-len(trimmed)]
				g.blocks = append(g.blocks, guideBlock{section: section, line: n + 1, kind: trimmed[len("```"):]})
			}
		case open:
			last := &g.blocks[len(g.blocks)-1]
			last.text += strings.TrimPrefix(line, indent) + "\n"
		case strings.HasPrefix(line, "## "):
			section = line[len("## "):]
		case inProse.MatchString(line):
			t.Errorf("%s:%d has a request in its prose, want it in a console block", name, n+1)
		}
	}
	for _, block := range g.blocks {
		switch block.kind {
		case "go", "sh":
		case "console":
			requests := 0
			for line := range strings.Lines(block.text) {
				if isRequest.MatchString(line) {
					requests++
					g.requests = append(g.requests, guideRequest{section: block.section})
				}
				if requests > 0 {
					g.requests[len(g.requests)-1].text += line
				}
			}
			if requests == 0 {
				t.Errorf("%s:%d: got a console block without a request, want one in each", name, block.line)
			}
		default:
			t.Errorf("%s:%d: a block of kind %q, want console, go or sh", name, block.line, block.kind)
		}
	}
	for n := range g.requests {
		g.requests[n].text = strings.TrimSpace(g.requests[n].text)
	}
	return g
}

// sections returns the headings of the sections with requests, in order.
func (g guideText) sections() (headings []string) {
	for _, r := range g.requests {
		if !slices.Contains(headings, r.section) {
			headings = append(headings, r.section)
		}
	}
	return headings
}

// guided is an installation that is treated as a section of the guide says.
type guided struct {
	*patient
	server *server
	left   []guideRequest // of the section
}

func newGuided(t *testing.T, s *server, section string) *guided {
	g := &guided{patient: newPatient(t, s), server: s}
	for _, r := range readGuide(t).requests {
		if r.section == section {
			g.left = append(g.left, r)
		}
	}
	if len(g.left) == 0 {
		t.Fatalf("section %q of the guide: got no requests, want some", section)
	}
	return g
}

// next returns the section's next request for this installation. Its first line in
// the guide begins with begin. Each pair of replace is what stands in the guide for
// something that differs, and what to send.
func (g *guided) next(begin string, replace ...string) (r guideRequest, text string) {
	g.Helper()
	if len(g.left) == 0 || !strings.HasPrefix(g.left[0].text, begin) {
		g.Fatalf("the next request of the guide is %q, want %q", g.left, begin)
	}
	r, g.left = g.left[0], g.left[1:]
	names := append(replace, "users", g.alias, "backup", g.alias, "/signup", "/"+g.alias, `"signup`, `"`+g.alias)
	return r, strings.NewReplacer(names...).Replace(r.text)
}

// follow sends the section's next request (see next) and returns the response. It
// fails the test if Elasticsearch refuses the request, except if the server is a
// stand-in that lacks what the request needs. It reports whether the request was
// accepted.
func (g *guided) follow(begin string, replace ...string) (response string, ok bool) {
	g.Helper()
	r, text := g.next(begin, replace...)
	why, lacking := standInLacks[r.first()]
	if !lacking {
		return g.send(text), true
	}
	status, response := g.try(text)
	switch refused := status >= 300; {
	case refused && (g.server.StandIn || onGivenServer()): // which may be a stand-in
		g.Logf("not tested on a stand-in: %s: %s", r.first(), why)
	case refused:
		g.Errorf("%s: got %d %s, want it accepted", r.first(), status, response)
	case g.server.StandIn:
		g.Errorf("a stand-in accepts %s: remove it from standInLacks", r.first())
	}
	return response, status < 300
}

// try sends a request as Kibana's console takes it.
func (g *guided) try(text string) (status int, response string) {
	g.Helper()
	line, body, _ := strings.Cut(text, "\n")
	method, path, _ := strings.Cut(line, " ")
	return request(g.T, g.client, method, path, body)
}

// guideSetUp excludes the index from a template that would lose hashes.
func guideSetUp(g *guided) {
	g.send("PUT /_index_template/ALIAS-loses\n" +
		`{"index_patterns": ["ALIAS-0*"], "priority": 500, "template": {"mappings": {"_source": {"excludes": ["password"]}}}}`)
	defer g.send("DELETE /_index_template/ALIAS-loses")
	if err := g.store.Reindex(g.Context()); err == nil || !strings.Contains(err.Error(), g.alias+"-loses applies") {
		g.Errorf("Reindex returned %v, want an error that names the template", err)
	}
	g.follow("PUT /_index_template/users-plain")
	defer g.send("DELETE /_index_template/ALIAS-plain")
	if err := g.store.Reindex(g.Context()); err != nil {
		g.Errorf("Reindex returned %v, want nil", err)
	}
	g.works()
}

func guidePrivileges(g *guided) {
	password := strings.Repeat("x", 20)
	for _, r := range []struct{ begin, remove string }{
		{"PUT /_security/role/signup\n", "DELETE /_security/role/ALIAS"},
		{"PUT /_security/role/signup-setup\n", "DELETE /_security/role/ALIAS-setup"},
		{"POST /_security/user/signup\n", "DELETE /_security/user/ALIAS"},
		{"POST /_security/api_key\n", "DELETE /_security/api_key\n" + `{"name": "ALIAS"}`},
	} {
		if _, ok := g.follow(r.begin, "…", password); ok {
			defer g.send(r.remove)
		}
	}
}

func guideCheck(g *guided) {
	base := codesOf(g.check())
	g.set(`"index.blocks.read_only_allow_delete": true`)
	if codes := codesOf(g.check()); !slices.Contains(codes, "blocked") {
		g.Errorf("Check found %q, want blocked", codes)
	}
	if disks, _ := g.follow("GET /_cat/allocation"); !strings.Contains(disks, "disk.percent") {
		g.Errorf("got %q, want the use of each disk", disks)
	}
	g.follow("PUT /users/_settings")
	if codes := codesOf(g.check()); !slices.Equal(codes, base) {
		g.Errorf("afterwards Check found %q, want %q", codes, base)
	}
	g.works()
}

func guideSearchDelay(g *guided) {
	g.follow("PUT /users/_settings")
	if settings := g.send("GET /ALIAS-000001/_settings/index.refresh_interval?flat_settings=true"); !strings.Contains(settings, `"10s"`) {
		g.Errorf("the settings are %s, want an interval of 10s", settings)
	}
	g.works()
}

// guideMigration aborts a Reindex that was killed in its cutover.
func guideMigration(g *guided) {
	base := codesOf(g.check())
	if sizes, _ := g.follow("GET /_cat/indices/"); !strings.Contains(sizes, g.index) {
		g.Errorf("got %q, want the size of %s", sizes, g.index)
	}
	g.follow("GET /_cat/allocation")
	g.killReindex()

	progress, _ := g.follow("GET /users-*/_mapping")
	if !strings.Contains(progress, `"copied":`) || !strings.Contains(progress, `"beat":`) {
		g.Errorf("the progress is %s, want copied and beat", progress)
	}
	if blocks, _ := g.follow("GET /users/_settings/"); !strings.Contains(blocks, `"index.blocks.write":"true"`) {
		g.Errorf("the blocks are %s, want index.blocks.write", blocks)
	}
	aliases, _ := g.follow("GET /_cat/aliases/")
	lease := regexp.MustCompile(regexp.QuoteMeta(g.index) + `\.source-(\w+)`).FindStringSubmatch(aliases)
	if lease == nil || !strings.Contains(aliases, g.alias+"-000002.copy-"+lease[1]) {
		g.Fatalf("the aliases are %s, want a lease", aliases)
	}
	abort := g.left[0].text
	g.follow("POST /_aliases", "TOKEN", lease[1])
	if status, _ := g.try("GET /" + g.alias + "-000002"); status != http.StatusNotFound {
		g.Errorf("the copy: got status %d, want 404", status)
	}
	g.follow("PUT /users-000001/_settings")
	if codes := codesOf(g.check()); !slices.Equal(codes, base) {
		g.Errorf("afterwards Check found %q, want %q", codes, base)
	}
	g.works()

	// After the cutover the same request is refused.
	g.reindex()
	abort = strings.NewReplacer("users-000002", g.alias+"-000002", "users-000001", g.alias+"-000001", "TOKEN", lease[1]).Replace(abort)
	if status, response := g.try(abort); status != http.StatusNotFound {
		g.Errorf("aborting after the cutover: got %d %s, want 404", status, response)
	}
	if u, err := g.store.Get(g.Context(), g.user.Key()); err != nil || !u.Equal(g.user) {
		g.Errorf("the user is %v, %v, want it unchanged", u, err)
	}
}

// killReindex starts a Reindex, and kills it when writes are refused.
func (g *guided) killReindex() {
	g.Helper()
	ctx, kill := context.WithCancel(g.Context())
	defer kill()
	dying := perform(func(r *http.Request) (*http.Response, error) {
		if ctx.Err() != nil {
			return nil, errKilled
		}
		res, err := g.client.Perform(r)
		if strings.HasSuffix(r.URL.Path, "/_block/write") {
			kill()
		}
		return res, err
	})
	err := esstore.New(dying, &esstore.Options{Alias: g.alias}).Reindex(ctx)
	if ctx.Err() == nil {
		g.Fatalf("Reindex returned %v, want it killed", err)
	}
	// It ends before its first heartbeat, so there is none.
	g.send("PUT /ALIAS-000002/_mapping\n" + fmt.Sprintf(
		`{"_meta": {"signup": {"schema": %d, "from": %q, "reduced": true, "copied": 0, "beat": 1}}}`, schemaOf(g), g.index))
}

// schemaOf returns the schema of the installation's index.
func schemaOf(g *guided) int { return layoutOf(g.T, g.client, g.alias).schemas[g.index] }

// guideImport refuses writes, exports the users, and accepts writes again.
func guideImport(g *guided) {
	g.follow("PUT /users/_block/write")
	if codes := codesOf(g.check()); !slices.Contains(codes, "blocked") {
		g.Errorf("Check found %q, want blocked", codes)
	}
	var lines bytes.Buffer
	if n, err := g.store.Export(g.Context(), &lines, nil); n != 1 || err != nil {
		g.Errorf("Export returned %d, %v, want 1 user", n, err)
	}
	g.follow("PUT /users/_settings")
	g.works()
}
