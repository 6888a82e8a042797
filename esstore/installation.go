package esstore

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// An installation is the state of a Store's indices in Elasticsearch, by name: the
// indices behind the alias, and those with a name that Setup gives.
type installation struct {
	alias   string
	indices map[string]indexState
}

// An indexState is an index as Elasticsearch describes it.
type indexState struct {
	Aliases    map[string]aliasState `json:"aliases"`
	Mappings   mapping               `json:"mappings"`
	Settings   map[string]any        `json:"settings"`    // flat names; the values are text
	DataStream string                `json:"data_stream"` // to which the index belongs; "" if to none
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

// behind returns the names of the indices behind the alias, sorted.
func (in installation) behind() []string {
	var names []string
	for name, i := range in.indices {
		if name == in.alias || i.hasAlias(in.alias) || i.DataStream == in.alias {
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
	switch {
	case len(behind) == 0:
		return "", nil
	case in.indices[behind[0]].DataStream == in.alias:
		return "", fmt.Errorf("%s is a data stream, but must be an alias", in.alias)
	case len(behind) > 1:
		return "", fmt.Errorf("%d indices are behind the alias %s, instead of one", len(behind), in.alias)
	}
	name := behind[0]
	found := in.indices[name].schema()
	switch {
	case name == in.alias:
		return "", fmt.Errorf("%s is an index, but must be an alias", name)
	case in.indices[name].isClosed():
		return "", closedError(name)
	case found == 0:
		return "", fmt.Errorf("the index %s behind the alias %s was not made by this package", name, in.alias)
	case found > schema:
		return "", fmt.Errorf("the index %s has the schema %d, and this version of the package supports %d at most", name, found, schema)
	case !isIndexOf(name, in.alias):
		return "", fmt.Errorf("the index %s behind the alias %s must be named %s- and a number", name, in.alias, in.alias)
	}
	return name, nil
}

// maxNumber limits the numbers that are counted on from. An index with a greater number
// has another origin.
const maxNumber = 1_000_000_000

// lastNumber returns the highest number of an index; 0 if there is none.
func (in installation) lastNumber() int {
	last := 0
	for name := range in.indices {
		if n := numberOf(name); n < maxNumber {
			last = max(last, n)
		}
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

// isClosed reports whether the index is closed, so that it can be neither read nor
// written.
func (i indexState) isClosed() bool { return i.setting("index.verified_before_close") == "true" }

func closedError(name string) error {
	return fmt.Errorf("the index %s is closed: open it (POST /%s/_open)", name, name)
}
