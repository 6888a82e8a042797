package esstore_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

// Elasticsearch's responses about points in time, as versions 8.19.7 and 9.5.4 give
// them.
var (
	closed  = respond(http.StatusOK, `{"succeeded":true,"num_freed":1}`)
	expired = phaseFailed(http.StatusNotFound, "search_context_missing_exception")
	removed = phaseFailed(http.StatusServiceUnavailable, "no_shard_available_action_exception") // the index
)

func opened(pit string) step {
	return respond(http.StatusOK, fmt.Sprintf(`{"id":%q,"_shards":{"total":1,"successful":1,"skipped":0,"failed":0}}`, pit))
}

func phaseFailed(status int, kind string) step {
	return respond(status, fmt.Sprintf(`{"error":{"root_cause":[{"type":%q,"reason":"because"}],`+
		`"type":"search_phase_execution_exception","reason":"all shards failed","phase":"query","grouped":true,`+
		`"failed_shards":[{"shard":0,"reason":{"type":%q,"reason":"because"}}]},"status":%d}`, kind, kind, status))
}

// listed is the response to a search with users by number, and the id that the point in time
// has from now on.
func listed(pit string, numbers ...int) step {
	hits := make([]string, 0, len(numbers))
	for _, n := range numbers {
		hits = append(hits, hitBody(n))
	}
	return listedBody(pit, hits...)
}

func listedBody(pit string, hits ...string) step {
	return respond(http.StatusOK, fmt.Sprintf(`{"pit_id":%q,"took":1,"timed_out":false,`+
		`"_shards":{"total":1,"successful":1,"skipped":0,"failed":0},"hits":{"max_score":null,"hits":[%s]}}`, pit, strings.Join(hits, ",")))
}

func hitBody(n int) string {
	key := fmt.Sprintf("ada.qx%d@example.org", n)
	return fmt.Sprintf(`{"_index":"users-000001","_id":%q,"_score":null,"_source":{"id":"ID-%d","key":%q,"key_rule":"rule-qx",`+
		`"email_address":"Ada.Qx%d@Example.org","is_active":true,"created_at":"2014-12-06T22:55:00.123Z",`+
		`"updated_at":"2014-12-06T22:55:00.123Z"},"sort":[%d,%q,%d]}`,
		idOf(key), n, key, n, 9007199254740993+n, key, n)
}

// idOf returns the id of the document of key.
func idOf(key string) string {
	sum := sha256.Sum256([]byte(key))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// after is what a search begins with after user n.
func after(n int) string {
	return fmt.Sprintf(`[%d,"ada.qx%d@example.org"]`, 9007199254740993+n, n)
}

// list returns the numbers of the users of a whole sequence, and its error.
func list(t *testing.T, users iter.Seq2[signup.User, error]) (numbers []int, failed error) {
	t.Helper()
	for u, err := range users {
		if failed != nil {
			t.Fatalf("got another value after error %v, want none", failed)
		}
		if failed = err; err != nil {
			if u.ID != "" {
				t.Error("got a user with an error, want none")
			}
			continue
		}
		var n int
		if _, err := fmt.Sscanf(u.ID, "ID-%d", &n); err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, n)
	}
	return numbers, failed
}

func wantList(t *testing.T, users iter.Seq2[signup.User, error], want ...int) {
	t.Helper()
	if got, err := list(t, users); err != nil || !slices.Equal(got, want) {
		t.Errorf("got users %v, error %v, want %v", got, err, want)
	}
}

// searchBody is a request for a page.
type searchBody struct {
	Query   json.RawMessage
	Sort    json.RawMessage
	Size    int
	After   json.RawMessage `json:"search_after"`
	Exclude struct {
		Excludes []string
	} `json:"_source"`
	Track *bool `json:"track_total_hits"`
	PIT   struct {
		ID        string
		KeepAlive string `json:"keep_alive"`
	} `json:"pit"`
}

