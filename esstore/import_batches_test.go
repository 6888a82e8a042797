package esstore_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

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
func TestImportEarlyAnswer(t *testing.T) {
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

// Of several users of one key the first one is stored, in whichever batches they
// are, and whatever becomes of the requests.
func TestImportFirstOfOneKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newElastic()
		store := esstore.New(troubled(e), nil)
		users := func(yield func(signup.User, error) bool) {
			for i := range 1000 {
				for j := range 3 {
					u := numbered(i)
					u.ID = fmt.Sprintf("%s of %d", u.ID, j)
					if !yield(u, nil) {
						return
					}
				}
			}
		}
		sum, err := store.Import(t.Context(), users, &esstore.ImportOptions{
			Workers: 8, BatchUsers: 7,
			Result: func(r esstore.ImportResult) {
				want := "ErrExists"
				if r.N%3 == 0 {
					want = "nil"
				}
				wantOutcome(t, r.Err, want)
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		wantSummary(t, sum, esstore.ImportSummary{Read: 3000, Created: 1000, Exists: 2000})
		for _, doc := range e.docs {
			if !strings.Contains(doc.source, ` of 0","key"`) {
				t.Error("got another user stored, want the first")
			}
		}
	})
}
