package esstore_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

// A rolled is a server on which the alias leads to served, and writes through it reach the
// index written.
type rolled struct {
	served  map[string]string
	written string
	gets    int
}

func (e *rolled) Perform(r *http.Request) (*http.Response, error) {
	switch {
	case r.Method == http.MethodGet && r.URL.Path == lookPath:
		return response(http.StatusOK, indicesBody(e.served)), nil
	case r.Method == http.MethodGet && r.URL.Path == "/users":
		e.gets++
		return response(http.StatusOK, indicesBody(e.served)), nil
	case r.URL.Path == "/users/_bulk":
		body, err := io.ReadAll(r.Body)
		_, rest, _ := strings.Cut(string(body), `"_id":"`)
		item := itemDone("create", http.StatusCreated, "created", rest[:43])
		return response(http.StatusOK, bulkBody(strings.Replace(item, `"_id"`, `"_index":"`+e.written+`","_id"`, 1))), err
	}
	return response(http.StatusCreated, strings.Replace(doneBody("created", 0), "users-000001", e.written, 1)), nil
}

func serving(names ...string) map[string]string {
	served := map[string]string{}
	for _, name := range names {
		served[name] = `{"aliases":{"users":{},"` + name + `.own":{}},"mappings":` + ours + `,"settings":{}}`
	}
	return served
}

// unmapped is the index that a rollover makes.
const unmapped = `{"aliases":{"users":{"is_write_index":true}},"mappings":{},"settings":{}}`

// After Setup, the index isn't read again, whether Setup has made it or found it.
func TestSetupSparesTheCheck(t *testing.T) {
	e := &rolled{served: serving("users-000001"), written: "users-000001"}
	store := esstore.New(e, nil)
	if err := store.Setup(t.Context()); err != nil {
		t.Fatalf("got %v from Setup, want nil", err)
	}
	for range 3 {
		u := newUser()
		if err := store.Create(t.Context(), &u); err != nil {
			t.Errorf("got %v from Create, want nil", err)
		}
	}
	if _, err := store.Import(t.Context(), sequence(newUser()), nil); err != nil {
		t.Errorf("got %v from Import, want nil", err)
	}
	if e.gets != 0 {
		t.Errorf("got %d requests for the index after Setup, want 0", e.gets)
	}
}

// An index that can't be compared is read once a minute.
func TestUnknownIndexIsReadSeldom(t *testing.T) {
	for name, status := range map[string]int{"blocked": http.StatusForbidden, "a page": http.StatusOK, "foreign": 0} {
		synctest.Test(t, func(t *testing.T) {
			body := map[int]string{http.StatusForbidden: failedBody(403, "cluster_block_exception"), http.StatusOK: "<html>"}[status]
			gets := 0
			store := esstore.New(comparing(func(r *http.Request) (*http.Response, error) {
				switch {
				case r.URL.Path != "/users":
					return response(http.StatusCreated, doneBody("created", 0)), nil
				case status == 0:
					gets++
					return response(http.StatusOK, indicesBody(map[string]string{"users-000001": unmapped})), nil
				}
				gets++
				return response(status, body), nil
			}), nil)
			for range 2 {
				for range 3 {
					u := newUser()
					if err := store.Create(t.Context(), &u); err != nil {
						t.Errorf("%s: got %v from Create, want nil", name, err)
					}
				}
				time.Sleep(time.Minute + time.Second)
			}
			if gets != 2 {
				t.Errorf("%s: got %d requests for the index in two minutes, want 2", name, gets)
			}
		})
	}
}

// While several indices are behind the alias, no user is written: one of them may have
// been made by a rollover, with another mapping and without the users.
func TestWritesRefuseSeveralIndices(t *testing.T) {
	e := &rolled{served: serving("users-000001"), written: "users-000002"}
	e.served["users-000002"] = unmapped
	store, u := esstore.New(e, nil), newUser()
	_, imported := store.Import(t.Context(), sequence(newUser()), nil)
	for name, err := range map[string]error{"Create": store.Create(t.Context(), &u), "Import": imported} {
		if err == nil || !strings.Contains(err.Error(), "2 indices are behind the alias users") {
			t.Errorf("got %v from %s, want an error that names two indices", err, name)
		}
	}
}

// A Store that knows the index sees from a response that a write has reached another one.
// After a migration that is right; otherwise the write is an error.
func TestWriteToAnotherIndex(t *testing.T) {
	rollover := serving("users-000001")
	rollover["users-000002"] = unmapped
	for _, test := range []struct {
		name   string
		served map[string]string
		want   string // in the error; "" if there is none
	}{
		{"migrated", serving("users-000002"), ""},
		{"rolled over", rollover, "2 indices are behind the alias users"},
		{"rolled over, and the first index removed", map[string]string{"users-000002": unmapped}, "not made by this package"},
		{"without hashes", map[string]string{"users-000002": excluded(`"users":{}`)}, "_source.excludes"},
	} {
		for name, write := range map[string]func(*esstore.Store) error{
			"Create": func(s *esstore.Store) error {
				u := newUser()
				err := s.Create(t.Context(), &u)
				if (err == nil) != (u.Version != "") {
					t.Errorf("%s: got the Version %q with %v, want one only without an error", test.name, u.Version, err)
				}
				return err
			},
			"Import": func(s *esstore.Store) error {
				sum, err := s.Import(t.Context(), sequence(newUser()), nil)
				if err == nil && sum.Created != 1 || err != nil && sum.Failed != 1 {
					t.Errorf("%s: got %+v from Import with %v, want one user created or failed", test.name, sum, err)
				}
				return err
			},
		} {
			e := &rolled{served: serving("users-000001"), written: "users-000001"}
			store := esstore.New(e, nil)
			if err := store.Setup(t.Context()); err != nil {
				t.Fatalf("got %v from Setup, want nil", err)
			}
			e.served, e.written = test.served, "users-000002"
			err := write(store)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: got %v from %s, want an error with %q", test.name, err, name, test.want)
			}
			if errors.Is(err, signup.ErrBusy) || errors.Is(err, signup.ErrExists) {
				t.Errorf("%s: got %v from %s, want an error that leaves the outcome open", test.name, err, name)
			}
			if test.want != "" {
				continue
			}
			if err := write(store); err != nil || e.gets != 1 {
				t.Errorf("%s: got %v and %d requests for the index, want nil and 1", test.name, err, e.gets)
			}
		}
	}
}