func searched(t *testing.T, c call) searchBody {
	t.Helper()
	wantCall(t, c, http.MethodPost, "/_search", url.Values{"allow_partial_search_results": {"false"}})
	var b searchBody
	decoder := json.NewDecoder(strings.NewReader(c.body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&b); err != nil {
		t.Fatal(err)
	}
	return b
}

func wantClosed(t *testing.T, c call, pit string) {
	t.Helper()
	wantCall(t, c, http.MethodDelete, "/_pit", nil)
	if want := fmt.Sprintf(`{"id":%q}`, pit); c.body != want {
		t.Errorf("got closed %s, want %s", c.body, want)
	}
}

// Each page is asked for with the point in time's newest id, after the last user.
// Neither hash nor token is fetched.
func TestSearchRequests(t *testing.T) {
	f := newFake(t, setUp, opened("A"), listed("B", 1, 2), listed("C", 3, 4), listed("D", 5), closed)
	store := f.store()
	wantList(t, store.SearchText(t.Context(), esstore.Query{PageSize: 2}), 1, 2, 3, 4, 5)

	wantCall(t, f.calls[0], http.MethodGet, lookPath, lookQuery)
	wantCall(t, f.calls[1], http.MethodPost, "/users/_pit", url.Values{"keep_alive": {"1m"}})
	for i, want := range []struct{ pit, after string }{{"A", ""}, {"B", after(2)}, {"C", after(4)}} {
		b := searched(t, f.calls[2+i])
		if b.PIT.ID != want.pit || b.PIT.KeepAlive != "1m" || string(b.After) != want.after || b.Size != 2 {
			t.Errorf("page %d: got %d of %v after %s, want 2 of %s after %s", i, b.Size, b.PIT, b.After, want.pit, want.after)
		}
		if !slices.Equal(b.Exclude.Excludes, []string{"write_token", "password", "security_stamp", "private"}) || b.Track == nil || *b.Track {
			t.Errorf("page %d: got excludes %q and track_total_hits %v, want the secret members and false", i, b.Exclude.Excludes, b.Track)
		}
	}
	wantClosed(t, f.calls[5], "D")

	// The next one needn't look at the index.
	f.then(opened("A"), listed("A"), closed)
	wantList(t, store.Search(t.Context(), signup.Query{}))
	if b := searched(t, f.calls[7]); b.Size != 1000 || string(b.Query) != `{"bool":{"filter":[],"must_not":{"term":{"placeholder":true}}}}` {
		t.Errorf("got a request for %d users with the query %s, want 1000 and all", b.Size, b.Query)
	}
}

// A listed user is as it is stored, except for the secrets and the Version. So no Update can
// store it without the hash.
func TestSearchedUser(t *testing.T) {
	id := strings.TrimPrefix(documentPath, "/_doc/")
	source := strings.NewReplacer(`"password":"$2a$04$hashqxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxy",`, "", `"security_stamp":"stampqx","private":"cHJpdmF0ZXF4AP8=","write_token":"T"`, `"x":1`).Replace(document)
	f := newFake(t, setUp, opened("A"), listedBody("A", fmt.Sprintf(`{"_id":%q,"_source":%s,"sort":[1,"x",0]}`, id, source)), closed)
	store := f.store()
	want := newUser()
	want.PasswordHash, want.SecurityStamp, want.Private = "", "", ""
	var listed []signup.User
	for u, err := range store.Search(t.Context(), signup.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		listed = append(listed, u)
	}
	for _, u := range listed {
		if !u.Equal(want) || u.Version != "" || u.Key() != want.Key() || u.KeyRule() != want.KeyRule() {
			t.Error("got another user, want the one that was stored")
		}
		f.then(respond(http.StatusOK, `{"_index":"users-000001","_id":"x","_seq_no":0,"_primary_term":1,"found":true,"_source":`+document+`}`))
		wantOutcome(t, store.Update(t.Context(), &u), "ErrConflict")
	}
	if len(listed) != 1 {
		t.Errorf("got %d users, want 1", len(listed))
	}
}

// However a listing ends, its point in time is closed by the newest id, before
// an error is returned.
func TestSearchCloses(t *testing.T) {
	for _, c := range []struct {
		name   string
		script []step // after the first page, of users 1 and 2
		stop   int    // break at this user
		cancel int    // the context, at this user
		want   string
		users  int
		pit    string
	}{
		{name: "at the end", script: []step{listed("C")}, users: 2, pit: "C"},
		{name: "at a break", stop: 1, users: 1, pit: "B"},
		{name: "at a break at a page's end", stop: 2, users: 2, pit: "B"},
		{name: "at a break at the last user", script: []step{listed("C", 3)}, stop: 3, users: 3, pit: "C"},
		{name: "at a context done in a page", cancel: 1, want: "context canceled", users: 1, pit: "B"},
		{name: "at a context done between pages", cancel: 2, want: "context canceled", users: 2, pit: "B"},
		{name: "at an error", script: []step{failed(http.StatusForbidden, "security_exception")}, want: "status 403, security_exception", users: 2, pit: "B"},
		{name: "at a cut answer", script: []step{hangUp}, want: "EOF", users: 2, pit: "B"},
		{name: "at a proxy's page", script: []step{page(http.StatusOK)}, want: "status 200, the response is not Elasticsearch's", users: 2, pit: "B"},
		{name: "at a proxy's 404", script: []step{page(http.StatusNotFound)}, want: "status 404", users: 2, pit: "B"},
		{name: "at another document", script: []step{listedBody("C", `{"_id":"x","_source":{"id":"x","key":"x"},"sort":[1,"x",0]}`)},
			want: "the response has a document that is not a user", users: 2, pit: "C"},
		{name: "at a document without a place", script: []step{listedBody("C", strings.Replace(hitBody(3), `"sort":[`, `"sort":[],"x":[`, 1))},
			want: "the response has a document that is not a user", users: 2, pit: "C"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFake(t, setUp, opened("A"), listed("B", 1, 2))
			f.then(append(c.script, closed)...)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			users := 0
			var failed error
			for _, err := range f.store().SearchText(ctx, esstore.Query{PageSize: 2}) {
				if err != nil {
					failed = err
					wantClosed(t, f.calls[len(f.calls)-1], c.pit)
					continue
				}
				if users++; users == c.cancel {
					cancel()
				}
				if users == c.stop {
					break
				}
			}
			if failed == nil != (c.want == "") || failed != nil && !strings.Contains(failed.Error(), c.want) {
				t.Errorf("got error %v, want %s", failed, c.want)
			}
			if c.cancel > 0 {
				wantContextError(t, failed, context.Canceled)
			}
			if users != c.users {
				t.Errorf("got %d users, want %d", users, c.users)
			}
			wantNoSecret(t, failed)
			wantClosed(t, f.calls[len(f.calls)-1], c.pit)
		})
	}
}

