package esstore

import (
	"context"
	"fmt"
	"io"
	"iter"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/transfer"
)

// ExportOptions are the options of Export.
type ExportOptions = transfer.ExportOptions

// exportPage is the number of users in a page.
const exportPage = 1000

// Export writes all users to w, in the order of their keys, as lines of JSON,
// which [ReadExport] reads; package transfer describes them.
//
// Placeholders are left out, and so is what a newer version of this package has
// stored with a user and this version doesn't know.
//
// An export has all users that were stored when it was called. If a user is created,
// changed or deleted meanwhile, it may have either state. If Elasticsearch has no
// capacity for a request, Export repeats it for up to two minutes.
//
// Export returns the number of users that it has written completely. They are all
// users only if the error is nil: the lines alone don't show whether an export is
// complete.
//
// If users would be missing, because of the mapping or a setting of the index, or a filter
// or routing of the alias, Export returns an error and writes nothing.
//
// Export needs the index privileges read and, for a refresh, maintenance. Without
// view_index_metadata it doesn't find out whether users would be missing.
func (s *Store) Export(ctx context.Context, w io.Writer, opts *ExportOptions) (n int64, err error) {
	if err := s.refresh(ctx, "export", s.alias); err != nil {
		return 0, err
	}
	if err := s.checkExportable(ctx); err != nil {
		return 0, err
	}
	l := listing{Store: s, op: "export", fields: 1, size: exportPage, query: exportQuery(opts)}
	defer l.close(ctx)
	pages := newPager(exportPage, exportPage)
	lines := transfer.NewWriter(w, opts)
	var users []signup.User
	for {
		hits, err := l.nextOrWait(ctx, pages)
		if err != nil {
			return lines.Count(), err
		}
		if len(hits) == 0 {
			return lines.Count(), nil
		}
		pages.adapt(hits)
		users = users[:0]
		for _, h := range hits {
			d, err := l.document(h)
			if err != nil {
				return lines.Count(), err
			}
			users = append(users, d.user())
		}
		if err := lines.Write(users...); err != nil {
			return lines.Count(), fmt.Errorf("esstore: export: %w", err)
		}
		if len(hits) < l.size {
			return lines.Count(), nil
		}
	}
}

// exportQuery returns the query of an export.
func exportQuery(opts *ExportOptions) object {
	hidden := []string{"write_token"}
	if opts == nil || !opts.Hashes {
		hidden = append(hidden, secretMembers...)
	}
	return object{
		"query": object{"bool": object{"must_not": placeholders}},
		"sort":  []any{object{"key": "asc"}}, "_source": object{"excludes": hidden}, "track_total_hits": false,
	}
}

// nextOrWait is next, repeated while the error is transient. Pages of long documents
// are shorter.
func (l *listing) nextOrWait(ctx context.Context, p *pager) ([]hit, error) {
	return p.read(ctx, l.Store, isPassing, func(size *int) ([]hit, error) {
		l.size = *size
		hits, err := l.next(ctx)
		*size = l.size
		return hits, err
	})
}

// ReadExport is [transfer.Read].
func ReadExport(r io.Reader) iter.Seq2[signup.User, error] { return transfer.Read(r) }
