// Package fakestore changes single methods of a Store, for tests.
package fakestore

import (
	"context"

	"github.com/gosignup/signup"
)

// A Store is its signup.Store, except for the methods that are set.
type Store struct {
	signup.Store
	OnCreate func(context.Context, *signup.User) error
	OnGet    func(context.Context, string) (signup.User, error)
	OnUpdate func(context.Context, *signup.User) error
	OnDelete func(context.Context, signup.User) error
}

// Create implements signup.Store.
func (s Store) Create(ctx context.Context, u *signup.User) error {
	if s.OnCreate != nil {
		return s.OnCreate(ctx, u)
	}
	return s.Store.Create(ctx, u)
}

// Get implements signup.Store.
func (s Store) Get(ctx context.Context, key string) (signup.User, error) {
	if s.OnGet != nil {
		return s.OnGet(ctx, key)
	}
	return s.Store.Get(ctx, key)
}

// Update implements signup.Store.
func (s Store) Update(ctx context.Context, u *signup.User) error {
	if s.OnUpdate != nil {
		return s.OnUpdate(ctx, u)
	}
	return s.Store.Update(ctx, u)
}

// Delete implements signup.Store.
func (s Store) Delete(ctx context.Context, u signup.User) error {
	if s.OnDelete != nil {
		return s.OnDelete(ctx, u)
	}
	return s.Store.Delete(ctx, u)
}