func TestSearchClosesAtPanic(t *testing.T) {
	f := newFake(t, setUp, opened("A"), listed("B", 1, 2), closed)
	func() {
		defer func() { _ = recover() }()
		for range f.store().Search(t.Context(), signup.Query{}) {
			panic("of the consumer's")
		}
	}()
	wantClosed(t, f.calls[3], "B")
}

// A context that is done while a page is asked for.
func TestSearchContextDoneDuring(t *testing.T) {
	f := newFake(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f.then(setUp, opened("A"), func(_ http.ResponseWriter, r *http.Request, _ []string) {
		cancel()
		<-r.Context().Done()
	}, closed)
	_, err := list(t, f.store().Search(ctx, signup.Query{}))
	wantContextError(t, err, context.Canceled)
	wantClosed(t, f.calls[3], "A")

	f = newFake(t) // which fails on any request
	_, err = list(t, f.store().Search(ctx, signup.Query{}))
	wantContextError(t, err, context.Canceled)
	wantContextError(t, f.store().Refresh(ctx), context.Canceled)

	f = newFake(t, setUp, opened("A"), listed("A"), closed) // and then on any request
	store := f.store()
	wantList(t, store.Search(t.Context(), signup.Query{}))
	_, err = list(t, store.Search(ctx, signup.Query{}))
	wantContextError(t, err, context.Canceled)
}

// Where the point in time is lost, a new one is taken, and the listing goes on after
// the last user.
func TestSearchGoesOn(t *testing.T) {
	for name, lost := range map[string]step{
		"expired":            expired,
		"index removed":      removed,
		"no such index":      noIndex,
		"a node disappeared": phaseFailed(http.StatusInternalServerError, "node_disconnected_exception"),
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, setUp, opened("A"), lost, closed, opened("B"), listed("B", 1, 2), lost, closed,
				opened("C"), lost, closed, opened("D"), listed("E", 3, 4), listed("F", 5), closed)
			wantList(t, f.store().SearchText(t.Context(), esstore.Query{PageSize: 2}), 1, 2, 3, 4, 5)
			for i, want := range map[int]struct{ pit, after string }{
				2: {"A", ""}, 5: {"B", ""}, 6: {"B", after(2)}, 9: {"C", after(2)}, 12: {"D", after(2)}, 13: {"E", after(4)},
			} {
				if b := searched(t, f.calls[i]); b.PIT.ID != want.pit || string(b.After) != want.after {
					t.Errorf("request %d: got %s after %s, want %s after %s", i, b.PIT.ID, b.After, want.pit, want.after)
				}
			}
			for i, pit := range map[int]string{3: "A", 7: "B", 10: "C", 14: "F"} {
				wantClosed(t, f.calls[i], pit)
			}
		})
	}
}

