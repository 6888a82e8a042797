package esstore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/gosignup/signup"
)

// Update implements signup.Store, in one round trip. If the stored document has
// members that this version of the package doesn't know, or a key that was made
// by another rule, it keeps them and takes one round trip more.
func (s *Store) Update(ctx context.Context, u *signup.User) error {
	at, ok := parseVersion(*u, s.alias)
	if !ok {
		return s.stale(ctx, "update", *u, at, nil)
	}
	doc, body, place, err := s.rewritten(ctx, *u, at)
	if err != nil {
		return err
	}
	for pause := firstPause; ; pause *= 2 {
		made, f := s.replace(ctx, "update", doc, body, place)
		switch {
		case f == nil:
			u.Version = made
			return nil
		case f.noIndex() && f.attempts <= 1:
			return s.stale(ctx, "update", *u, at, f)
		case !f.isRefusal() && !f.isOpen():
			return f
		}
		v, stored := s.judge(ctx, onUpdate, f, target{doc.Key, doc.ID, doc.WriteToken, at, place})
		switch {
		case v == confirm:
			return s.confirm(ctx, f, doc, body, u, stored)
		case v != follow || pause > lastPause || !sleep(ctx, rand.N(pause)):
			return v.error(ctx, f)
		}
		place = stored.place
	}
}

// rewritten returns the document for an Update of u, its encoding, which keeps what
// the document at that version has beyond u, and the place to write it to.
func (s *Store) rewritten(ctx context.Context, u signup.User, at version) (document, []byte, version, error) {
	doc, err := newDocument(u)
	if err != nil {
		return document{}, nil, version{}, err
	}
	stored := found{place: at}
	if at.more {
		if stored, err = s.getAt(ctx, doc.Key, at); err != nil {
			return document{}, nil, version{}, err
		}
		doc.KeyRule, doc.more = stored.KeyRule, stored.document.more
	} else {
		doc.KeyRule = signup.EmailRule // as it is stored
	}
	body, err := doc.encode()
	if err == nil && doc.more {
		body = withUnknown(body, stored.source)
		if len(body) > maxDocument {
			err = errTooLarge
		}
	}
	return doc, body, stored.place, err
}

// getAt reads the document of key if it is still of the version at.
func (s *Store) getAt(ctx context.Context, key string, at version) (found, error) {
	for pause := firstPause; ; pause *= 2 {
		stored, err := s.get(ctx, key)
		switch {
		case errors.Is(err, signup.ErrNotFound):
			return found{}, fmt.Errorf("esstore: update: %w", signup.ErrNotFound)
		case err != nil, stored.version.is(at):
			return stored, err
		case !stored.isBefore(at) || pause > lastPause: // else it is a copy that lags
			return found{}, fmt.Errorf("esstore: update: %w", signup.ErrConflict)
		}
		if !sleep(ctx, pause) {
			return found{}, fmt.Errorf("esstore: update: %w", ctx.Err())
		}
	}
}
