package transfertest

import (
	"errors"
	"iter"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/transfer"
)

// Sequence yields users and then err, if it isn't nil.
func Sequence(err error, users ...signup.User) iter.Seq2[signup.User, error] {
	return func(yield func(signup.User, error) bool) {
		for _, u := range users {
			if !yield(u, nil) {
				return
			}
		}
		if err != nil {
			yield(signup.User{}, err)
		}
	}
}

// Outcome returns the result of a user in a word.
func Outcome(r transfer.ImportResult) string {
	switch {
	case r.Err == nil && r.Present:
		return "present"
	case r.Err == nil:
		return "created"
	case errors.Is(r.Err, signup.ErrExists):
		return "exists"
	case errors.Is(r.Err, signup.ErrInvalid):
		return "invalid"
	case errors.Is(r.Err, signup.ErrBusy):
		return "busy"
	}
	return "failed"
}