// But not without end.
func TestSearchGivesUp(t *testing.T) {
	f := newFake(t, setUp, opened("A"), listed("A", 1), expired, closed,
		opened("B"), expired, closed, opened("C"), expired, closed, opened("D"), expired, closed)
	numbers, err := list(t, f.store().SearchText(t.Context(), esstore.Query{PageSize: 1}))
	const want = "esstore: search: status 404, search_phase_execution_exception"
	if len(numbers) != 1 || err == nil || err.Error() != want {
		t.Errorf("got %d users, error %v, want %s", len(numbers), err, want)
	}

	f = newFake(t, setUp, opened("A"), listed("A", 1), removed, closed, noIndex)
	_, err = list(t, f.store().SearchText(t.Context(), esstore.Query{PageSize: 1}))
	if err == nil || !strings.HasSuffix(err.Error(), `(is the store set up?): "because"`) {
		t.Errorf("got error %v without an alias, want index_not_found_exception", err)
	}
}

// An error of any of the requests is returned once.
func TestSearchFails(t *testing.T) {
	busy := failed(http.StatusTooManyRequests, "es_rejected_execution_exception")
	for _, c := range []struct {
		name   string
		script []step
		want   string
		busy   bool
	}{
		{"nothing behind the alias", []step{empty}, "status 404, index_not_found_exception (is the store set up?)", false},
		{"an older schema", []step{mapped(map[string]string{"users-000001": strings.Replace(ours, `"schema":3`, `"schema":1`, 1)})},
			"the index users-000001 has the schema 1, and 3 is needed: call Setup first", false},
		{"a newer schema", []step{mapped(map[string]string{"users-000001": strings.Replace(ours, `"schema":3`, `"schema":99`, 1)})}, "has the schema 99", false},
		{"a look", []step{down}, "status 503, no_shard_available_action_exception", false},
		{"a proxy", []step{page(http.StatusOK)}, "the response is not Elasticsearch's", false},
		{"no point in time", []step{setUp, down}, "status 503, no_shard_available_action_exception", false},
		{"a proxy's point in time", []step{setUp, page(http.StatusOK)}, "status 200, the response is not Elasticsearch's", false},
		{"busy", []step{setUp, busy}, "status 429", true},
		{"busy later", []step{setUp, opened("A"), busy, closed}, "status 429", true},
		{"busy shard", []step{setUp, opened("A"), phaseFailed(http.StatusTooManyRequests, "es_rejected_execution_exception"), closed}, "status 429", true},
		{"closing", []step{setUp, opened("A"), listed("A", 1), down}, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFake(t, c.script...)
			_, err := list(t, f.store().Search(t.Context(), signup.Query{}))
			if err == nil != (c.want == "") || err != nil && (!strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "esstore: search: ")) {
				t.Errorf("got error %v, want %s", err, c.want)
			}
			if errors.Is(err, signup.ErrBusy) != c.busy {
				t.Errorf("error %v: got ErrBusy %t, want %t", err, !c.busy, c.busy)
			}
		})
	}
}

