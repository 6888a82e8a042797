package esstore

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup"
)

// Search lists the users that q asks for. Nothing is sent before the sequence is
// ranged over, and each time it is a new listing. An error comes last, with no
// user; an impossible q is ErrInvalid, and ErrBusy and the context's error are
// as with Get.
//
// The users have no PasswordHash, SecurityStamp, Private or Version: none of these
// is fetched. Update and Delete refuse the users with ErrConflict, so that no hash
// is lost by mistake; to change a user, Get it by its Key.
//
// A listing is of the moment at which it begins: users that are created, changed or
// deleted meanwhile don't disturb it, and a deleted user may still be listed. It
// takes a point in time of Elasticsearch's, which is kept for a minute after each
// page, and given back when the loop ends. If it is lost, because the loop took
// longer for a page, or because the index was replaced, the listing goes on with a
// new one after the last user that was listed. It repeats and misses none then,
// except for users that were changed so that their place in the order is another.
//
// A write is found about a second after it returned, or as the operator has set
// index.refresh_interval; Get sees it at once. In an index that wasn't searched
// for half a minute, that is made up for when a Search begins, which so takes
// longer. To find what was written just now, call Refresh first.
//
// Search needs an index with this package's present mapping, which Setup sees to.
func (s *Store) Search(ctx context.Context, q Query) iter.Seq2[signup.User, error] {
	return func(yield func(signup.User, error) bool) {
		if err := s.list(ctx, q, yield); err != nil {
			yield(signup.User{}, err)
		}
	}
}

// Refresh has each Search that begins after it find everything that was
// acknowledged before it. It costs Elasticsearch some work: not for each write.
func (s *Store) Refresh(ctx context.Context) error {
	if f := s.refresh(ctx, "refresh", s.alias); f != nil {
		return f
	}
	return nil
}

// list yields users until there are no more, or yield returns false.
func (s *Store) list(ctx context.Context, q Query, yield func(signup.User, error) bool) error {
	query, err := q.search()
	if err != nil {
		return err
	}
	if err := s.checkSearchable(ctx); err != nil {
		return err
	}
	l := listing{Store: s, op: "search", query: query, fields: len(q.order()), size: cmp.Or(q.PageSize, defaultPageSize)}
	defer l.close(ctx)
	for {
		hits, f := l.next(ctx)
		if f != nil {
			f.attempts = 0 // an earlier one has left nothing behind
			return f
		}
		for _, h := range hits {
			if ctx.Err() != nil {
				return fmt.Errorf("esstore: search: %w", ctx.Err())
			}
			d, err := l.document(h)
			if err != nil {
				return err
			}
			if !yield(d.user(), nil) {
				return nil
			}
		}
		if len(hits) < l.size {
			return nil
		}
	}
}

// checkSearchable returns why the index can't be searched: one of an older schema
// would be, and users not found.
func (s *Store) checkSearchable(ctx context.Context) error {
	if s.searchable.Load() {
		return nil
	}
	in, err := s.look(ctx, "search")
	if err != nil {
		return err
	}
	name, err := in.current()
	switch {
	case err != nil:
		return fmt.Errorf("esstore: search: %w", err)
	case name == "":
		return &failure{op: "search", status: http.StatusNotFound, kind: "index_not_found_exception"}
	case in.indices[name].schema() < schema:
		return fmt.Errorf("esstore: search: the index %s has the schema %d, and %d is needed: call Setup first", name, in.indices[name].schema(), schema)
	}
	s.searchable.Store(true)
	return nil
}

// A listing is a Search or Export in progress.
type listing struct {
	*Store
	op     string
	query  object // for the next page
	fields int    // by which it is sorted
	size   int    // of the next page
	pit    string // the point in time; "": none is open
}

const (
	// keepAlive is how long a point in time is kept after each request.
	keepAlive = "1m"
	// maxOpenings is how many points in time a page may take.
	maxOpenings = 3
)

// next returns the next page. It is shorter than l.size if it is the last.
func (l *listing) next(ctx context.Context) ([]hit, *failure) {
	for openings := 0; ; {
		if l.pit == "" {
			if f := l.open(ctx); f != nil {
				return nil, f
			}
			openings++
		}
		l.query["pit"] = object{"id": l.pit, "keep_alive": keepAlive}
		p, f := l.search(ctx, l.op, "", l.query, &l.size)
		if f == nil {
			l.pit = cmp.Or(p.PIT, l.pit)
			return p.Hits.Hits, nil
		}
		if !f.isLost() || openings == maxOpenings {
			return nil, f
		}
		l.close(ctx)
	}
}

// isLost reports whether a search failed because its point in time is gone: it has
// expired, which is a 404, or the index or node was removed, which is a 503.
func (f *failure) isLost() bool {
	return f.kind != "" && f.status == http.StatusNotFound ||
		f.kind == "search_phase_execution_exception" && f.status >= http.StatusInternalServerError
}

// document returns the document of a hit, after which the next page begins.
func (l *listing) document(h hit) (document, error) {
	var d document
	if json.Unmarshal(h.Source, &d) != nil || d.ID == "" || h.ID != documentID(d.Key) || len(h.Sort) < l.fields {
		return document{}, fmt.Errorf("esstore: %s: the answer has a document that is not a user's", l.op)
	}
	// What Elasticsearch adds to the sort values is of this point in time.
	l.query["search_after"] = h.Sort[:l.fields]
	return d, nil
}

func (l *listing) open(ctx context.Context) *failure {
	status, body, f := l.send(ctx, l.op, esapi.OpenPointInTimeRequest{
		Index: []string{l.alias}, KeepAlive: keepAlive, Instrument: l.instrument,
	})
	if f != nil {
		return f
	}
	var ans struct{ ID string }
	if json.Unmarshal(body, &ans) != nil || ans.ID == "" {
		return &failure{op: l.op, status: status, err: errNotElasticsearch}
	}
	l.pit = ans.ID
	return nil
}

// close gives the point in time back, whether or not ctx is done. If that fails, it
// expires.
func (l *listing) close(ctx context.Context) {
	if l.pit == "" {
		return
	}
	detached, cancel := detach(ctx, settleTimeout)
	defer cancel()
	_, _, _ = l.send(detached, l.op, esapi.ClosePointInTimeRequest{
		Body: encoded(object{"id": l.pit}), Instrument: l.instrument,
	})
	l.pit = ""
}
