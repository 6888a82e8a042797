package esstore

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

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
