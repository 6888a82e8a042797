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
	send := func(ctx context.Context) (string, *failure) {
		return s.write(ctx, "create", doc, esapi.IndexRequest{
			Index: s.alias, DocumentID: documentID(doc.Key), OpType: "create", RequireAlias: &yes,
			Body: bytes.NewReader(body), Instrument: s.instrument,
		})
	}
	var earlier int64 // attempts that may have stored the user
	for pause := firstPause; ; pause *= 2 {
		version, f := send(ctx)
		if f == nil {
			u.Version = version
			return nil
		}
		f.attempts += earlier
		if !f.isRefusal() && !f.isOpen() {
			return f
		}
		stored, err := s.settle(ctx, f, doc.Key)
		switch {
		case err == nil && stored.ID != doc.ID:
			return fmt.Errorf("esstore: create: %w", signup.ErrExists)
		case err == nil:
			version = ""
			if v := stored.user(); v.Equal(*u) {
				version = stored.version
			}
			return f.confirm(ctx, send, u, version)
		case f.status != http.StatusConflict || !errors.Is(err, signup.ErrNotFound) || pause > lastPause:
			return f
		}
		// The address is held, and it is not: the holder was just deleted, or
		// is on its way to the copy that was read.
		if !sleep(ctx, pause) {
			return fmt.Errorf("esstore: create: %w", ctx.Err())
		}
		earlier = max(0, f.attempts-1) // the last one has not, as the 409 says
	}
}
