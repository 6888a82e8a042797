package esstore_test

import (
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

// A reply returns the response to a request of an import of newUser. sent is the
// document that was sent last.
type reply func(sent string) step

func says(s step) reply { return func(string) step { return s } }

// item is the response to a bulk request with one write.
func item(status int, kind string) reply {
	return says(respond(http.StatusOK, bulkBody(itemBody("create", status, kind))))
}

// holds is the response with the holder of the address: the user that was sent,
// except that these fields have other values.
func holds(fields map[string]any) reply {
	return func(sent string) step {
		return respond(http.StatusOK, docsBody(docBody(3, changedDocument(sent, fields))))
	}
}

// How a user's import may end, whatever happened to it before.
func TestImportOutcomes(t *testing.T) {
	const (
		isCreated = "created"
		isPresent = "present"
		isFailed  = "failed" // and the import goes on
		isEnd     = "end"    // of the import
		diverted  = "esstore: import: status 200, the document was not written, or under another id (does the index have an ingest pipeline?)"
	)
	var (
		made      = item(201, "")
		refused   = item(409, "version_conflict_engine_exception")
		own       = holds(nil)
		same      = holds(map[string]any{"write_token": "another", "first_name": "Augusta"})
		other     = holds(map[string]any{"write_token": "another", "id": "ID-1"})
		gone      = says(respond(200, docsBody(`{"_index":"users-000001","_id":"x","found":false}`)))
		confirmed = says(respond(200, bulkBody(itemBody("index", 200, ""))))
		outdated  = says(respond(200, bulkBody(itemBody("index", 409, "version_conflict_engine_exception"))))
		lost      = says(hangUp)
	)
	for _, c := range []struct {
		name   string
		script []reply
		want   string // or a signup error's name
		text   string // of the error
	}{
		{"created", []reply{made}, isCreated, ""},
		{"the address is another's", []reply{refused, other}, "ErrExists", "esstore: import: signup: address already registered"},
		{"present", []reply{refused, same}, isPresent, ""},
		{"an item too many", []reply{item(429, "es_rejected_execution_exception"), made}, isCreated, ""},
		{"a request too many", []reply{says(failed(429, "es_rejected_execution_exception")), made}, isCreated, ""},
		{"a circuit breaker", []reply{says(failed(429, "circuit_breaking_exception")), made}, isCreated, ""},
		{"no primary", []reply{item(503, "unavailable_shards_exception"), made}, isCreated, ""},
		{"no master", []reply{says(failed(503, "master_not_discovered_exception")), made}, isCreated, ""},
		{"a proxy's page", []reply{says(page(502)), made}, isCreated, ""},
		{"a proxy's page as success", []reply{says(page(200)), made}, isCreated, ""},
		{"an empty page", []reply{says(respond(200, "")), made}, isCreated, ""},
		{"no item", []reply{says(respond(200, bulkBody())), made}, isCreated, ""},
		{"an item more", []reply{says(respond(200, bulkBody(itemBody("create", 201, ""), itemBody("create", 201, "")))), made}, isCreated, ""},
		{"an item without status", []reply{says(respond(200, bulkBody(`{"create":{}}`))), made}, isCreated, ""},
		{"half an answer", []reply{says(truncated(200, bulkBody(itemBody("create", 201, "")))), refused, own, confirmed}, isCreated, ""},
		{"a write block", []reply{item(403, "cluster_block_exception"), made}, isCreated, ""},
		{"a write block for the request", []reply{says(failed(403, "cluster_block_exception")), made}, isCreated, ""},
		{"a lost answer", []reply{lost, refused, own, confirmed}, isCreated, ""},
		{"a lost answer, present before", []reply{lost, refused, same}, isPresent, ""},
		{"a lost answer, and lost again", []reply{lost, refused, own, lost, own, confirmed}, isCreated, ""},
		{"a lost answer, and changed meanwhile", []reply{lost, refused, own, outdated, same}, isPresent, ""},
		{"a lost answer, and the write is lost", []reply{lost, refused, own, outdated, gone, made}, isCreated, ""},
		// What a copy shows that lags is asked for once more.
		{"a lost answer, and a copy that lags", []reply{lost, refused, other, refused, own, confirmed}, isCreated, ""},
		{"a lost answer, and another's", []reply{lost, refused, other, refused, other}, "ErrExists", ""},
		{"an error, and another's", []reply{item(500, "exception"), refused, other, refused, other}, "ErrExists", ""},
		{"the holder is gone", []reply{refused, gone, made}, isCreated, ""},
		{"the holder is gone, and another comes", []reply{refused, gone, refused, other}, "ErrExists", ""},
		{"the holder can't be read", []reply{refused, says(failed(503, "exception")), other}, "ErrExists", ""},
		{"the holder's shard can't be read", []reply{
			refused, says(respond(200, docsBody(`{"_index":"users-000001","_id":"x","error":{"type":"exception","reason":"because"}}`))),
			other,
		}, "ErrExists", ""},
		{"the holders are a page", []reply{refused, says(page(200)), other}, "ErrExists", ""},
		{"the holders are too many", []reply{refused, says(respond(200, docsBody())), other}, "ErrExists", ""},

		{"dropped by a pipeline", []reply{says(respond(200, bulkBody(itemDone("create", 200, "noop", newUserID))))}, isFailed, diverted},
		{"written elsewhere by a pipeline", []reply{says(respond(200, bulkBody(itemDone("create", 201, "created", "x"))))}, isFailed, "esstore: import: status 201, the document was not written, or under another id (does the index have an ingest pipeline?)"},
		{"no result", []reply{says(respond(200, bulkBody(`{"create":{"_id":"`+newUserID+`","status":201}}`)))}, isFailed, ""},
		{"no id", []reply{says(respond(200, bulkBody(`{"create":{"result":"created","status":201}}`)))}, isFailed, ""},
		{"updated", []reply{says(respond(200, bulkBody(itemDone("create", 200, "updated", newUserID))))}, isFailed, diverted},
		{"a lost answer, and the confirmation dropped", []reply{lost, refused, own, says(respond(200, bulkBody(itemDone("index", 200, "noop", newUserID))))}, isFailed, diverted},
		{"refused by the mapping", []reply{item(400, "document_parsing_exception")}, isFailed, "esstore: import: status 400, document_parsing_exception"},
		{"a type that is the address", []reply{item(400, "ada.qx@example.org")}, isFailed, "esstore: import: status 400"},
		{"too long", []reply{says(page(413))}, isFailed, "esstore: import: status 413"},
		{"the holder is another's document", []reply{refused, holds(map[string]any{"key": "example.org"})}, isFailed, ""},
		{"a holder without an ID", []reply{refused, holds(map[string]any{"id": ""})}, isFailed, ""},

		{"a full disk", []reply{item(429, "cluster_block_exception")}, isEnd, "esstore: import: status 429, cluster_block_exception"},
		{"a full disk for the request", []reply{says(failed(429, "cluster_block_exception"))}, isEnd, ""},
		{"not set up", []reply{item(404, "index_not_found_exception")}, isEnd, "esstore: import: status 404, index_not_found_exception (is the store set up?)"},
		{"no privilege", []reply{item(403, "security_exception")}, isEnd, "esstore: import: status 403, security_exception"},
		{"no privilege at all", []reply{says(failed(403, "security_exception"))}, isEnd, ""},
		{"no privilege to read", []reply{refused, says(failed(403, "security_exception"))}, isEnd, ""},
		{"not logged in", []reply{says(failed(401, "security_exception"))}, isEnd, ""},
		{"a proxy's refusal", []reply{says(page(400))}, isEnd, ""},
		{"elsewhere", []reply{says(page(301))}, isEnd, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFake(t)
			for _, r := range c.script {
				f.then(func(w http.ResponseWriter, req *http.Request, writes []string) {
					f.mu.Lock()
					sent := strings.Split(f.calls[0].body, "\n")[1]
					f.mu.Unlock()
					r(sent)(w, req, writes)
				})
			}
			if c.want != isEnd {
				// The next one.
				f.then(respond(200, bulkBody(itemDone("create", 201, "created", "oI1Q5nL8koeccJpo5LE7iDT8xKNYHG6h_R89XCVj_4k"))))
			}
			var results []esstore.ImportResult
			users := []signup.User{newUser(), numbered(1)}
			sum, err := f.store().Import(t.Context(), sequence(users...), collect(&results, esstore.ImportOptions{Workers: 1, BatchUsers: 1}))
			if len(results) != 2 || results[0].N != 0 || !reflect.DeepEqual(results[0].User, users[0]) {
				t.Fatalf("got %d results, want one for each user", len(results))
			}
			r := results[0]
			wantNoSecret(t, r.Err)
			if c.text != "" && (r.Err == nil || r.Err.Error() != c.text) {
				t.Errorf("got result %v, want %s", r.Err, c.text)
			}
			want := esstore.ImportSummary{Read: 2, Created: 1}
			switch c.want {
			case isCreated:
				wantOutcome(t, r.Err, "nil")
				want.Created++
			case isPresent:
				wantOutcome(t, r.Err, "nil")
				want.Present++
			case isFailed:
				wantOutcome(t, r.Err, unknown)
				want.Failed++
			case isEnd:
				wantOutcome(t, r.Err, unknown)
				want.Created, want.Failed = 0, 2
			default:
				wantOutcome(t, r.Err, c.want)
				want.Exists++
			}
			wantSummary(t, sum, want)
			if r.Present != (want.Present == 1) || (results[1].Err == nil) != (want.Created > 0) {
				t.Errorf("got Present %t, error %v for the next user, want others", r.Present, results[1].Err)
			}
			if (err != nil) != (want.Failed > 0) || err != nil && err != r.Err {
				t.Errorf("got error %v from Import, want another", err)
			}
		})
	}
}
