package signup_test

import (
	"context"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
)

// failUpdates returns store, except that each Update returns failure and changes nothing.
func failUpdates(store signup.Store, failure error) signup.Store {
	return fakestore.Store{Store: store, OnUpdate: func(context.Context, *signup.User) error { return failure }}
}

// failDeletes returns store, except that each Delete returns failure and changes nothing.
func failDeletes(store signup.Store, failure error) signup.Store {
	return fakestore.Store{Store: store, OnDelete: func(context.Context, signup.User) error { return failure }}
}
