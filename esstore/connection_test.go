package esstore_test

import (
	"net/http"
	"testing"
)

// A connection that breaks before the server has read anything looks like one
// that breaks afterwards: only the GET shows the difference.
func TestConnectionCutBeforeRequest(t *testing.T) {
	for _, test := range []finding{
		// Stored by an earlier Create, whose own outcome isn't known.
		{namedStep{"GET finds it", func(w http.ResponseWriter, r *http.Request, _ []string) {
			foundLast(0)(w, r, []string{document})
		}}, unknown},
		{namedStep{"GET finds nothing", nothing}, unknown},
		{namedStep{"GET fails", down}, unknown},
	} {
		t.Run("Create, "+test.name, func(t *testing.T) {
			script, want := confirming([]step{test.step}, test.want)
			f := newFake(t, created)
			store, first := f.store(), newUser()
			if err := store.Create(t.Context(), &first); err != nil { // which also reads the mapping
				t.Fatal(err)
			}
			f.then(script...)
			f.cut()
			u := newUser()
			before := clone(u)
			err := store.Create(t.Context(), &u)
			wantOutcome(t, err, want)
			wantUser(t, u, before, err)
		})
	}
	for _, test := range []finding{
		{namedStep{"GET finds the former", foundFirst}, unknown},
		{namedStep{"GET finds nothing", nothing}, unknown},
		{namedStep{"GET fails", down}, unknown},
	} {
		t.Run("Update, "+test.name, func(t *testing.T) {
			f := newFake(t)
			u, store := f.stored(t), f.store()
			f.then(created)
			first := newUser()
			if err := store.Create(t.Context(), &first); err != nil { // which also reads the mapping
				t.Fatal(err)
			}
			f.then(test.step)
			f.cut()
			before := clone(u)
			err := store.Update(t.Context(), &u)
			wantOutcome(t, err, test.want)
			wantUser(t, u, before, err)
		})
	}
	for _, test := range []finding{
		{namedStep{"GET finds it", foundFirst}, unknown},
		{namedStep{"GET finds nothing", nothing}, goneAgain},
		{namedStep{"GET fails", down}, unknown},
	} {
		t.Run("Delete, "+test.name, func(t *testing.T) {
			f := newFake(t)
			u := f.stored(t)
			script, want := confirming([]step{test.step}, test.want)
			f.then(script...)
			f.cut()
			wantOutcome(t, f.store().Delete(t.Context(), u), want)
		})
	}
	t.Run("Get", func(t *testing.T) {
		f := newFake(t)
		f.cut()
		_, err := f.store().Get(t.Context(), "ada.qx@example.org")
		wantOutcome(t, err, unknown)
	})
}
