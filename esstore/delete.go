package esstore

import (
	"context"
	"math/rand/v2"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup"
)

// Delete implements [signup.Store], in one round trip as a rule.
func (s *Store) Delete(ctx context.Context, u signup.User) error {
	at, ok := parseVersion(u, s.alias)
	if !ok {
		return s.stale(ctx, "delete", u, at, nil)
	}
	t := target{key: u.Key(), id: u.ID, at: at, place: at}
	for pause := firstPause; ; pause *= 2 {
		e := s.sendDelete(ctx, t)
		switch {
		case e == nil:
			return nil
		case e.isNoIndex() && e.attempts <= 1:
			return s.stale(ctx, "delete", u, at, e)
		case !e.isRefusal() && !e.isOpen():
			return e
		}
		v, stored := s.judge(ctx, onDelete, e, t)
		switch {
		case v == thenResend:
			return s.confirmDeleted(ctx, t).errorAfter(ctx, e)
		case v != thenFollow || pause > lastPause || !sleep(ctx, rand.N(pause)):
			return v.errorAfter(ctx, e)
		}
		t.place = stored.place
	}
}

// sendDelete sends the deletion of t.
func (s *Store) sendDelete(ctx context.Context, t target) *Error {
	r, e := s.sendDocument(ctx, "delete", esapi.DeleteRequest{
		Index: ownAlias(t.place.index), DocumentID: documentID(t.key), IfSeqNo: &t.place.seqNo, IfPrimaryTerm: &t.place.primaryTerm,
		Instrument: s.instrument,
	})
	if e != nil && e.acknowledged {
		return nil // the body of the response would say nothing else
	}
	if e == nil && r.Result != "deleted" {
		e = notElasticsearch("delete", r.Status)
	}
	return e
}

// confirmDeleted sends the deletion of t once more, after t was read as deleted. If
// that is refused, because there is no such version, t must be read as deleted once
// more.
func (s *Store) confirmDeleted(ctx context.Context, t target) verdict {
	detached, cancel := detach(ctx, settleTimeout)
	defer cancel()
	e := s.sendDelete(detached, t)
	switch {
	case e == nil:
		return thenSucceed
	case !e.isRefusal():
		return thenFail
	}
	return onDelete[t.state(s.readAfter(ctx, e, t.key))][outcomeResent]
}
