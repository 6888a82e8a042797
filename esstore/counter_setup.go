package esstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup/esstore/internal/es"
)

// countProperties is the mapping of a count's fields, in the form in which
// Elasticsearch returns it. Only the sweep searches.
const countProperties = `{
  "count":  {"type": "long", "index": false, "doc_values": false},
  "end":    {"type": "long"},
  "window": {"type": "long", "index": false, "doc_values": false},
  "token":  {"type": "keyword", "index": false, "doc_values": false}
}`

// errNoCount is the error of a document that Add hasn't written.
var errNoCount = errors.New("the document is not a count (was it changed?)")

// countMapping returns the mapping of the index. Its _meta has no schema of users, so that
// no Store takes the index for its own.
func countMapping() map[string]any {
	return map[string]any{
		"dynamic": "strict", "enabled": true, "_source": map[string]any{"enabled": true},
		"properties": countFields(),
	}
}

func countFields() map[string]any {
	var p map[string]any
	if err := json.Unmarshal([]byte(countProperties), &p); err != nil {
		panic(err)
	}
	return p
}

// Setup makes the index and its alias if they are missing. Any number of processes may
// call it at once, and a program may call it each time it starts. The name of the index
// is the alias and "-000001". It takes the privilege manage if the index is missing, and
// view_index_metadata if not.
//
// Setup fails if the index isn't as this package makes it, for example because an index
// template of the cluster has changed it.
//
// The index may be deleted while no process counts. All counts are lost then.
func (c *Counter) Setup(ctx context.Context) error {
	const op = "set up"
	s, name := c.store, indexName(c.store.alias, 1)
	var created time.Time // when the index was first known to be created
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		index, i, err := s.readIndex(ctx, op, s.alias)
		if err == nil {
			return c.accept(op, index, i)
		}
		late := !created.IsZero() && time.Since(created) > conflictTimeout
		if asError(err).Status != http.StatusNotFound || late {
			return err
		}
		if err := c.createIndex(ctx, op, name); err != nil {
			return err
		}
		if created.IsZero() {
			created = time.Now()
			continue
		}
		if !sleep(ctx, pause) { // this node doesn't know the index yet
			return &Error{Op: op, err: ctx.Err()}
		}
	}
}

// createIndex creates the index. It is no error if it exists, or is being created.
func (c *Counter) createIndex(ctx context.Context, op, name string) error {
	err := c.store.sendAcknowledged(ctx, op, esapi.IndicesCreateRequest{
		Index: name, Instrument: c.store.instrument,
		Body: encoded(map[string]any{
			"settings": defaultSettings(), "mappings": countMapping(),
			"aliases": map[string]any{c.store.alias: map[string]any{"is_write_index": true}},
		}),
	})
	if err != nil && asError(err).Type != typeIndexExists && !errors.Is(err, es.ErrUnacknowledged) {
		return err
	}
	return nil
}

// accept returns an error if the index can't hold counts as they are.
func (c *Counter) accept(op, index string, i indexState) error {
	var wrong []string
	if !isIndexOf(index, c.store.alias) {
		return fmt.Errorf("esstore: %s: %w", op, c.store.errNotBehind(index))
	}
	if a := i.Aliases[c.store.alias]; !a.isPlain() {
		wrong = append(wrong, "the alias")
	}
	for _, d := range harmful(slices.Concat(i.Mappings.rootDifferences(), i.settingDifferences()), loses) {
		wrong = append(wrong, d.name)
	}
	want := countFields()
	for _, field := range slices.Sorted(maps.Keys(want)) {
		if !reflect.DeepEqual(i.Mappings.Properties[field], want[field]) {
			wrong = append(wrong, "the field "+field)
		}
	}
	if wrong == nil {
		return nil
	}
	return fmt.Errorf("esstore: %s: the index %s can't be used for counts, because these parts are not as this package asks for: %s. "+
		"If an index template has changed them, exclude the index from the template, delete the index, and call Setup again",
		op, index, strings.Join(wrong, ", "))
}
