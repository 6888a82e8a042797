package esstore

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup/esstore/internal/es"
)

// look reads the installation. It sees closed and hidden indices too.
func (s *Store) look(ctx context.Context, op string) (installation, error) {
	in := installation{alias: s.alias}
	indices, err := s.getIndices(ctx, op, es.MaxBody, nil, indexNames(s.alias)...)
	if errors.Is(err, es.ErrTooLong) && asError(err).Status == http.StatusOK {
		indices, err = s.getOwnIndices(ctx, op)
	}
	if err != nil {
		return in, err
	}
	in.indices = indices
	maps.DeleteFunc(in.indices, func(name string, i indexState) bool { return !i.concerns(name, s.alias) })
	return in, nil
}

// indexNames returns an expression for alias and for the indices with a name that Setup
// gives. It leaves out most neighbours, such as users-events-1, which may be many and
// have long mappings.
func indexNames(alias string) []string {
	names := []string{alias}
	for digit := range 10 {
		names = append(names, alias+"-"+strconv.Itoa(digit)+"*")
	}
	return names
}

// concerns reports whether the index of this name is part of the installation of alias,
// or in its way.
func (i indexState) concerns(name, alias string) bool {
	if name == alias || i.hasAlias(alias) || i.DataStream == alias || isIndexOf(name, alias) {
		return true
	}
	for other := range i.Aliases {
		if index, ok := strings.CutSuffix(other, ownAlias("")); ok && isIndexOf(index, alias) {
			return true
		}
	}
	return false
}

// briefly is what getOwnIndices reads of all indices.
var briefly = []string{"*.aliases", "*.settings", "*.data_stream", "*.mappings._meta"}

// getOwnIndices is getIndices for look if neighbours make the response too long: only
// the indices of the installation are read in full.
func (s *Store) getOwnIndices(ctx context.Context, op string) (map[string]indexState, error) {
	indices, err := s.getIndices(ctx, op, es.MaxManyBody, briefly, indexNames(s.alias)...)
	if err != nil {
		return nil, err
	}
	var own []string
	for name, i := range indices {
		if i.schema() > 0 && i.concerns(name, s.alias) {
			own = append(own, name)
		}
	}
	if len(own) == 0 {
		return indices, nil
	}
	slices.Sort(own)
	full, err := s.getIndices(ctx, op, es.MaxManyBody, nil, own...)
	if err != nil {
		return nil, err
	}
	for _, name := range own {
		delete(indices, name) // if it was deleted in between, it isn't in full
	}
	maps.Copy(indices, full)
	return indices, nil
}

// getIndices returns the indices with these names, as far as there are any. If parts isn't
// nil, only these parts of them are read.
func (s *Store) getIndices(ctx context.Context, op string, limit int64, parts []string, names ...string) (map[string]indexState, error) {
	r, err := s.sendFor(ctx, op, esapi.IndicesGetRequest{
		Index: names, IgnoreUnavailable: &yes, ExpandWildcards: "all", FlatSettings: &yes, FilterPath: parts,
		Instrument: s.instrument,
	}, limit)
	if err != nil {
		return nil, err
	}
	var indices map[string]indexState
	if json.Unmarshal(r.Body, &indices) != nil || indices == nil {
		return nil, notElasticsearch(op, r.Status)
	}
	return indices, nil
}
