package esstore

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"reflect"
	"slices"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore/internal/es"
	"github.com/gosignup/signup/internal/strictjson"
)

// ExportOptions are the options of Export. Nil and the zero value have the
// defaults.
type ExportOptions struct {
	// Hashes includes the secrets: hashes, security stamps and private data. If it
	// is false, they aren't read from Elasticsearch.
	Hashes bool
}

// maxLine is the greatest length of a line of an export, in bytes. Export writes
// shorter lines.
const maxLine = 1 << 20

// A line is a line of an export: the document of a user, without its write token.
type line struct {
	document
	// These hide the fields of the document.
	WriteToken  *struct{} `json:"write_token,omitempty"`
	Placeholder *struct{} `json:"placeholder,omitempty"`
}

// exportPage is the number of users in a page.
const exportPage = 1000

// Export writes all users to w, in the order of their keys, as lines of JSON,
// which ReadExport reads. A line has the members id, key, key_rule,
// email_address, is_active, created_at, updated_at and, if they aren't empty,
// first_name, last_name, profile and email_verified_at. With ExportOptions.Hashes
// it also has password, which is the hash, security_stamp and private, which is in
// Base64, if they aren't empty.
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
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	encoder.SetEscapeHTML(false)
	for {
		hits, err := l.nextOrWait(ctx, pages)
		if err != nil {
			return n, err
		}
		if len(hits) == 0 {
			return n, nil
		}
		pages.adapt(hits)
		lines.Reset()
		for _, h := range hits {
			d, err := l.document(h)
			if err != nil {
				return n, err
			}
			if err := encoder.Encode(&line{document: d}); err != nil {
				return n, fmt.Errorf("esstore: export: %w", err)
			}
		}
		written, err := w.Write(lines.Bytes())
		n += int64(bytes.Count(lines.Bytes()[:written], []byte("\n")))
		if err == nil && written < lines.Len() {
			err = io.ErrShortWrite
		}
		if err != nil {
			return n, fmt.Errorf("esstore: export: %w", err)
		}
		if len(hits) < l.size {
			return n, nil
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

// ReadExport returns the users that Export has written to r, for Import. Each is
// Equal to the user that was exported and has the same key. If the export has no
// secrets, they are empty.
//
// A line must be a user exactly as Export writes one, so that nothing is lost, except
// that the order of the members, white space and the escapes in texts may differ. Any
// other line is ErrInvalid: one that isn't I-JSON (RFC 7493), lacks a member that
// Export always writes, has another member or null, has a value in another form, or
// is longer than 1 MiB. Empty lines and a byte order mark at the start are skipped.
// An error, also one of r, has the number of the line, and the name of a member that
// Export writes if that member is wrong. It is the last thing that the sequence yields.
func ReadExport(r io.Reader) iter.Seq2[signup.User, error] {
	return func(yield func(signup.User, error) bool) {
		lines := bufio.NewReaderSize(r, maxLine+len("\n"))
		for n := 1; ; n++ {
			text, err := lines.ReadSlice('\n')
			last := errors.Is(err, io.EOF)
			if n == 1 {
				text = bytes.TrimPrefix(text, []byte("\ufeff")) // RFC 8259, section 8.1
			}
			text = bytes.TrimSpace(text)
			var u signup.User
			switch {
			case errors.Is(err, bufio.ErrBufferFull):
				err = fmt.Errorf("it is longer than %d bytes: %w", maxLine, signup.ErrInvalid)
			case err != nil && !last:
			case len(text) > 0:
				u, err = parseLine(text)
			case last:
				return
			default:
				continue
			}
			if err != nil {
				yield(signup.User{}, fmt.Errorf("esstore: read export: line %d: %w", n, err))
				return
			}
			if !yield(u, nil) || last {
				return
			}
		}
	}
}

// lineFormat is for errors that follow "line 1: " and quote nothing of a user. A
// profile may have many fields.
var lineFormat = strictjson.Format{Text: "it", JSON: "it", MaxMembers: maxLine}

func parseLine(text []byte) (signup.User, error) {
	object, err := lineFormat.Object(text)
	if err != nil {
		return signup.User{}, fmt.Errorf("%w: %w", err, signup.ErrInvalid)
	}
	members := object.Map()
	var d document
	// The errors of encoding/json may quote the line.
	if json.Unmarshal(text, &d) != nil || d.ID == "" || d.Key == "" {
		return signup.User{}, fmt.Errorf("it is not a user as Export writes one%s: %w", undecodable(members), signup.ErrInvalid)
	}
	if wrong := unlike(members, d); wrong != "" {
		return signup.User{}, fmt.Errorf("it is not a user as Export writes one%s: %w", wrong, signup.ErrInvalid)
	}
	return d.user(), nil
}

// undecodable says which of the members that Export writes can't be decoded, or which
// one is missing without which there is no user. It returns "" if there is none.
func undecodable(members map[string]json.RawMessage) string {
	for _, name := range slices.Sorted(maps.Keys(known)) {
		value, exists := members[name]
		var d document
		if exists && json.Unmarshal(fmt.Appendf(nil, "{%q:%s}", name, value), &d) != nil {
			return wrongMember(name)
		}
		if name == "id" && d.ID == "" || name == "key" && d.Key == "" {
			return wrongMember(name)
		}
	}
	return ""
}

// unlike says which member is not as Export writes it for d; "" if all are as it writes
// them. encoding/json also accepts members in another case, null, and values that it reads
// only in part.
func unlike(members map[string]json.RawMessage, d document) string {
	text, err := json.Marshal(&line{document: d})
	if err != nil {
		return ": it can't be encoded"
	}
	written := map[string]bool{}
	for quoted, value := range es.Members(text) {
		name := string(quoted[1 : len(quoted)-1])
		written[name] = true
		if !isSameJSON(members[name], value) {
			return wrongMember(name)
		}
	}
	unknown := ""
	for _, name := range slices.Sorted(maps.Keys(members)) {
		switch {
		case written[name]:
		case known[name]:
			return wrongMember(name)
		default: // the name may be anything, so the error leaves it out
			unknown = ": it has a member that Export doesn't write"
		}
	}
	return unknown
}

// wrongMember returns the part of an error about a member of this name.
func wrongMember(name string) string { return ": the member " + name + " is missing or wrong" }

// isSameJSON reports whether two values are the same, however they are written. The
// first may be missing.
func isSameJSON(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}
