package esstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// A Finding is something that is wrong with an installation, and its cure. None
// of its texts has an address, a name or a hash of a user.
type Finding struct {
	// Code is for programs, and stays the same: see Check.
	Code string
	// Problem says what is wrong, and what it leads to.
	Problem string
	// Cure says what to do.
	Cure string
	// Request is the request that does it, as Kibana's console takes it: a line
	// with method and path, and, if there is one, a body after it. It is "" where
	// no request does, or where a person has to decide.
	Request string
}

// Check tells what is wrong with the installation, the gravest first; nothing:
// nil. It is for a person, or an alarm, not for every request: it makes four. It
// changes nothing, and takes an application's Role. What it can't see is a finding
// ("not-checked"), and it goes on; it is an error only if it could not look at
// all, or ctx was done.
//
// The codes, in order of gravity:
//
//	alias-is-index          there is an index where the alias should be
//	several-indices         the alias has more than one
//	foreign-index           its index was not made by this package
//	newer-schema            its index was made by a later version of this package
//	index-name              its index has no name that Setup gives
//	no-alias                there is no index behind the alias
//	alias-differs           the alias has a filter or routing, or takes no writes
//	closed                  the index is closed
//	unavailable             no copy of the index can be used
//	blocked                 the index refuses writes, or more; one finding a block
//	no-own-alias            Update and Delete fail for want of an alias
//	security-off            whoever reaches the server reads and writes all
//	lifecycle               a policy may delete the index, or stop its writes
//	mapping-differs         fields are mapped otherwise than by Setup
//	dynamic-mapping         fields that aren't declared are taken
//	too-many-fields         fields that aren't declared were taken
//	privileges              the user lacks one of Privileges; one finding each
//	pipeline                documents are changed on their way in
//	durability              a crash loses the writes of the last seconds
//	replica-missing         there are fewer copies than there should be
//	no-replica              there is a single copy
//	wait-for-active-shards  writes wait for copies that there may not be
//	several-shards          the index has more than one shard
//	older-schema            the index is to be migrated
//	migration-unfinished    a migration is under way, or was broken off
//	migration-leftover      a migration has left its old index, with all users
//	documents               there are documents that no Get finds
//	refresh-off             Search doesn't see what was written
//	result-window           Search can't have its longest pages
//	other-index             there is an index of the Store's that it doesn't use
//	not-checked             something couldn't be looked at
func (s *Store) Check(ctx context.Context) ([]Finding, error) {
	c := checkup{store: s}
	target := s.alias
	in, err := s.look(ctx, checkOp)
	f, _ := errors.AsType[*failure](err)
	switch {
	case err == nil:
		target = c.installation(in)
	case f.isBlocked():
		c.block(s.alias, "metadata")
		target = ""
	case f.status != http.StatusForbidden:
		return nil, err
	default:
		c.unseen("Aliases, mapping and settings", f)
	}
	for _, part := range []struct {
		name   string
		look   func(ctx context.Context, target string) *failure
		target bool // it needs one
	}{
		{"Privileges", c.privileges, false},
		{"How many copies of the index there are", c.copies, true},
		{"Documents", c.documents, true},
	} {
		if part.target && (target == "" || c.has("closed") || c.has("unavailable")) {
			continue
		}
		switch f := part.look(ctx, target); {
		case f == nil, f.isBlocked(): // which was told
		case f.status == 0:
			return nil, f
		default:
			c.unseen(part.name, f)
		}
	}
	slices.SortStableFunc(c.findings, func(a, b Finding) int {
		return slices.Index(gravity, a.Code) - slices.Index(gravity, b.Code)
	})
	return c.findings, nil
}

const checkOp = "check"

// gravity has the codes in the order of Check.
var gravity = strings.Fields(`
	alias-is-index several-indices foreign-index newer-schema index-name no-alias alias-differs
	closed unavailable blocked no-own-alias security-off lifecycle mapping-differs
	dynamic-mapping too-many-fields privileges pipeline durability replica-missing no-replica
	wait-for-active-shards several-shards older-schema migration-unfinished migration-leftover
	documents refresh-off result-window other-index not-checked`)

// A checkup collects findings.
type checkup struct {
	store    *Store
	expands  bool // the index makes replicas by itself
	window   int  // how many documents a search may return; 0: any number
	findings []Finding
}

func (c *checkup) add(code, problem, cure, request string) {
	c.findings = append(c.findings, Finding{code, problem, cure, request})
}

func (c *checkup) has(code string) bool {
	return slices.ContainsFunc(c.findings, func(f Finding) bool { return f.Code == code })
}

func (c *checkup) unseen(what string, f *failure) {
	why := strings.TrimPrefix(f.Error(), "esstore: "+checkOp+": ")
	c.add("not-checked", fmt.Sprintf("%s could not be looked at: %s.", what, why),
		"If a privilege is missing, which another finding tells, grant it; else see Elasticsearch's log. Then check again.", "")
}

// console returns a request as Kibana's console takes it.
func console(method, path string, body any) string {
	b, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return method + " " + path + "\n" + string(b)
}

func settingsRequest(index string, settings map[string]any) string {
	return console(http.MethodPut, "/"+index+"/_settings", settings)
}

func aliasRequest(actions ...map[string]any) string {
	return console(http.MethodPost, "/_aliases", map[string]any{"actions": actions})
}

