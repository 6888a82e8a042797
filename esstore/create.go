package esstore

import (
	"bytes"
	"context"
	"fmt"
	"net/http"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup"
)

// Create implements signup.Store, in one round trip.
func (s *Store) Create(ctx context.Context, u *signup.User) error {
	doc, err := newDocument(*u)
	if err != nil {
		return err
	}
	body, err := doc.encode()
	if err != nil {
		return err
	}
	var earlier int64 // sendings that may have stored the user
	for pause, looked := firstPause, false; ; pause *= 2 {
		made, f := s.write(ctx, "create", doc, esapi.IndexRequest{
			Index: s.alias, DocumentID: documentID(doc.Key), OpType: "create", RequireAlias: &yes,
			Body: bytes.NewReader(body), Header: plain(), Instrument: s.instrument,
		})
		if f == nil {
			u.Version = made
			return nil
		}
		f.attempts += earlier
		if !f.isRefusal() && !f.isOpen() {
			return f
		}
		v, stored := s.judge(ctx, onCreate, f, target{key: doc.Key, id: doc.ID, token: doc.WriteToken})
		switch {
		case v == confirm:
			return s.confirm(ctx, f, doc, body, u, stored)
		case v == confirmed:
			return s.confirmReplayed(ctx, f, stored)
		case v == again && looked && f.isRefusal() && stored.ID != "": // another user, twice
			return exists.error(ctx, f)
		case v != again || pause > lastPause:
			return v.error(ctx, f)
		}
		looked = looked || stored.ID != ""
		if !sleep(ctx, pause) {
			return fmt.Errorf("esstore: create: %w", ctx.Err())
		}
		earlier = f.attempts
		if f.status == http.StatusConflict {
			earlier = max(0, f.attempts-1) // the last one was refused
		}
	}
}
