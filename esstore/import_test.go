package esstore_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

// collect returns options by which the results of an import are appended to r.
func collect(r *[]esstore.ImportResult, opts esstore.ImportOptions) *esstore.ImportOptions {
	opts.Result = func(one esstore.ImportResult) { *r = append(*r, one) }
	return &opts
}

func wantSummary(t *testing.T, got, want esstore.ImportSummary) {
	t.Helper()
	if got != want {
		t.Errorf("got summary %+v, want %+v", got, want)
	}
}

// What is sent: creations, in requests that make no index, whose responses are
// no longer than need be.
func TestImportRequests(t *testing.T) {
	f := newFake(t, respond(200, bulkBody(itemBody("create", 409, "x"), itemDone("create", 201, "created", "ZTyh311aYLN2yGDL-NUWVCN87iQe53U2g8XEv-gfe0g"))),
		respond(200, docsBody(docBody(0, `{"id":"ID-1","key":"ada.qx@example.org","write_token":"another"}`))))
	second := newUser()
	second.SetKey("second@example.org", signup.EmailRule)
	if _, err := f.store().Import(t.Context(), sequence(newUser(), second), nil); err != nil {
		t.Fatal(err)
	}
	bulk, mget := f.calls[0], f.calls[1]
	if q := bulk.query; bulk.path != "/users/_bulk" || q.Get("require_alias") != "true" || q.Has("refresh") ||
		q.Get("filter_path") != "items.*.status,items.*.error.type,items.*.result,items.*._id,items.*._index" {
		t.Errorf("got the request %s, want another", bulk.uri)
	}
	lines := strings.Split(bulk.body, "\n")
	if len(lines) != 5 || lines[4] != "" || len(lines[0]) != len(`{"create":{"_id":""}}`)+43 ||
		!strings.HasPrefix(lines[0], `{"create":{"_id":"`) || !sameDocument(t, lines[1]) {
		t.Error("got other lines, want the action and the document")
	}
	if q := mget.query; mget.path != "/users/_mget" || q.Get("_source_includes") != "id,key,write_token" || q.Has("realtime") {
		t.Errorf("got the request %s, want another", mget.uri)
	}
	for _, c := range f.calls {
		for _, secret := range secrets {
			if strings.Contains(c.uri, secret) {
				t.Errorf("got a secret in the path %s, want none", c.path)
			}
		}
	}
}

// sameDocument reports whether text is the document of newUser, except for the token.
func sameDocument(t *testing.T, text string) bool {
	t.Helper()
	var got, want map[string]any
	mustUnmarshal(text, &got)
	mustUnmarshal(document, &want)
	if token, _ := got["write_token"].(string); len(token) < 26 {
		t.Errorf("got a write token of %d characters, want 26 at least", len(token))
	}
	delete(got, "write_token")
	delete(want, "write_token")
	want["key_rule"] = signup.EmailRule
	return reflect.DeepEqual(got, want)
}

// A user that can't be stored gets ErrInvalid without a request. The others are stored.
func TestImportInvalid(t *testing.T) {
	valid, noID, noKey, notText, long := newUser(), newUser(), newUser(), newUser(), newUser()
	noID.ID = ""
	noKey.Email = "no address"
	notText.FirstName = "\xff"
	long.FirstName = strings.Repeat("x", 1<<19)
	var results []esstore.ImportResult
	e := newElastic()
	users := []signup.User{noID, noKey, valid, notText, long}
	sum, err := esstore.New(e, nil).Import(t.Context(), sequence(users...), collect(&results, esstore.ImportOptions{BatchUsers: 4}))
	if err != nil {
		t.Fatal(err)
	}
	wantSummary(t, sum, esstore.ImportSummary{Read: 5, Created: 1, Invalid: 4})
	// Of two batches, either may end first.
	slices.SortFunc(results, func(a, b esstore.ImportResult) int { return int(a.N - b.N) })
	for i, r := range results {
		want := "ErrInvalid"
		if i == 2 {
			want = "nil"
		}
		wantOutcome(t, r.Err, want)
		wantNoSecret(t, r.Err)
		if r.N != int64(i) {
			t.Errorf("got in result %d the user %d, want the same number", i, r.N)
		}
	}
	if !slices.Equal(e.bulks, []int{1}) {
		t.Errorf("got requests with %v users, want others", e.bulks)
	}
}

// A batch has as many users, or bytes, as the options say.
func TestImportBatches(t *testing.T) {
	length := len(`{"create":{"_id":""}}`) + 43 + 1 // of the first line
	probe := newElastic()
	if _, err := esstore.New(probe, nil).Import(t.Context(), numbers(1), nil); err != nil {
		t.Fatal(err)
	}
	for _, d := range probe.docs {
		length += len(d.source) + 1
	}
	for _, c := range []struct {
		opts esstore.ImportOptions
		want []int
	}{
		{esstore.ImportOptions{}, []int{1000, 1000, 500}},
		{esstore.ImportOptions{BatchUsers: 1500}, []int{1500, 1000}},
		{esstore.ImportOptions{BatchBytes: 900 * length}, []int{900, 900, 700}},
		{esstore.ImportOptions{BatchBytes: 900*length + 1}, []int{901, 901, 698}},
		{esstore.ImportOptions{BatchBytes: 10 * length, BatchUsers: 2000}, nil},
	} {
		e := newElastic()
		c.opts.Workers = 1
		sum, err := esstore.New(e, nil).Import(t.Context(), numbers(2500), &c.opts)
		if err != nil {
			t.Fatal(err)
		}
		wantSummary(t, sum, esstore.ImportSummary{Read: 2500, Created: 2500})
		if c.want == nil {
			c.want = slices.Repeat([]int{10}, 250)
		}
		// IDs have one to four digits, so that the first ones are shorter.
		if len(e.bulks) != len(c.want) || abs(e.bulks[0]-c.want[0]) > 10 {
			t.Errorf("%+v: got requests with %v users, want %v", c.opts, e.bulks, c.want)
		}
	}
}

