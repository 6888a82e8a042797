package esstore

import (
	"context"
	"math/rand/v2"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup"
)

// Delete implements signup.Store, in one round trip.
func (s *Store) Delete(ctx context.Context, u signup.User) error {
	at, ok := parseVersion(u, s.alias)
	if !ok {
		return s.stale(ctx, "delete", u, at, nil)
	}
	t := target{key: u.Key(), id: u.ID, at: at, place: at}
	for pause := firstPause; ; pause *= 2 {
		f := s.remove(ctx, t)
		switch {
		case f == nil:
			return nil
		case f.noIndex() && f.attempts <= 1:
			return s.stale(ctx, "delete", u, at, f)
		case !f.isRefusal() && !f.isOpen():
			return f
		}
		v, stored := s.judge(ctx, onDelete, f, t)
		switch {
		case v == again:
			return s.confirmGone(ctx, t).error(ctx, f)
		case v != follow || pause > lastPause || !sleep(ctx, rand.N(pause)):
			return v.error(ctx, f)
		}
		t.place = stored.place
	}
}

// remove sends the deletion of t.
func (s *Store) remove(ctx context.Context, t target) *failure {
	ans, f := s.call(ctx, "delete", esapi.DeleteRequest{
		Index: ownAlias(t.place.index), DocumentID: documentID(t.key), IfSeqNo: &t.place.seqNo, IfPrimaryTerm: &t.place.primaryTerm,
		Header: plain(), Instrument: s.instrument,
	})
	if f == nil && ans.Result != "deleted" {
		f = &failure{op: "delete", status: ans.status, err: errNotElasticsearch}
	}
	return f
}

// confirmGone sends the deletion of t once more, after a read that showed t to be
// gone. If that is refused, because there is no such version, t must still be
// gone.
func (s *Store) confirmGone(ctx context.Context, t target) verdict {
	detached, cancel := detach(ctx, settleTimeout)
	defer cancel()
	f := s.remove(detached, t)
	switch {
	case f == nil:
		return deleted
	case !f.isRefusal():
		return fail
	}
	return onDelete[t.finding(s.settle(ctx, f, t.key))][resent]
}