// addWritten returns the action that makes alias one that is written to.
func addWritten(index, alias string) map[string]any {
	a := add(index, alias)
	a["add"].(map[string]any)["is_write_index"] = true
	return a
}

// privileges asks whether the user has those of an application.
func (c *checkup) privileges(ctx context.Context, _ string) *failure {
	all := Privileges()
	on := privilegesOn(c.store.alias, all)
	status, body, f := c.store.send(ctx, checkOp, esapi.SecurityHasPrivilegesRequest{
		Body: encoded(map[string]any{"index": []indexPrivileges{on}}), Instrument: c.store.instrument,
	})
	if f != nil && isUnhandled(f.status, body) {
		c.add("security-off",
			"Elasticsearch's security is turned off: whoever reaches the server reads and changes everybody's hashes, without a password.",
			"Turn it on (xpack.security.enabled, with TLS), and let the application log in as a user who has nothing but the role that Role returns.", "")
		return nil
	}
	if f != nil {
		return f
	}
	var ans struct{ Index map[string]map[string]bool }
	if json.Unmarshal(body, &ans) != nil {
		return &failure{op: checkOp, status: status, err: errNotElasticsearch}
	}
	for _, p := range all {
		var lacking []string
		for _, name := range on.Names {
			granted, told := ans.Index[name][p.Name]
			if !told {
				return &failure{op: checkOp, status: status, err: errNotElasticsearch}
			}
			if !granted {
				lacking = append(lacking, name)
			}
		}
		if lacking != nil {
			c.add("privileges",
				fmt.Sprintf("The user that the Store logs in as hasn't the privilege %s on %s. It is for: %s.", p.Name, strings.Join(lacking, " and "), p.For),
				"Give the user the role that Role returns, or, to call Setup where something is to be made, SetupRole.", "")
		}
	}
	return nil
}

// isUnhandled reports whether Elasticsearch knows no such request. That error is
// a text; others are objects.
func isUnhandled(status int, body []byte) bool {
	var ans struct{ Error *string }
	return slices.Contains([]int{http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed}, status) &&
		json.Unmarshal(body, &ans) == nil && ans.Error != nil
}

// copies counts those of the shards of target.
func (c *checkup) copies(ctx context.Context, target string) *failure {
	status, body, f := c.store.send(ctx, checkOp, esapi.IndicesStatsRequest{
		Index: []string{target}, Metric: []string{"docs"}, FilterPath: []string{"_shards"}, Instrument: c.store.instrument,
	})
	if f != nil {
		return f
	}
	var ans struct {
		Shards struct{ Total, Successful *int } `json:"_shards"`
	}
	if json.Unmarshal(body, &ans) != nil || ans.Shards.Total == nil || ans.Shards.Successful == nil {
		return &failure{op: checkOp, status: status, err: errNotElasticsearch}
	}
	const explain = " GET /_cluster/allocation/explain tells why."
	switch total, active := *ans.Shards.Total, *ans.Shards.Successful; {
	case total > 0 && active == 0:
		c.add("unavailable", fmt.Sprintf("No copy of %s can be used: a node is missing, or was started anew and isn't ready yet. Nothing works.", target),
			"Bring back the nodes that had it."+explain+" If they are lost, restore the users from a snapshot.", "")
	case active < total:
		request := ""
		cure := "It comes back with the node that had it, or, after a minute, on another that has none."
		if !c.expands && total == 2 && !c.has("several-shards") {
			cure = "If there is no second data node, let the index do without until there is. Else the replica comes back with the node that had it."
			request = expandRequest(target)
		}
		c.add("replica-missing", fmt.Sprintf("Of %d copies of %s, %d can be used. The next node that fails may take users with it.", total, target, active),
			cure+explain, request)
	}
	return nil
}

// sampleSize is how many documents Check looks at.
const sampleSize = 500

// documents looks for some that aren't where a Get looks for them.
func (c *checkup) documents(ctx context.Context, target string) *failure {
	lacks := func(field string) object {
		return object{"constant_score": object{"filter": object{"bool": object{
			"must_not": object{"exists": object{"field": field}},
		}}}}
	}
	size := sampleSize
	if c.window > 0 {
		size = min(size, c.window)
	}
	p, f := c.store.search(ctx, checkOp, target, object{
		"query": object{"bool": object{
			"must":   object{"match_all": object{"boost": 0}},
			"should": []any{lacks("key"), lacks("id")},
		}},
		"sort":             []any{"_score", object{"created_at": object{"order": "desc", "unmapped_type": "date"}}},
		"_source":          []string{"id", "key"},
		"track_total_hits": false,
	}, &size)
	if f != nil {
		return f
	}
	stray := 0
	for _, h := range p.Hits.Hits {
		var doc struct{ ID, Key string }
		if json.Unmarshal(h.Source, &doc) != nil || doc.ID == "" || h.ID != documentID(doc.Key) {
			stray++
		}
	}
	if stray > 0 {
		c.add("documents",
			fmt.Sprintf("Of %d documents of %s that were looked at (those without key or id, then the newest), %d aren't users as this package stores them: something else has written them. No Get finds them.", len(p.Hits.Hits), target, stray),
			"Find out what wrote them, and let no other user write. Those without key or id Store.Reindex leaves out; one that has another _id than that of its key is to be deleted (DELETE /"+target+"/_doc/…), and Create'd if it is somebody.", "")
	}
	return nil
}
