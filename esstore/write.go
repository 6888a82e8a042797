package esstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup"
)

// sendWrite sends a write of doc and returns the Version of the stored document.
func (s *Store) sendWrite(ctx context.Context, op string, doc document, req esapi.Request) (signup.Version, *Error) {
	r, e := s.sendDocument(ctx, op, req)
	if e != nil && e.acknowledged {
		return s.acknowledgedVersion(ctx, doc, e)
	}
	if e != nil {
		return "", e
	}
	v, err := s.versionOf(r, doc)
	if !r.ID.Is(documentID(doc.Key)) || r.Result != "created" && r.Result != "updated" {
		err = errDiverted
	}
	if err != nil {
		return "", &Error{Op: op, Status: r.Status, err: err}
	}
	return signup.Version(v.String()), nil
}

// acknowledgedVersion reads the Version of doc after a write of it whose response has
// the status of a success, and a body that was cut off. All in-sync copies have the
// write then. If the document can't be read, or is another by now, it returns e.
func (s *Store) acknowledgedVersion(ctx context.Context, doc document, e *Error) (signup.Version, *Error) {
	for pause := firstPause; ; pause *= 2 {
		stored, err := s.readAfter(ctx, e, doc.Key)
		switch {
		case err == nil && plainToken(stored.WriteToken) == plainToken(doc.WriteToken):
			return signup.Version(stored.version.String()), nil
		case err == nil, errors.Is(err, signup.ErrNotFound), pause > lastPause, !sleep(ctx, pause):
			return "", e
		}
	}
}

// sendReplacement writes doc, encoded as body, in the place of the version at.
func (s *Store) sendReplacement(ctx context.Context, op string, doc document, body []byte, at version) (signup.Version, *Error) {
	return s.sendWrite(ctx, op, doc, esapi.IndexRequest{
		Index: ownAlias(at.index), DocumentID: documentID(doc.Key), RequireAlias: &yes,
		IfSeqNo: &at.seqNo, IfPrimaryTerm: &at.primaryTerm,
		Body: bytes.NewReader(body), Instrument: s.instrument,
	})
}

// stale returns the error for a Version that can't be the stored user's. Either it
// is not a Version of this user, and e is nil, or its index doesn't exist any more,
// and e is the error that showed it.
func (s *Store) stale(ctx context.Context, op string, u signup.User, at version, e *Error) error {
	stored, err := s.read(ctx, op, u.Key())
	switch {
	case errors.Is(err, signup.ErrNotFound):
		return fmt.Errorf("esstore: %s: %w", op, signup.ErrNotFound)
	case err != nil:
		return err
	case e != nil && stored.version.is(at):
		return e // the index exists, but without its own alias
	}
	return fmt.Errorf("esstore: %s: %w", op, signup.ErrConflict)
}
