package esstore

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup"
)

// Search lists the users that match q. No request is sent before the sequence is
// ranged over. Each range is a new listing. An error comes last, with no user. It is
// ErrInvalid if q is not valid. ErrBusy and the context's error are as with Get.
//
// The users have no PasswordHash, SecurityStamp, Private or Version: none of these
// is fetched. Update and Delete refuse these users with ErrConflict, so that no hash
// is lost by mistake. To change a user, Get it by its Key.
//
// A listing has the state of the moment at which it begins: it doesn't see changes
// that are made meanwhile, and a deleted user may still be listed. It uses a point
// in time of Elasticsearch, which is kept for a minute after each page and closed
// when the loop ends; for that, Search may return up to two seconds after ctx is done,
// and twice that if Elasticsearch doesn't respond. If the loop takes longer for a page, or if the index is
// replaced, the point in time is lost. The listing then continues with a new one
// after the last user that was listed. It repeats and misses no user, except for
// users that were changed so that their place in the order is another.
//
// A write is found about a second after it returned, or as the operator has set
// index.refresh_interval. Get sees it at once. If the index wasn't searched for half
// a minute, Search first waits for a refresh. To find what was written just now,
// call Refresh first.
//
// Search needs an index with this version's schema: see [Store.Setup]. If searches would
// miss users, because of the mapping or a setting of the index, or a filter or routing of
// the alias, Search returns an error. It looks for that once for each Store.
func (s *Store) Search(ctx context.Context, q Query) iter.Seq2[signup.User, error] {
	return func(yield func(signup.User, error) bool) {
		if err := s.list(ctx, q, yield); err != nil {
			yield(signup.User{}, err)
		}
	}
}

// Refresh makes everything that was acknowledged before it visible to each Search
// that begins after it. It costs Elasticsearch some work: don't call it after each
// write.
func (s *Store) Refresh(ctx context.Context) error {
	return s.refresh(ctx, "refresh", s.alias)
}

