package esstore

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// templates are the index templates that apply to a new index of the Store.
type templates struct {
	alias    string
	index    string
	known    bool // they could be read
	names    []string
	priority int64 // the highest of the templates that the exclusion must outrank; 0 if there is none
}

// templatesOf finds the templates that apply to a new index of this name. If they can't
// be read, which takes the privilege monitor of the cluster, known is false.
func (s *Store) templatesOf(ctx context.Context, op, index string) templates {
	t := templates{alias: s.alias, index: index}
	all, err := s.indexTemplates(ctx, op)
	if err != nil {
		return t
	}
	if best := templateOf(all, index); best.Name != "" {
		t.names = []string{best.Name}
	}
	t.priority = t.highestPriority(all)
	t.known = true
	if t.names != nil {
		return t // older templates don't apply
	}
	r, err := s.send(ctx, op, esapi.IndicesGetTemplateRequest{FilterPath: []string{"*.index_patterns"}, Instrument: s.instrument})
	if err != nil {
		t.known = asError(err).Status == http.StatusNotFound
		return t
	}
	var legacy map[string]struct {
		Patterns []string `json:"index_patterns"`
	}
	if json.Unmarshal(r.Body, &legacy) != nil {
		t.known = false
		return t
	}
	for _, name := range slices.Sorted(maps.Keys(legacy)) {
		if matches(legacy[name].Patterns, index) {
			t.names = append(t.names, name)
		}
	}
	return t
}

// An indexTemplate is an index template of Elasticsearch.
type indexTemplate struct {
	Name string
	Body struct {
		Patterns   []string        `json:"index_patterns"`
		Priority   int64           `json:"priority"`
		DataStream json.RawMessage `json:"data_stream"`
	} `json:"index_template"`
}

// highestPriority returns the highest priority of the templates that have a pattern in
// common with the exclusion. Elasticsearch refuses two such templates with the same
// priority, even if the other one matches no index of the Store.
func (t templates) highestPriority(all []indexTemplate) (highest int64) {
	for _, other := range all {
		if slices.ContainsFunc(other.Body.Patterns, func(pattern string) bool { return overlap(pattern, t.pattern()) }) {
			highest = max(highest, other.Body.Priority)
		}
	}
	return highest
}

// overlap reports whether there is a name that both patterns match.
func overlap(a, b string) bool {
	var next []bool // whether the rests of a and b after these bytes overlap
	for i := len(a); i >= 0; i-- {
		row := make([]bool, len(b)+1)
		for j := len(b); j >= 0; j-- {
			inA, inB := i < len(a), j < len(b)
			switch {
			case !inA && !inB:
				row[j] = true
			case inA && a[i] == '*':
				row[j] = next[j] || inB && row[j+1]
			case inB && b[j] == '*':
				row[j] = row[j+1] || inA && next[j]
			case inA && inB:
				row[j] = a[i] == b[j] && next[j+1]
			}
		}
		next = row
	}
	return next[0]
}

// templateOf returns the template that applies to a new index of this name: of those that
// match it, the one with the highest priority.
func templateOf(templates []indexTemplate, name string) (best indexTemplate) {
	for _, t := range templates {
		if matches(t.Body.Patterns, name) && (best.Name == "" || t.Body.Priority > best.Body.Priority) {
			best = t
		}
	}
	return best
}

// indexTemplates returns the index templates, with their names, patterns, priorities, and
// these other parts. It takes the privilege monitor of the cluster.
func (s *Store) indexTemplates(ctx context.Context, op string, parts ...string) ([]indexTemplate, error) {
	r, err := s.send(ctx, op, esapi.IndicesGetIndexTemplateRequest{
		FilterPath: append([]string{"index_templates.name", "index_templates.index_template.index_patterns",
			"index_templates.index_template.priority"}, parts...),
		Instrument: s.instrument,
	})
	if err != nil {
		return nil, err
	}
	var response struct {
		Templates []indexTemplate `json:"index_templates"`
	}
	if json.Unmarshal(r.Body, &response) != nil {
		return nil, notElasticsearch(op, r.Status)
	}
	return response.Templates, nil
}

// matches reports whether a pattern matches the name of an index. The only special
// character is "*".
func matches(patterns []string, index string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		pattern = strings.NewReplacer(`\`, `\\`, "?", `\?`, "[", `\[`).Replace(pattern)
		ok, err := path.Match(pattern, index) // names of indices have no "/"
		return ok && err == nil
	})
}

// remedy says how to keep templates away from the Store's indices.
func (t templates) remedy() string {
	const exclude = "xclude the index by a template with a higher priority that adds nothing: "
	request := t.exclusion()
	switch {
	case !t.known:
		return "An index template may be the cause: POST /_index_template/_simulate_index/" + t.index +
			" shows what templates add. E" + exclude + request
	case t.names == nil:
		return "No index template applies to it now"
	case request == "":
		return fmt.Sprintf("The index template %s applies to it: change its index_patterns. It can't be excluded, because a template that may apply has the highest priority possible",
			strings.Join(t.names, ", "))
	}
	return fmt.Sprintf("The index template %s applies to it: change its index_patterns, or e%s%s", strings.Join(t.names, ", "), exclude, request)
}

// exclusion returns the request, on one line, that makes a template with a higher
// priority for the Store's indices.
func (t templates) exclusion() string { return strings.Replace(t.exclusionRequest(), "\n", " ", 1) }

// pattern is the pattern of that template.
func (t templates) pattern() string { return t.alias + "-0*" }

// exclusionRequest returns that request; "" if there is no higher priority.
func (t templates) exclusionRequest() string {
	const high = 1000 // than a template whose priority could not be read
	if t.priority == math.MaxInt64 {
		return ""
	}
	priority := t.priority + 1
	if !t.known {
		priority = max(priority, high)
	}
	return consoleRequest(http.MethodPut, "/_index_template/"+t.alias+"-plain", map[string]any{
		"index_patterns": []string{t.pattern()}, "priority": priority,
	})
}
