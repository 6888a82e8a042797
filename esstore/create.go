package esstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup"
)

// Create implements signup.Store, in one round trip.
func (s *Store) Create(ctx context.Context, u *signup.User) error {
	doc, body, err := encode(*u)
	if err != nil {
		return err
	}
	var earlier int64 // attempts that may have stored the user
	for pause, looked := firstPause, false; ; pause *= 2 {
		version, f := s.write(ctx, "create", doc, esapi.IndexRequest{
			Index: s.alias, DocumentID: documentID(doc.Key), OpType: "create", RequireAlias: &yes,
			Body: bytes.NewReader(body), Header: plain(), Instrument: s.instrument,
		})
		if f == nil {
			u.Version = signup.Version(version)
			return nil
		}
		f.attempts += earlier
		if f.status != http.StatusConflict && !f.isOpen() {
			return f
		}
		stored, err := s.settle(ctx, f, doc.Key)
		refused := f.status == http.StatusConflict
		switch {
		case err == nil && stored.WriteToken == doc.WriteToken:
			return s.confirm(ctx, f, doc, body, u, stored)
		case err == nil && stored.ID == doc.ID && refused:
			return s.confirmReplayed(ctx, f, stored)
		case err == nil && stored.ID != doc.ID && refused && (looked || f.attempts <= 1):
			return fmt.Errorf("esstore: create: %w", signup.ErrExists)
		case err == nil && stored.ID != doc.ID && pause <= lastPause:
			// A copy that lags may show who had the address before: the
			// next answer is the primary's own.
			looked = true
		case !refused || !errors.Is(err, signup.ErrNotFound) || pause > lastPause:
			return f
		}
		// Or the address is held, and it is not: the holder was just deleted, or
		// is on its way to the copy that was read.
		if !sleep(ctx, pause) {
			return fmt.Errorf("esstore: create: %w", ctx.Err())
		}
		earlier = f.attempts
		if refused {
			earlier = max(0, f.attempts-1) // the last one has not, as the 409 says
		}
	}
}