// list yields the users that match q, until yield returns false.
func (s *Store) list(ctx context.Context, q Query, yield func(signup.User, error) bool) error {
	query, err := q.body()
	if err != nil {
		return err
	}
	if err := s.checkSearchable(ctx); err != nil {
		return err
	}
	l := listing{Store: s, op: "search", query: query, fields: len(q.order()), size: cmp.Or(q.PageSize, defaultPageSize)}
	defer l.close(ctx)
	for {
		hits, err := l.next(ctx)
		if err != nil {
			return err
		}
		for _, h := range hits {
			if ctx.Err() != nil {
				return &Error{Op: "search", err: ctx.Err(), unsent: true}
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

// checkSearchable returns an error if the index can't be searched. A search of an
// index with an older schema would succeed but miss users.
func (s *Store) checkSearchable(ctx context.Context) error {
	if s.searchable.Load() {
		return nil
	}
	in, name, err := s.lookBehind(ctx, "search")
	if err != nil {
		return err
	}
	if found := in.indices[name].schema(); found < schema {
		return fmt.Errorf("esstore: search: the index %s has the schema %d, and %d is needed: call Setup first", name, found, schema)
	}
	if err := in.checkFindable(name); err != nil {
		return fmt.Errorf("esstore: search: %w", err)
	}
	s.searchable.Store(true)
	return nil
}

// checkExportable returns an error if the index behind the alias isn't one that Setup
// made, or if a listing of it would miss users. A listing itself doesn't show that. If
// the privilege view_index_metadata is missing, it returns nil.
func (s *Store) checkExportable(ctx context.Context) error {
	in, name, err := s.lookBehind(ctx, "export")
	if e := asError(err); e.Status == http.StatusForbidden && !e.isBlocked() {
		return nil
	}
	if err != nil {
		return err
	}
	if err := in.checkFindable(name); err != nil {
		return fmt.Errorf("esstore: export: %w", err)
	}
	return nil
}

// lookBehind reads the installation, and returns the name of the index behind the alias.
func (s *Store) lookBehind(ctx context.Context, op string) (installation, string, error) {
	in, err := s.look(ctx, op)
	if err != nil {
		return in, "", err
	}
	name, err := in.current()
	switch {
	case err != nil:
		return in, "", fmt.Errorf("esstore: %s: %w", op, err)
	case name == "":
		// As Elasticsearch responds to the other methods.
		return in, "", &Error{Op: op, Status: http.StatusNotFound, Type: typeNoIndex}
	}
	return in, name, nil
}

// checkFindable returns an error if a search through the alias would miss users of the
// index of this name, which is behind the alias.
func (in installation) checkFindable(name string) error {
	i := in.indices[name]
	if a := i.Aliases[in.alias]; a.Filter != nil || a.SearchRouting != "" {
		return fmt.Errorf("the alias %s of the index %s has a filter or routing, so that users would be missing: set it again (see Check)", in.alias, name)
	}
	if differences := harmful(i.differences(), hides); len(differences) > 0 {
		return fmt.Errorf("the index %s can't be searched, because it is not as this package asks for: %s. %s", name, textOf(differences), remedyOf(differences))
	}
	return nil
}

// A listing is a Search or Export in progress.
type listing struct {
	*Store
	op     string
	query  object // for the next page
	fields int    // the number of fields to sort by
	size   int    // of the next page
	pit    string // the point in time; "" if none is open
	index  string // of the documents that were found in it; "" if none was
}

const (
	// keepAlive is the time for which a point in time is kept after each request.
	keepAlive = "1m"
	// maxOpenings is the greatest number of points in time for one page.
	maxOpenings = 3
)

// next returns the next page. The last page is shorter than l.size.
func (l *listing) next(ctx context.Context) ([]hit, error) {
	for openings := 0; ; {
		if l.pit == "" {
			if err := l.open(ctx); err != nil {
				return nil, err
			}
			openings++
		}
		l.query["pit"] = object{"id": l.pit, "keep_alive": keepAlive}
		p, err := l.searchPage(ctx, l.op, "", l.query, &l.size)
		if err == nil {
			l.pit = cmp.Or(p.PIT, l.pit)
			return p.Hits.Hits, l.checkIndices(ctx, p.Hits.Hits)
		}
		if !isPointInTimeLost(asError(err)) || openings == maxOpenings {
			return nil, err
		}
		l.close(ctx)
	}
}

// checkIndices returns an error if the documents are of several indices: something
// else has added the alias to another index. The same listing may succeed later, with
// another point in time: Setup takes the alias off its own copies.
func (l *listing) checkIndices(ctx context.Context, hits []hit) error {
	for _, h := range hits {
		if l.index == "" {
			l.index = h.Index
		}
		if h.Index != "" && h.Index != l.index {
			l.close(ctx)
			return (&Error{Op: l.op, Status: http.StatusOK}).asTransient("the alias leads to several indices, so that users would be listed twice")
		}
	}
	return nil
}

// isPointInTimeLost reports whether a search failed because its point in time no
// longer exists: it has expired, which is a 404, or the index or node was removed,
// which is a 503.
func isPointInTimeLost(e *Error) bool {
	return e.Type != "" && e.Status == http.StatusNotFound ||
		e.Type == typeSearchFailed && e.Status >= http.StatusInternalServerError
}

var (
	errNotUser = errors.New("the response has a document that is not a user")
	errNoKey   = errors.New("the response has a user whose key is not indexed (see Check)")
)

// document returns the document of a hit, and sets the start of the next page to
// the place after it.
func (l *listing) document(h hit) (document, error) {
	if h.Index != "" && !isIndexOf(h.Index, l.alias) {
		return document{}, &Error{Op: l.op, Status: http.StatusOK, err: l.errNotBehind(h.Index)}
	}
	var d document
	if json.Unmarshal(h.Source, &d) != nil || d.ID == "" || h.ID != documentID(d.Key) || len(h.Sort) < l.fields {
		return document{}, &Error{Op: l.op, Status: http.StatusOK, err: errNotUser}
	}
	if string(h.Sort[l.fields-1]) == "null" {
		// Nothing would be found after it.
		return document{}, &Error{Op: l.op, Status: http.StatusOK, err: errNoKey}
	}
	// Elasticsearch adds a value that is valid for this point in time only.
	l.query["search_after"] = h.Sort[:l.fields]
	return d, nil
}

// open opens a point in time. If ctx is done before the response is there, it waits for
// the response a little longer: only with the id can the point in time be closed.
func (l *listing) open(ctx context.Context) error {
	if ctx.Err() != nil {
		return &Error{Op: l.op, err: ctx.Err(), unsent: true}
	}
	late, cancel := outlast(ctx)
	defer cancel()
	r, err := l.send(late, l.op, esapi.OpenPointInTimeRequest{
		Index: []string{l.alias}, KeepAlive: keepAlive, Instrument: l.instrument,
	})
	if err != nil && late.Err() != nil {
		return asError(err).ended(ctx)
	}
	if err != nil {
		return err
	}
	var response struct{ ID string }
	if json.Unmarshal(r.Body, &response) != nil || response.ID == "" {
		return notElasticsearch(l.op, r.Status)
	}
	l.pit, l.index = response.ID, ""
	return nil
}

// close closes the point in time, even if ctx is done. If that fails, the point in
// time expires.
func (l *listing) close(ctx context.Context) {
	if l.pit == "" {
		return
	}
	detached, cancel := detach(ctx, settleTimeout)
	defer cancel()
	_, _ = l.send(detached, l.op, esapi.ClosePointInTimeRequest{
		Body: encoded(object{"id": l.pit}), Instrument: l.instrument,
	})
	l.pit = ""
}
