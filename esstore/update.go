package esstore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/gosignup/signup"
)

// Update implements [signup.Store], in one round trip as a rule. If the stored document has
// members that this version of the package doesn't know, or a key of another rule, it
// keeps them and takes one more round trip. Like Create, it returns an error if the index
// would lose users or their hashes.
func (s *Store) Update(ctx context.Context, u *signup.User) error {
	before := u.Version
	if err := s.update(ctx, u); err != nil {
		return err
	}
	return s.checkStored(ctx, "update", u, before)
}

func (s *Store) update(ctx context.Context, u *signup.User) error {
	at, ok := parseVersion(*u, s.alias)
	if !ok {
		return s.stale(ctx, "update", *u, at, nil)
	}
	if err := s.checkServed(ctx, "update", at.index); err != nil {
		return err
	}
	doc, body, place, err := s.rewritten(ctx, *u, at)
	if err != nil {
		return err
	}
	for pause := firstPause; ; pause *= 2 {
		made, e := s.sendReplacement(ctx, "update", doc, body, place)
		switch {
		case e == nil:
			u.Version = made
			return nil
		case e.isNoIndex() && e.attempts <= 1:
			return s.stale(ctx, "update", *u, at, e)
		case !e.isRefusal() && !e.isOpen():
			return e
		}
		v, stored := s.judge(ctx, onUpdate, e, target{doc.Key, doc.ID, doc.WriteToken, at, place})
		switch {
		case v == thenConfirm:
			return s.confirmWrite(ctx, e, doc, body, u, stored)
		case v != thenFollow || pause > lastPause || !sleep(ctx, rand.N(pause)):
			return v.errorAfter(ctx, e)
		}
		place = stored.place
	}
}

// rewritten returns the document for an Update of u, its encoding and the place to
// write it to. The encoding includes the members of the stored document that this
// version doesn't know.
func (s *Store) rewritten(ctx context.Context, u signup.User, at version) (document, []byte, version, error) {
	doc, err := newDocument(u)
	if err != nil {
		return document{}, nil, version{}, err
	}
	stored := storedUser{place: at}
	if at.more {
		if stored, err = s.readAt(ctx, doc.Key, at); err != nil {
			return document{}, nil, version{}, err
		}
		doc.KeyRule, doc.more = stored.KeyRule, stored.document.more
	} else {
		doc.KeyRule = signup.EmailRule // the stored rule: see version.more
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

// readAt reads the document of key, which must still have the version at.
func (s *Store) readAt(ctx context.Context, key string, at version) (storedUser, error) {
	for pause := firstPause; ; pause *= 2 {
		stored, err := s.read(ctx, "update", key)
		switch {
		case errors.Is(err, signup.ErrNotFound):
			return storedUser{}, fmt.Errorf("esstore: update: %w", signup.ErrNotFound)
		case err != nil, stored.version.is(at):
			return stored, err
		case !stored.isBefore(at) || pause > lastPause: // otherwise a copy lags
			return storedUser{}, fmt.Errorf("esstore: update: %w", signup.ErrConflict)
		}
		if !sleep(ctx, pause) {
			return storedUser{}, &Error{Op: "update", err: ctx.Err()}
		}
	}
}