func abs(n int) int { return max(n, -n) }

// Where the server takes no such long request, shorter ones are sent, and soon no
// more that are too long.
func TestImportTooLong(t *testing.T) {
	e := newElastic()
	refused := 0
	const limit = 50_000
	store := esstore.New(transportFunc(func(r *http.Request) (*http.Response, error) {
		if r.ContentLength > limit {
			refused++
			return response(http.StatusRequestEntityTooLarge, ""), nil
		}
		return e.Perform(r)
	}), nil)
	var results []esstore.ImportResult
	sum, err := store.Import(t.Context(), numbers(20_000), collect(&results, esstore.ImportOptions{Workers: 1}))
	if err != nil {
		t.Fatal(err)
	}
	wantSummary(t, sum, esstore.ImportSummary{Read: 20_000, Created: 20_000})
	if refused == 0 || refused > 20 {
		t.Errorf("got %d refused requests, want another number", refused)
	}
	for i, r := range results {
		if r.N != int64(i) {
			t.Fatalf("got in result %d the user %d, want the same number", i, r.N)
		}
	}
}

// A transport may go on sending a request which the server has responded to early. What
// is sent then must not be the next batch.
func TestImportEarlyResponse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, first := newElastic(), true
		late := make(chan string)
		store := esstore.New(transportFunc(func(r *http.Request) (*http.Response, error) {
			if !first {
				return e.Perform(r)
			}
			first = false
			go func() {
				time.Sleep(time.Hour)
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				late <- string(body)
			}()
			return response(http.StatusServiceUnavailable, ""), nil
		}), nil)
		if _, err := store.Import(t.Context(), numbers(100), &esstore.ImportOptions{Workers: 1, BatchUsers: 1}); err != nil {
			t.Fatal(err)
		}
		if body := <-late; !strings.Contains(body, `"id":"ID-0"`) {
			t.Error("got another user in a late request, want the one of its batch")
		}
	})
}

func TestImportRefusesOptions(t *testing.T) {
	for _, opts := range []esstore.ImportOptions{{Workers: -1}, {BatchUsers: -1}, {BatchBytes: -1}} {
		_, err := newFake(t).store().Import(t.Context(), numbers(1), &opts)
		if err == nil || !strings.HasPrefix(err.Error(), "esstore: import: ") {
			t.Errorf("%+v: got error %v, want one of import", opts, err)
		}
	}
	_, err := esstore.New(nil, nil).Import(t.Context(), numbers(0), nil)
	if err == nil || err.Error() != "esstore: import: the transport is nil" {
		t.Errorf("got error %v, want another", err)
	}
}

// An import without users sends nothing.
func TestImportNoUsers(t *testing.T) {
	sum, err := newFake(t).store().Import(t.Context(), sequence(), &esstore.ImportOptions{
		Result:   func(esstore.ImportResult) { t.Error("got a call of Result, want none") },
		Progress: func(esstore.ImportSummary) { t.Error("got a call of Progress, want none") },
	})
	if err != nil {
		t.Fatal(err)
	}
	wantSummary(t, sum, esstore.ImportSummary{})
}

// Progress grows, and the last of it is the end.
func TestImportProgress(t *testing.T) {
	var all []esstore.ImportSummary
	sum, err := esstore.New(newElastic(), nil).Import(t.Context(), numbers(95), &esstore.ImportOptions{
		Workers: 3, BatchUsers: 10,
		Progress: func(s esstore.ImportSummary) { all = append(all, s) }, // which -race sees, were there two at once
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 10 || all[9] != sum {
		t.Fatalf("got %d calls, the last with %+v, want others", len(all), all[len(all)-1])
	}
	for i, s := range all[:9] {
		if s.Created < int64(10*i+5) || s.Created > s.Read {
			t.Errorf("got call %d with %+v, want another summary", i, s)
		}
	}
}

// How much memory an import takes doesn't depend on how many users there are.
func TestImportMemory(t *testing.T) {
	users := 20_000
	if os.Getenv("SIGNUP_TEST_SOAK") != "" {
		users = 1_000_000
	}
	const action = `{"create":{"_id":"`
	store := esstore.New(transportFunc(func(r *http.Request) (*http.Response, error) {
		var items []string
		lines := bufio.NewScanner(r.Body)
		for lines.Scan() {
			if id, ok := strings.CutPrefix(lines.Text(), action); ok {
				items = append(items, itemDone("create", 201, "created", id[:43]))
			}
		}
		return response(http.StatusOK, bulkBody(items...)), lines.Err()
	}), nil)
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	var early, most int64
	batches := 0
	sum, err := store.Import(t.Context(), numbers(users), &esstore.ImportOptions{BatchUsers: 500, Progress: func(esstore.ImportSummary) {
		switch batches++; {
		case batches == 8:
			early = heap()
		case batches > 8 && batches%max(8, users/500/20) == 0:
			most = max(most, heap())
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	wantSummary(t, sum, esstore.ImportSummary{Read: int64(users), Created: int64(users)})
	// 16,000 users would be more than that.
	if grown := most - early; most == 0 || grown > 1<<20 {
		t.Errorf("got a heap that has grown by %d bytes since %d users, want a constant one", grown, 8*500)
	} else {
		t.Attr("import_memory", fmt.Sprintf("%d users: live heap %d KiB after 4000, at most %d KiB later", users, early>>10, most>>10))
	}
}
