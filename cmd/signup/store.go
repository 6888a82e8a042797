package main

import (
	"context"
	"errors"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/transfer"
)

// A store is what the commands need of each kind.
type store interface {
	signup.Store
	signup.Searcher
	transfer.Importer
	transfer.Exporter
	Setup(ctx context.Context) error
	// findings returns what Check finds, the most severe first.
	findings(ctx context.Context) ([]finding, error)
	close()
}

// A finding is a problem of a store.
type finding struct {
	Code     string `json:"code"`
	Severity string `json:"severity"` // error, warning or info
	Problem  string `json:"problem"`
	Remedy   string `json:"remedy"`
	Request  string `json:"request,omitempty"` // for Kibana's console
}

// open returns the store that the flags and the environment name. If create is true, a
// file of SQLite may be made.
func (c *call) open(create bool) (store, error) {
	t, err := c.target()
	if err != nil {
		return nil, err
	}
	switch t.kind {
	case postgreSQL:
		return c.openPostgreSQL(t)
	case sqLite:
		return c.openSQLite(t, create)
	}
	return c.openElasticsearch(t)
}

// withUsers is with for what reads or changes users. It notes before if the store is of a
// later version.
func withUsers(do func(ctx context.Context, c *call, s store) error) func(context.Context, *call) error {
	return with(func(ctx context.Context, c *call, s store) error {
		if sql, ok := s.(sqlStore); ok {
			newer, err := sql.HasNewerSchema(ctx)
			if errors.Is(err, signup.ErrBusy) {
				return err
			}
			if newer {
				c.note("a later version of the library has made or migrated the tables: this program reads, changes and exports only what it knows. Install the later version")
			}
		}
		return do(ctx, c, s)
	})
}

// with calls do with the store, and closes it.
func with(do func(ctx context.Context, c *call, s store) error) func(context.Context, *call) error {
	return func(ctx context.Context, c *call) error {
		s, err := c.open(false)
		if err != nil {
			return err
		}
		defer s.close()
		return do(ctx, c, s)
	}
}

// accounts returns the Accounts that change users of s.
func (c *call) accounts(s store) *signup.Accounts {
	return &signup.Accounts{Store: s, Logger: c.logger}
}

// errHeld is for an address that is not a user's.
var errHeld = errors.New("no user has this address: it is held, because a user's address was changed or a user is being deleted")

// get returns the user of the address.
func get(ctx context.Context, s store, address string) (signup.User, error) {
	key, err := signup.CanonicalEmail(address)
	if err != nil {
		return signup.User{}, signup.ErrNotFound
	}
	u, err := s.Get(ctx, key)
	if err == nil && u.Placeholder {
		return signup.User{}, errors.Join(errHeld, signup.ErrNotFound)
	}
	return u, err
}
