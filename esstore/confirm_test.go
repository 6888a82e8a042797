package esstore_test

import (
	"context"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup/esstore"
)

// What a GET shows of a write whose answer was lost may yet be lost, too. It
// counts when the write, sent again, is refused because it was made, or is made
// only now; after anything else the outcome is unknown.
func TestConfirmed(t *testing.T) {
	for name, c := range map[string]struct {
		write  write
		effect step
		now    step // the write is made now, as number 9
	}{
		"Create": {create, foundLast(0), done(http.StatusCreated, "created", 9)},
		"Update": {update, foundLast(1), done(http.StatusOK, "updated", 9)},
		"Delete": {remove, nothing, done(http.StatusOK, "deleted", 9)},
	} {
		again := []finding{
			{namedStep{"refused", conflict}, "nil"},
			{namedStep{"made now", c.now}, "nil"},
			{namedStep{"too many", tooMany}, unknown},
			{namedStep{"denied", denied}, unknown},
			{namedStep{"no index", noIndex}, unknown},
		}
		for _, open := range openAnswers {
			again = append(again, finding{open, unknown})
		}
		if name == "Delete" {
			again = append(again, finding{namedStep{"absent", absent}, "nil"})
		}
		for _, a := range again {
			t.Run(name+", "+a.name, func(t *testing.T) {
				f := newFake(t)
				u := newUser()
				if name != "Create" {
					u = f.stored(t)
				}
				f.then(hangUp, c.effect, a.step)
				before := clone(u)
				err := c.write(t.Context(), f.store(), &u)
				wantOutcome(t, err, a.want)
				if name != "Delete" {
					wantUser(t, u, before, err)
				}
				f.mu.Lock()
				defer f.mu.Unlock()
				if first, last := f.calls[len(f.calls)-3], f.calls[len(f.calls)-1]; first.uri != last.uri || first.body != last.body {
					t.Errorf("%s %s was sent again as %s", first.uri, first.body, last.uri)
				}
			})
		}
	}
}

// The write that confirms is bounded like the GET before it.
func TestConfirmingIsBounded(t *testing.T) {
	for name, write := range writes {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { testConfirmingIsBounded(t, name, write) })
		})
	}
}

func testConfirmingIsBounded(t *testing.T, name string, write write) {
	u := newUser()
	sent, body := 0, ""
	store := esstore.New(transportFunc(func(req *http.Request) (*http.Response, error) {
		sent++
		switch {
		case sent == 1:
			return response(http.StatusCreated, doneBody("created", 0)), nil
		case req.Method == http.MethodGet && name == "Delete":
			return response(http.StatusNotFound, `{"found":false}`), nil
		case req.Method == http.MethodGet:
			return response(http.StatusOK, `{"_index":"users-000001","_seq_no":1,"_primary_term":1,"found":true,"_source":`+body+`}`), nil
		}
		if req.Body != nil {
			text, err := io.ReadAll(req.Body)
			if err != nil {
				t.Error(err)
			}
			body = string(text)
		}
		<-req.Context().Done()
		return nil, req.Context().Err()
	}), nil)
	if err := store.Create(t.Context(), &u); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	start := time.Now()
	wantContextError(t, write(ctx, store, &u), context.DeadlineExceeded)
	if d := time.Since(start); d != 3*time.Second || sent != 4 {
		t.Errorf("it took %v and %d requests, instead of 3s and 4", d, sent)
	}
}
