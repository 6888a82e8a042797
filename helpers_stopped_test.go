package signup_test

import (
	"context"

	"github.com/gosignup/signup"
)

// failUpdates returns store, except that each Update returns failure and changes nothing.
func failUpdates(store signup.Store, failure error) signup.Store {
	return fakeStore{Store: store, update: func(context.Context, *signup.User) error { return failure }}
}

// failDeletes returns store, except that each Delete returns failure and changes nothing.
func failDeletes(store signup.Store, failure error) signup.Store {
	return fakeStore{Store: store, delete: func(context.Context, signup.User) error { return failure }}
}
