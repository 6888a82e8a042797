package esstore

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup"
)

// Delete implements signup.Store, in one round trip.
func (s *Store) Delete(ctx context.Context, u signup.User) error {
	key := u.Key()
	v, ok := parseVersion(u, s.alias)
	if !ok {
		return s.missing(s.conflict(ctx, "delete", u, nil))
	}
	send := func(ctx context.Context) (string, *failure) {
		ans, f := s.call(ctx, "delete", esapi.DeleteRequest{
			Index: v.index, DocumentID: documentID(key), IfSeqNo: &v.seqNo, IfPrimaryTerm: &v.primaryTerm,
			Instrument: s.instrument,
		})
		if f == nil && ans.Result != "deleted" {
			f = &failure{op: "delete", status: ans.status, err: errNotElasticsearch}
		}
		return "", f
	}
	_, f := send(ctx)
	switch {
	case f == nil:
		return nil
	case f.noIndex() && f.attempts <= 1:
		return s.missing(s.conflict(ctx, "delete", u, f))
	case !f.isRefusal() && !f.isOpen():
		return f
	}
	// Whoever may have sent the request before can't tell its own deletion
	// from another's, and needn't: the user is gone.
	again := f.attempts > 1 || f.isOpen()
	stored, err := s.settleChange(ctx, f, u)
	switch {
	case errors.Is(err, signup.ErrNotFound) && again, err == nil && stored.ID != u.ID && again:
		return f.confirm(ctx, send, &u, "")
	case errors.Is(err, signup.ErrNotFound):
		return fmt.Errorf("esstore: delete: %w", signup.ErrNotFound)
	case err != nil && errors.Is(err, ctx.Err()):
		return fmt.Errorf("esstore: delete: %w", err)
	case err == nil && stored.version != u.Version, f.status == http.StatusConflict && !again:
		return fmt.Errorf("esstore: delete: %w", signup.ErrConflict)
	}
	return f
}

// missing returns err as Delete tells it: who isn't there is just not found.
func (s *Store) missing(err error) error {
	if errors.Is(err, signup.ErrNotFound) {
		return fmt.Errorf("esstore: delete: %w", signup.ErrNotFound)
	}
	return err
}
