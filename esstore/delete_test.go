package esstore_test

import (
	"testing"

	"github.com/gosignup/signup"
)

func testDelete(t *testing.T, script []step, want string) {
	f := newFake(t)
	u := f.stored(t)
	f.then(script...)
	wantOutcome(t, f.store().Delete(t.Context(), u), want)
}

func TestDelete(t *testing.T) {
	testDelete(t, []step{deleted}, "nil")
}

func TestDeleteRefused(t *testing.T) {
	for _, refusal := range refusals {
		t.Run(refusal.name, func(t *testing.T) { testDelete(t, []step{refusal.step}, refusal.want) })
	}
}

func TestDeleteOfOtherIndex(t *testing.T) {
	eachFinding(t, indexGone, foundElsewhere, testDelete)
}

func TestDeleteSettled(t *testing.T) {
	eachFinding(t, conflicts, append([]finding{
		{namedStep{"GET finds it changed", foundChanged}, "ErrConflict"},
		{namedStep{"GET finds another user", foundAnother}, "ErrConflict"},
		{namedStep{"GET finds nothing", nothing}, "ErrNotFound"},
	}, unread(unknown)...), testDelete)
	eachFinding(t, openResponses, append([]finding{
		{namedStep{"GET finds nothing", nothing}, goneAgain},
		{namedStep{"GET finds another user", foundAnother}, goneAgain},
		{namedStep{"GET finds it changed", foundChanged}, unknown},
		{namedStep{"GET finds it", foundFirst}, unknown},
	}, unread(unknown)...), testDelete)
}

func TestDeleteOfMissing(t *testing.T) {
	testDelete(t, []step{absent, nothing}, "ErrNotFound")
}

func TestDeleteOfOtherVersion(t *testing.T) {
	for name, change := range map[string]func(*signup.User){
		"no version":    func(u *signup.User) { u.Version = "" },
		"not a version": func(u *signup.User) { u.Version = "1" },
		"another ID":    func(u *signup.User) { u.ID = "ID-2" },
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
				f.then(found.step)
				wantOutcome(t, f.store().Delete(t.Context(), u), found.want)
			})
		}
	}
}
