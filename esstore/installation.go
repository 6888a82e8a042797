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

// An installation is the state of a Store's indices in Elasticsearch, by name: the
// indices behind the alias, and those with a name that Setup gives.
type installation struct {
	alias   string
	indices map[string]indexState
}

// An indexState is an index as Elasticsearch describes it.
type indexState struct {
	Aliases  map[string]aliasState `json:"aliases"`
	Mappings mapping               `json:"mappings"`
	Settings map[string]any        `json:"settings"` // flat names; the values are text
}

// An aliasState is the properties of an alias of an index.
type aliasState struct {
	IsWriteIndex  *bool           `json:"is_write_index"`
	Filter        json.RawMessage `json:"filter"`
	IndexRouting  string          `json:"index_routing"`
	SearchRouting string          `json:"search_routing"`
}

// isPlain reports whether reads and writes through the alias reach the whole index.
func (a aliasState) isPlain() bool {
	return (a.IsWriteIndex == nil || *a.IsWriteIndex) && a.Filter == nil && a.IndexRouting == "" && a.SearchRouting == ""
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
	maps.DeleteFunc(in.indices, func(name string, i indexState) bool {
		return name != s.alias && !i.hasAlias(s.alias) && !isIndexOf(name, s.alias)
	})
	return in, nil
}

// behind returns the names of the indices behind the alias, sorted.
func (in installation) behind() []string {
	var names []string
	for name, i := range in.indices {
		if name == in.alias || i.hasAlias(in.alias) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// current returns the name of the index behind the alias; "" if there is none. If
// the index can't be used, the error says why.
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
	found := in.indices[name].schema()
	switch {
	case name == in.alias:
		return "", fmt.Errorf("%s is an index, but must be an alias", name)
	case found == 0:
		return "", fmt.Errorf("the index %s behind the alias %s was not made by this package", name, in.alias)
	case found > schema:
		return "", fmt.Errorf("the index %s has the schema %d, and this version of the package supports %d at most", name, found, schema)
	case !isIndexOf(name, in.alias):
		return "", fmt.Errorf("the index %s behind the alias %s must be named %s- and a number", name, in.alias, in.alias)
	}
	return name, nil
}

// lastNumber returns the highest number of an index; 0 if there is none.
func (in installation) lastNumber() int {
	last := 0
	for name := range in.indices {
		last = max(last, numberOf(name))
	}
	return last
}

// numberOf returns the number of an index that Setup named; 0 for other names.
func numberOf(name string) int {
	n, err := strconv.Atoi(name[strings.LastIndexByte(name, '-')+1:])
	if err != nil {
		return 0
	}
	return n
}

func (i indexState) hasAlias(alias string) bool {
	_, ok := i.Aliases[alias]
	return ok
}

// aliasWith returns the alias of the index that begins with prefix; "" if there is
// none.
func (i indexState) aliasWith(prefix string) string {
	for alias := range i.Aliases {
		if strings.HasPrefix(alias, prefix) {
			return alias
		}
	}
	return ""
}

// schema returns the schema of the index; 0 if this package didn't make it.
func (i indexState) schema() int { return i.Mappings.Meta.Signup.Schema }

// setting returns a setting as text; "" if it isn't set.
func (i indexState) setting(name string) string {
	text, _ := i.Settings[name].(string)
	return text
}

// resultWindow returns the greatest number of documents in a page of the index.
func (i indexState) resultWindow() int {
	n, err := strconv.Atoi(i.setting("index.max_result_window"))
	if err != nil {
		return 10_000
	}
	return n
}

// isBlocked reports whether the index refuses writes.
func (i indexState) isBlocked() bool { return i.setting("index.blocks.write") == "true" }
