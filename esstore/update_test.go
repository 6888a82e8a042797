package esstore_test

import (
	"testing"

	"github.com/gosignup/signup"
)

func testUpdate(t *testing.T, script []step, want string) {
	f := newFake(t)
	u := f.stored(t)
	u.FirstName = "Augusta"
	f.then(script...)
	before := clone(u)
	err := f.store().Update(t.Context(), &u)
	wantOutcome(t, err, want)
	wantUser(t, u, before, err)
}

func TestUpdate(t *testing.T) {
	testUpdate(t, []step{updated}, "nil")
}

func TestUpdateRefused(t *testing.T) {
	for _, refusal := range refusals {
		t.Run(refusal.name, func(t *testing.T) { testUpdate(t, []step{refusal.step}, refusal.want) })
	}
}

func TestUpdateOfOtherIndex(t *testing.T) {
	eachFinding(t, indexGone, foundElsewhere, testUpdate)
}

// An Update is known by its token, not by its content: foundChanged has the
// content that the Update wants to write.
func TestUpdateSettled(t *testing.T) {
	eachFinding(t, conflicts, append([]finding{
		{namedStep{"GET finds it", foundLast(1)}, confirmed},
		{namedStep{"GET finds another's of equal content", foundChanged}, "ErrConflict"},
		{namedStep{"GET finds another user", foundAnother}, "ErrConflict"},
		{namedStep{"GET finds nothing", nothing}, "ErrNotFound"},
	}, unread(unknown)...), testUpdate)
	eachFinding(t, openResponses, append([]finding{
		{namedStep{"GET finds it", foundLast(1)}, confirmed},
		{namedStep{"GET finds the former", foundFirst}, unknown},
		{namedStep{"GET finds another's of equal content", foundChanged}, unknown},
		{namedStep{"GET finds another user", foundAnother}, unknown},
		{namedStep{"GET finds nothing", nothing}, unknown},
	}, unread(unknown)...), testUpdate)
}

// Update sets the same Version as Get.
func TestUpdateSetsVersion(t *testing.T) {
	for name, script := range map[string][]step{
		"from the response": {updated},
		"from the GET":      {hangUp, foundLast(0), updated},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			u := f.stored(t)
			f.then(append(script, foundLast(1))...)
			if err := f.store().Update(t.Context(), &u); err != nil {
				t.Fatal(err)
			}
			got, err := f.store().Get(t.Context(), u.Key())
			if err != nil {
				t.Fatal(err)
			}
			if got.Version != u.Version {
				t.Errorf("got Version %q from Update and %q from Get, want the same", u.Version, got.Version)
			}
		})
	}
}

// A Version that can't be the stored user's needs no write, only a look
// whether the user is there.
func TestUpdateOfOtherVersion(t *testing.T) {
	for name, change := range map[string]func(*signup.User){
		"no version":    func(u *signup.User) { u.Version = "" },
		"not a version": func(u *signup.User) { u.Version = "1" },
		"another ID":    func(u *signup.User) { u.ID = "ID-2" },
		"another key":   func(u *signup.User) { u.Email = "ada@example.org" },
	} {
		for _, found := range []finding{
			{namedStep{"user is there", foundFirst}, "ErrConflict"},
			{namedStep{"user is gone", nothing}, "ErrNotFound"},
			{namedStep{"GET fails", down}, unknown},
		} {
			t.Run(name+", "+found.name, func(t *testing.T) {
				f := newFake(t)
				u := f.stored(t)
				change(&u)
				if name == "another key" && found.want == "ErrConflict" {
					found.step = foundExcept(3, map[string]any{"key": u.Key(), "id": "ID-3"})
				}
				f.then(found.step)
				before := clone(u)
				err := f.store().Update(t.Context(), &u)
				wantOutcome(t, err, found.want)
				wantUser(t, u, before, err)
			})
		}
	}
}
