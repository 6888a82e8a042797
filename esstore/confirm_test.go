package esstore_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup/esstore"
)

// What a GET shows of a write whose response was lost may yet be lost, too. It
// counts when the document could be written once more in its own place; after
// anything else the outcome is unknown.
func TestConfirmed(t *testing.T) {
	made := done(http.StatusOK, "updated", 9)
	for name, c := range map[string]struct {
		write write
		seqNo int // of what is found
	}{"Create": {createUser, 0}, "Update": {updateUser, 1}} {
		found := foundLast(c.seqNo)
		tests := []struct {
			name   string
			script []step
			want   string
		}{
			{"made", []step{made}, "nil"},
			{"made, but not answered", []step{conflict, foundLast(8), made}, "nil"},
			{"another write came between", []step{conflict, foundChanged}, unknown},
			{"another user has the address", []step{conflict, foundAnother}, unknown},
			{"it was lost", []step{conflict, nothing}, unknown},
			{"it can't be read again", []step{conflict, down}, unknown},
			{"too many", []step{tooMany}, unknown},
			{"denied", []step{denied}, unknown},
			{"no index", []step{noIndex}, unknown},
		}
		for _, open := range openResponses {
			tests = append(tests, struct {
				name   string
				script []step
				want   string
			}{open.name, []step{open.step}, unknown})
		}
		for _, test := range tests {
			t.Run(name+", "+test.name, func(t *testing.T) {
				f := newFake(t)
				u := newUser()
				if name == "Update" {
					u = f.stored(t)
				}
				before := clone(u)
				f.then(append([]step{hangUp, found}, test.script...)...)
				err := c.write(t.Context(), f.store(), &u)
				wantOutcome(t, err, test.want)
				wantUser(t, u, before, err)

				f.mu.Lock()
				defer f.mu.Unlock()
				first := f.calls[len(f.calls)-len(test.script)-2]
				again := f.calls[len(f.calls)-len(test.script)]
				place := fmt.Sprintf("%d", c.seqNo)
				if again.body != first.body || again.query.Get("if_seq_no") != place || again.query.Get("if_primary_term") != "1" ||
					again.query.Get("op_type") == "create" || !strings.Contains(again.path, "users-000001.own") {
					t.Errorf("after %s: got the confirmation %s, want the same path", first.uri, again.uri)
				}
			})
		}
	}
}

// The absence of a document can't be written once more, so a Delete is sent again.
func TestConfirmedGone(t *testing.T) {
	for _, test := range []struct {
		name   string
		script []step
		want   string
	}{
		{"made now", []step{deleted}, "nil"},
		{"refused", []step{conflict, nothing}, "nil"},
		{"absent", []step{absent, nothing}, "nil"},
		{"refused, and another user is there", []step{conflict, foundAnother}, "nil"},
		{"refused, and the user was changed", []step{conflict, foundChanged}, "ErrConflict"},
		{"refused, and the user is as before", []step{conflict, foundFirst}, unknown},
		{"refused, and it can't be read", []step{conflict, down}, unknown},
		{"too many", []step{tooMany}, unknown},
		{"no answer", []step{hangUp}, unknown},
	} {
		t.Run(test.name, func(t *testing.T) {
			testDelete(t, append([]step{hangUp, nothing}, test.script...), test.want)
		})
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
			return response(http.StatusNotFound, `{"_index":"users-000001","found":false}`), nil
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
		t.Errorf("got %v and %d requests, want 3s and 4", d, sent)
	}
}
