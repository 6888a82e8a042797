package esstore

import (
	"bytes"
	"context"
	"net/http"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup"
)

// Create implements [signup.Store], in one round trip. The first Create of a Store that
// didn't call Setup takes one more: if the index would lose users or their hashes, or if
// several indices are behind the alias, it returns an error, and so does each Create after
// it. Create also returns an error if it finds that the user was stored in such an index,
// after another index was put behind the alias.
func (s *Store) Create(ctx context.Context, u *signup.User) error {
	before := u.Version
	if err := s.create(ctx, u); err != nil {
		return err
	}
	return s.checkStored(ctx, "create", u, before)
}

func (s *Store) create(ctx context.Context, u *signup.User) error {
	doc, err := newDocument(*u)
	if err != nil {
		return err
	}
	body, err := doc.encode()
	if err != nil {
		return err
	}
	if err := s.checkServed(ctx, "create", ""); err != nil {
		return err
	}
	var earlier int64 // attempts that may have stored the user
	for pause, looked := firstPause, false; ; pause *= 2 {
		made, e := s.sendWrite(ctx, "create", doc, esapi.IndexRequest{
			Index: s.alias, DocumentID: documentID(doc.Key), OpType: "create", RequireAlias: &yes,
			Body: bytes.NewReader(body), Instrument: s.instrument,
		})
		if e == nil {
			u.Version = made
			return nil
		}
		e.attempts += earlier
		if !e.isRefusal() && !e.isOpen() {
			return e
		}
		v, stored := s.judge(ctx, onCreate, e, target{key: doc.Key, id: doc.ID, token: doc.WriteToken})
		switch {
		case v == thenConfirm:
			return s.confirmWrite(ctx, e, doc, body, u, stored)
		case v == thenConfirmReplay:
			return s.confirmReplayed(ctx, e, stored)
		case v == thenResend && looked && e.isRefusal() && stored.ID != "": // another user, twice
			return thenExists.errorAfter(ctx, e)
		case v != thenResend || pause > lastPause:
			return v.errorAfter(ctx, e)
		}
		looked = looked || stored.ID != ""
		if !sleep(ctx, pause) {
			return e.ended(ctx)
		}
		earlier = e.attempts
		if e.Status == http.StatusConflict {
			earlier = max(0, e.attempts-1) // the last one was refused
		}
	}
}
