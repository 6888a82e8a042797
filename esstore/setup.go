package esstore

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// Setup makes the index and its alias where they are missing, and checks that
// they are this package's where they are not. It changes nothing that is there,
// so that it may be called whenever a program starts, by any number of
// processes at once.
//
// The index is Options.Index with "-000001" after it; beside the alias
// Options.Index it has one of its own, with ".own" after its name, which Update
// uses. It has one shard, and one replica as soon as there is a second node.
//
// To move the alias to another index, first make the old one read-only: an
// Update or Delete by a Version that was read before goes to the index that it
// was read from.
//
// It fails if the alias is somebody else's index, or was made by a later
// version of this package.
func (s *Store) Setup(ctx context.Context) error {
	index := s.alias + "-000001"
	for pause := firstPause; ; pause *= 2 {
		exists, err := s.checkIndex(ctx)
		if exists || err != nil {
			return err
		}
		status, body, f := s.send(ctx, "set up", esapi.IndicesCreateRequest{
			Index: index, Body: strings.NewReader(fmt.Sprintf(indexBody, s.alias, ownAlias(index))),
			Instrument: s.instrument,
		})
		var ans struct{ Acknowledged *bool }
		switch {
		case f != nil && f.kind == "resource_already_exists_exception":
			// Another process was faster, and this node may not have heard of
			// its alias yet.
		case f != nil:
			return f
		case json.Unmarshal(body, &ans) != nil || ans.Acknowledged == nil:
			return &failure{op: "set up", status: status, err: errNotElasticsearch}
		case *ans.Acknowledged:
			return nil
		}
		if pause > settleTimeout {
			return fmt.Errorf("esstore: set up: the index %s is there or in the making, but has no alias %s", index, s.alias)
		}
		if !sleep(ctx, pause) {
			return fmt.Errorf("esstore: set up: %w", ctx.Err())
		}
	}
}

// checkIndex reports whether there is an index behind the alias, and what keeps
// it from being used.
func (s *Store) checkIndex(ctx context.Context) (exists bool, err error) {
	status, body, f := s.send(ctx, "set up", esapi.IndicesGetMappingRequest{
		Index: []string{s.alias}, Instrument: s.instrument,
	})
	switch {
	case f.noIndex():
		return false, nil
	case f != nil:
		return false, f
	}
	var indices map[string]indexInfo
	if err := json.Unmarshal(body, &indices); err != nil {
		return false, &failure{op: "set up", status: status, err: errNotElasticsearch}
	}
	if len(indices) != 1 {
		return true, fmt.Errorf("esstore: set up: %d indices are behind the alias %s, instead of one", len(indices), s.alias)
	}
	for name, index := range indices {
		made := index.Mappings.Meta.Signup.Schema
		switch {
		case name == s.alias:
			err = fmt.Errorf("%s is an index, where an alias is wanted", name)
		case made == 0:
			err = fmt.Errorf("the index %s behind the alias %s was not made by this package", name, s.alias)
		case made > schema:
			err = fmt.Errorf("the index %s has the schema %d, and this version of the package knows %d at most", name, made, schema)
		case !isIndexOf(name, s.alias):
			err = fmt.Errorf("the index %s behind the alias %s must be named %s- and a number", name, s.alias, s.alias)
		}
	}
	if err != nil {
		return true, fmt.Errorf("esstore: set up: %w", err)
	}
	return true, nil
}

type indexInfo struct {
	Mappings struct {
		Meta struct {
			Signup struct {
				Schema int `json:"schema"`
			} `json:"signup"`
		} `json:"_meta"`
	} `json:"mappings"`
}