// An index of an older schema may be migrated while the program runs.
func TestSearchAfterMigration(t *testing.T) {
	f := newFake(t, mapped(map[string]string{"users-000001": strings.Replace(ours, `"schema":3`, `"schema":1`, 1)}),
		mapped(map[string]string{"users-000002": ours}), opened("A"), listed("A", 1), closed)
	store := f.store()
	if _, err := list(t, store.Search(t.Context(), signup.Query{})); err == nil {
		t.Error("got a search of the old index, want none")
	}
	wantList(t, store.Search(t.Context(), signup.Query{}), 1)
}

func TestErrorsOfSearchKeepSecrets(t *testing.T) {
	for _, status := range []int{200, 400, 403, 409, 429, 502} {
		for _, e := range echoes(status) {
			for stage, before := range map[string][]step{"look": {}, "opening": {setUp}, "page": {setUp, opened("A")}} {
				if stage == "opening" && status == 200 && e.name == "document itself" {
					continue // it has an id, as a point in time has
				}
				t.Run(fmt.Sprintf("%s, %d, %s", stage, status, e.name), func(t *testing.T) {
					f := newFake(t)
					f.stored(t)
					f.then(before...)
					f.then(e.step)
					if stage == "page" {
						f.then(closed)
					}
					_, err := list(t, f.store().Search(t.Context(), signup.Query{EmailPrefix: "ada.qx"}))
					if stage == "page" {
						wantNoSecret(t, err)
					} else if e.name != "reason" { // these requests have no user's data
						wantNoSecret(t, err, "because")
					}
					if err == nil && (stage != "look" || status != 200) {
						t.Error("got no error, want one")
					}
				})
			}
		}
	}
}

// An endlessBody has no end.
type endlessBody struct{}

func (endlessBody) Read(b []byte) (int, error) { return len(b), nil }

// A page that is longer than what is read is asked for again by half, and so are
// those that follow.
func TestSearchShrinksPage(t *testing.T) {
	f := newFake(t)
	var sizes []int
	fits := 1
	store := esstore.New(transportFunc(func(req *http.Request) (*http.Response, error) {
		if req.URL.Path != "/_search" {
			return f.Perform(req)
		}
		var b searchBody
		if err := json.NewDecoder(req.Body).Decode(&b); err != nil {
			t.Error(err)
		}
		if sizes = append(sizes, b.Size); b.Size > fits {
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(endlessBody{})}, nil
		}
		req.Body = http.NoBody
		return f.Perform(req)
	}), nil)
	f.then(setUp, opened("A"), listed("A", 1), listed("A", 2), listed("A"), closed)
	wantList(t, store.SearchText(t.Context(), esstore.Query{PageSize: 3}), 1, 2)
	if want := []int{3, 1, 1, 1}; !slices.Equal(sizes, want) {
		t.Errorf("got sizes %v, want %v", sizes, want)
	}

	fits = 0
	f.then(opened("A"), closed)
	_, err := list(t, store.SearchText(t.Context(), esstore.Query{PageSize: 1}))
	if err == nil || !strings.Contains(err.Error(), "the response is longer than") {
		t.Errorf("one user that is too long: got error %v, want one", err)
	}
}

