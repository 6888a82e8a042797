package esstore

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// An installation is what there is of a Store in Elasticsearch, by index: those
// behind the alias, and those with the names that Setup gives.
type installation struct {
	alias   string
	indices map[string]index
}

// An index is what Elasticsearch tells of one.
type index struct {
	Aliases  map[string]aliasing `json:"aliases"`
	Mappings mapping             `json:"mappings"`
	Settings map[string]any      `json:"settings"` // flat, and as text
}

// An aliasing is how an alias leads to an index.
type aliasing struct {
	Written       *bool           `json:"is_write_index"`
	Filter        json.RawMessage `json:"filter"`
	IndexRouting  string          `json:"index_routing"`
	SearchRouting string          `json:"search_routing"`
}

// isPlain reports whether all that is sent to the alias gets to the whole index.
func (a aliasing) isPlain() bool {
	return (a.Written == nil || *a.Written) && a.Filter == nil && a.IndexRouting == "" && a.SearchRouting == ""
}

// look reads the installation.
func (s *Store) look(ctx context.Context, op string) (installation, error) {
	in := installation{alias: s.alias}
	status, body, f := s.send(ctx, op, esapi.IndicesGetRequest{
		Index: []string{s.alias, s.alias + "-*"}, IgnoreUnavailable: &yes, FlatSettings: &yes,
		Instrument: s.instrument,
	})
	if f != nil {
		return in, f
	}
	if err := json.Unmarshal(body, &in.indices); err != nil || in.indices == nil {
		return in, &failure{op: op, status: status, err: errNotElasticsearch}
	}
	maps.DeleteFunc(in.indices, func(name string, i index) bool {
		return name != s.alias && !i.has(s.alias) && !isIndexOf(name, s.alias)
	})
	return in, nil
}

// behind returns the names of the indices behind the alias.
func (in installation) behind() []string {
	var names []string
	for name, i := range in.indices {
		if name == in.alias || i.has(in.alias) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// current returns the index behind the alias, "" if there is none, or why it
// can't be used.
func (in installation) current() (string, error) {
	behind := in.behind()
	switch len(behind) {
	case 0:
		return "", nil
	case 1:
	default:
		return "", fmt.Errorf("%d indices are behind the alias %s, instead of one", len(behind), in.alias)
	}
	name := behind[0]
	made := in.indices[name].schema()
	switch {
	case name == in.alias:
		return "", fmt.Errorf("%s is an index, where an alias is wanted", name)
	case made == 0:
		return "", fmt.Errorf("the index %s behind the alias %s was not made by this package", name, in.alias)
	case made > schema:
		return "", fmt.Errorf("the index %s has the schema %d, and this version of the package knows %d at most", name, made, schema)
	case !isIndexOf(name, in.alias):
		return "", fmt.Errorf("the index %s behind the alias %s must be named %s- and a number", name, in.alias, in.alias)
	}
	return name, nil
}

// last returns the highest number of an index; 0 if there is none.
func (in installation) last() int {
	last := 0
	for name := range in.indices {
		last = max(last, numberOf(name))
	}
	return last
}

// numberOf returns the number of an index that Setup named.
func numberOf(name string) int {
	n, err := strconv.Atoi(name[strings.LastIndexByte(name, '-')+1:])
	if err != nil {
		return 0
	}
	return n
}

func (i index) has(alias string) bool {
	_, ok := i.Aliases[alias]
	return ok
}

func (i index) schema() int { return i.Mappings.Meta.Signup.Schema }

// setting returns a setting as text; "" if it isn't set.
func (i index) setting(name string) string {
	text, _ := i.Settings[name].(string)
	return text
}

// named returns the alias of the index that begins with prefix, or "".
func (i index) named(prefix string) string {
	for alias := range i.Aliases {
		if strings.HasPrefix(alias, prefix) {
			return alias
		}
	}
	return ""
}

// window is how many documents a page of the index may have.
func (i index) window() int {
	n, err := strconv.Atoi(i.setting("index.max_result_window"))
	if err != nil {
		return 10_000
	}
	return n
}

// isBlocked reports whether the index takes no writes.
func (i index) isBlocked() bool { return i.setting("index.blocks.write") == "true" }
