package esstore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/gosignup/signup/esstore/internal/es"
)

// Copied documents are read back and compared with what was sent, some pages at once,
// before they count as copied. So a difference is found before the alias is moved, and
// the cutover compares only the last changes.

var errContent = errors.New("the copy has other content than the original")

// A copiedDocument is a document as it was sent to the copy. Its source is nil if it is
// not to be there: Reindex has left it out.
type copiedDocument struct {
	id      string
	version int64
	source  json.RawMessage
}

// copiedDocuments are documents that weren't verified yet, by id. Each time, the copy must
// be refreshed, which takes about as long for one page as for ten.
type copiedDocuments struct {
	byID   map[string]copiedDocument
	length int // in bytes
}

const verifyBytes, verifyDocuments = 16 << 20, 10 * copyPage

// add adds documents. One that was changed while earlier pages were copied, and so comes
// again, takes the place of what it was.
func (c *copiedDocuments) add(docs []copiedDocument) {
	if c.byID == nil {
		c.byID = make(map[string]copiedDocument, len(docs))
	}
	for _, d := range docs {
		c.length += len(d.source) - len(c.byID[d.id].source)
		c.byID[d.id] = d
	}
}

// isFull reports whether no more documents should be kept in memory.
func (c *copiedDocuments) isFull() bool {
	return c.length >= verifyBytes || len(c.byID) >= verifyDocuments
}

// verify reads documents of the copy and compares them with what was sent.
func (m *migration) verify(ctx context.Context, docs []copiedDocument) error {
	if len(docs) == 0 {
		return nil
	}
	if err := m.s.refresh(ctx, m.op, m.to); err != nil {
		return err
	}
	if m.nodes[m.to] == "" {
		if _, err := m.locatePrimaries(ctx, m.to); err != nil {
			return err
		}
	}
	for len(docs) > 0 {
		hits, n, err := m.readCopies(ctx, docs)
		if err != nil {
			return err
		}
		if err := m.compareCopies(docs[:n], hits); err != nil {
			// If the process was delayed and has lost the lease, another one may have
			// changed the copy.
			if lost := m.recordProgress(ctx); lost != nil {
				return leaseError(lost)
			}
			return err
		}
		docs = docs[n:]
	}
	return nil
}

// readCopies reads the first n of the documents from the copy. Those that it doesn't
// have are missing.
func (m *migration) readCopies(ctx context.Context, docs []copiedDocument) (hits []hit, n int, err error) {
	hits, err = m.attempt.pages.read(ctx, m.s, isRejected, func(size *int) ([]hit, error) {
		for {
			n = min(*size, len(docs))
			ids, got := make([]string, n), n
			for i, d := range docs[:n] {
				ids[i] = d.id
			}
			p, err := m.searchPrimary(ctx, m.to, map[string]any{
				"query":            idsQuery(ids),
				"version":          true,
				"track_total_hits": false,
			}, &got)
			if err != nil || got == n {
				return p.Hits.Hits, err
			}
			*size = got // the response was too long
		}
	})
	return hits, n, err
}

// compareCopies returns an error that wraps errContent if the documents aren't those
// of the copy.
func (m *migration) compareCopies(docs []copiedDocument, hits []hit) error {
	found := make(map[string]hit, len(hits))
	for _, h := range hits {
		found[h.ID] = h
	}
	wrong, first := 0, ""
	for _, d := range docs {
		h, ok := found[d.id]
		difference := ""
		switch {
		case !ok && d.source == nil:
		case d.source == nil:
			difference = "it should not be there"
		case !ok:
			difference = "it is missing"
		case h.Version != d.version:
			difference = "it is another version"
		default:
			difference = differingMembers(d.source, h.Source)
		}
		if difference == "" {
			continue
		}
		if wrong++; wrong == 1 {
			first = fmt.Sprintf("%s: %s", m.documentOf(d.version-1), difference)
		}
	}
	if wrong == 0 {
		return nil
	}
	return fmt.Errorf("%w: of %d documents that were copied to %s, %d differ, among them %s. %s is unchanged and remains in use. "+
		"An index template or an ingest pipeline of the cluster may change what is written: exclude %s-* from it and start again, which makes a new copy and deletes %s",
		errContent, len(docs), m.to, wrong, first, m.from, m.s.alias, m.to)
}

// differingMembers says which members of two documents in JSON differ; "" if none
// does. It quotes no value, and the names that this package declares: others may be a
// user's data.
func differingMembers(sent, stored json.RawMessage) string {
	if bytes.Equal(sent, stored) {
		return ""
	}
	var a, b any
	if decodeExactly(sent, &a) == nil && decodeExactly(stored, &b) == nil && reflect.DeepEqual(a, b) {
		return ""
	}
	wanted, _ := a.(map[string]any)
	got, _ := b.(map[string]any)
	var names []string
	others := false
	note := func(name string) {
		if known[name] {
			names = append(names, name)
		} else {
			others = true
		}
	}
	for name, value := range wanted {
		if other, ok := got[name]; !ok || !reflect.DeepEqual(value, other) {
			note(name)
		}
	}
	for name := range got {
		if _, ok := wanted[name]; !ok {
			note(name)
		}
	}
	slices.Sort(names)
	if others {
		names = append(names, "others")
	}
	return "the members " + strings.Join(names, ", ")
}

// decodeExactly decodes JSON and keeps the digits of numbers.
func decodeExactly(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return d.Decode(v)
}

// isRejected reports whether Elasticsearch had no capacity for the request.
func isRejected(err error) bool { return asError(err).isRejected() }

// The results of a write to the copy that was made.
var (
	stored  = []es.Result{"created", "updated"}
	removed = []es.Result{"deleted"}
)