// A sequence can be ranged over again, and nothing is sent before.
func TestSearchAgain(t *testing.T) {
	f := newFake(t)
	q := esstore.Query{PageSize: 1}
	users := f.store().SearchText(t.Context(), q)
	f.then(setUp, opened("A"), listed("A", 1), listed("A"), closed, opened("B"), listed("B", 2), listed("B"), closed)
	wantList(t, users, 1)
	wantList(t, users, 2)
	if b := searched(t, f.calls[6]); b.After != nil || b.PIT.ID != "B" {
		t.Errorf("got the second listing after %s, in %s, want the beginning", b.After, b.PIT.ID)
	}
	if !reflect.DeepEqual(q, esstore.Query{PageSize: 1}) {
		t.Error("got a changed query, want the same")
	}
}

func TestRefresh(t *testing.T) {
	refreshed := func(failed int) step {
		return respond(http.StatusOK, fmt.Sprintf(`{"_shards":{"total":2,"successful":%d,"failed":%d}}`, 2-failed, failed))
	}
	f := newFake(t, refreshed(0))
	if err := f.store().Refresh(t.Context()); err != nil {
		t.Errorf("got error %v from Refresh, want none", err)
	}
	wantCall(t, f.calls[0], http.MethodPost, "/users/_refresh", nil)
	for want, s := range map[string]step{
		"esstore: refresh: status 200, not all copies of the index have carried it out":               refreshed(1),
		"esstore: refresh: status 200, the response is not Elasticsearch's":                           page(http.StatusOK),
		"esstore: refresh: status 404, index_not_found_exception (is the store set up?): \"because\"": noIndex,
		"esstore: refresh: status 503, no_shard_available_action_exception: \"because\"":              down,
	} {
		f := newFake(t, s)
		if err := f.store().Refresh(t.Context()); err == nil || err.Error() != want {
			t.Errorf("got error %v, want %s", err, want)
		}
	}
}

// A hit of an index that isn't the Store's ends the listing with an error.
func TestSearchOfAnotherIndex(t *testing.T) {
	for index, want := range map[string]string{
		"users":          "users is an index, but must be an alias",
		"restored":       "must be named users- and a number",
		"users-events-1": "must be named users- and a number",
	} {
		page := respond(http.StatusOK, `{"pit_id":"A","hits":{"hits":[{"_index":"`+index+`",`+strings.TrimPrefix(ownHit, "{")+`]}}`)
		f := newFake(t, setUp, opened("A"), page, closed)
		_, err := list(t, f.store().Search(t.Context(), signup.Query{}))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("a hit of %s: got error %v, want %s", index, err, want)
		}
	}
}

// A search through an alias that leads to a part of the index is an error.
func TestSearchRefusesPartOfIndex(t *testing.T) {
	for name, property := range map[string]string{"a filter": `"filter":{"term":{"is_active":true}}`, "routing": `"search_routing":"1"`} {
		index := strings.Replace(unmarked, `"users":{}`, `"users":{`+property+`}`, 1)
		f := newFake(t, indices(map[string]string{"users-000001": index}))
		for _, err := range f.store().Search(t.Context(), signup.Query{}) {
			if err == nil || !strings.Contains(err.Error(), "has a filter or routing") {
				t.Errorf("%s: got %v from Search, want an error about it", name, err)
			}
		}
	}
}

// A user without an indexed key ends a listing with an error: nothing would be found
// after it.
func TestSearchOfUserWithoutKey(t *testing.T) {
	hit := strings.Replace(hitBody(1), `"sort":[`, `"sort":[null,null,`, 1)
	f := newFake(t, setUp, opened("A"), listedBody("A", hit), closed)
	n, last := 0, error(nil)
	for _, err := range f.store().Search(t.Context(), signup.Query{}) {
		n, last = n+1, err
	}
	if n != 1 || last == nil || !strings.Contains(last.Error(), "key is not indexed") {
		t.Errorf("got %d steps, last with %v, want 1 with an error about the key", n, last)
	}
}
