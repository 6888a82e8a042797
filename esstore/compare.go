package esstore

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// An index may differ from what Setup asks for: index templates are merged into the
// request that creates an index, and mapping and settings can be changed later. These
// functions compare an index, as Elasticsearch reports it, with what this version asks
// for. What isn't known to do harm is harmless: a later version of Elasticsearch may
// report more than this one.

// A harm is what a difference does.
type harm int

const (
	harmless harm = iota // what is stored and found is the same
	hides                // searches miss users, or find others, or find them by something secret
	loses                // users or hashes aren't stored, or can't be read
)

// A difference is a member of the mapping, or a setting, that is not as this version
// asks for.
type difference struct {
	harm    harm
	name    string // as in "password", "_source" or "index.mode"
	text    string // what it is, and what follows from it
	setting bool   // a setting that a request can correct while the index is used
}

// differences returns how the index differs, the most harmful first. An index of
// another schema has other fields, so only the rest is compared. Blocks, the refresh
// interval, replicas and other settings that an operator changes are not compared: see
// keptSettings and Check.
func (i indexState) differences() []difference {
	found := slices.Concat(i.Mappings.rootDifferences(), i.settingDifferences())
	if i.schema() == schema {
		found = append(found, i.Mappings.fieldDifferences()...)
	}
	slices.SortStableFunc(found, func(a, b difference) int { return int(b.harm) - int(a.harm) })
	return found
}

// harmful returns the differences that do at least this harm.
func harmful(all []difference, least harm) []difference {
	return slices.DeleteFunc(slices.Clone(all), func(d difference) bool { return d.harm < least })
}

// textOf returns the texts of differences.
func textOf(all []difference) string {
	texts := make([]string, 0, len(all))
	for _, d := range all {
		texts = append(texts, d.text)
	}
	return strings.Join(texts, "; ")
}

// rootDifferences compares the members of the mapping except the fields and "dynamic",
// which loses nothing.
func (m mapping) rootDifferences() []difference {
	var found []difference
	add := func(h harm, name string, value any, consequence string) {
		found = append(found, difference{harm: h, name: name, text: fmt.Sprintf("%s is %s: %s", name, brief(value), consequence)})
	}
	for _, name := range slices.Sorted(maps.Keys(m.Source)) {
		if harm := harmOfSource(name, m.Source[name]); harm > harmless {
			add(harm, "_source."+name, m.Source[name], "the stored users lack members, such as the hash, or can't be read")
		}
	}
	if isTrue(m.Routing["required"]) {
		add(loses, "_routing.required", true, "users can be neither stored nor read")
	}
	if m.Enabled != nil && !isTrue(m.Enabled) {
		add(hides, "enabled", m.Enabled, "searches find no user")
	}
	if stamp, ok := m.others["_data_stream_timestamp"]; ok {
		add(loses, "_data_stream_timestamp", stamp, "users can't be stored")
	}
	return append(found, m.runtimeDifferences()...)
}

// harmOfSource returns the harm of a parameter of _source.
func harmOfSource(name string, value any) harm {
	switch name {
	case "enabled":
		if !isTrue(value) {
			return loses
		}
	case "mode":
		if value != "stored" {
			return loses
		}
	case "synthetic":
		if isTrue(value) {
			return loses
		}
	case "includes", "excludes":
		if list, ok := value.([]any); !ok || len(list) > 0 {
			return loses
		}
	}
	return harmless
}

// runtimeDifferences returns the runtime fields, which searches use in place of the
// stored fields of the same name.
func (m mapping) runtimeDifferences() []difference {
	runtime, _ := m.others["runtime"].(map[string]any)
	if len(runtime) == 0 {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(declared())) {
		for field := range runtime {
			if field == name || strings.HasPrefix(field, name+".") {
				return []difference{{harm: hides, name: "runtime", text: "a runtime field takes the place of " + name + ": searches miss users"}}
			}
		}
	}
	return []difference{{name: "runtime", text: "there are runtime fields, which may make something secret searchable, such as the hash"}}
}

// secretFields are the fields by which no user may be found.
var secretFields = []string{"password", "security_stamp", "private", "write_token"}

// fieldDifferences compares the fields that this version declares.
func (m mapping) fieldDifferences() []difference {
	var found []difference
	for name, want := range declared() {
		add := func(h harm, what string) {
			if what != "" {
				found = append(found, difference{harm: h, name: name, text: fmt.Sprintf("the field %s %s", name, what)})
			}
		}
		want, got := want.(map[string]any), m.Properties[name]
		if field, ok := got.(map[string]any); ok && field["copy_to"] != nil {
			var targets []string
			targets, got = withoutCopies(field, want)
			for _, target := range targets {
				add(m.harmOfCopy(target))
			}
		}
		add(harmOfField(name, want, got, m.Dynamic == "strict"))
	}
	slices.SortStableFunc(found, func(a, b difference) int { return strings.Compare(a.name, b.name) })
	return found
}

// harmOfField compares a field with its declaration. The text is "" if there is no
// difference.
func harmOfField(name string, want map[string]any, got any, strict bool) (harm, string) {
	field, _ := got.(map[string]any)
	switch {
	case reflect.DeepEqual(got, any(want)):
		return harmless, ""
	case field == nil && strict:
		return loses, "is missing: users can't be stored"
	case field == nil:
		return hides, "is missing: searches miss users"
	case !accepts(field["type"], want["type"]):
		return loses, fmt.Sprintf("has the type %s instead of %s: users may be refused", brief(field["type"]), brief(want["type"]))
	case !reflect.DeepEqual(field["format"], want["format"]):
		return loses, fmt.Sprintf("has the format %s instead of %s: users may be refused", brief(field["format"]), brief(want["format"]))
	case slices.Contains(secretFields, name):
		return hides, "is not mapped as it should be: users may be found by it, although it is secret"
	}
	for _, parameter := range slices.Sorted(maps.Keys(field)) {
		if want[parameter] == nil && !slices.Contains(harmfulParameters, parameter) {
			field = maps.Clone(field)
			delete(field, parameter)
		}
	}
	if subfields, ok := field["fields"].(map[string]any); ok && want["fields"] != nil {
		field = maps.Clone(field)
		field["fields"] = only(subfields, want["fields"].(map[string]any))
	}
	if reflect.DeepEqual(field, want) {
		return harmless, "has parameters that this version doesn't set"
	}
	return hides, "is not mapped as it should be: searches miss users"
}

// withoutCopies returns the fields to which a field is copied although want isn't, and the
// field without them.
func withoutCopies(field, want map[string]any) (targets []string, rest map[string]any) {
	rest = maps.Clone(field)
	delete(rest, "copy_to")
	var kept []any
	for _, target := range listOf(field["copy_to"]) {
		if slices.Contains(listOf(want["copy_to"]), target) {
			kept = append(kept, target)
		} else {
			targets = append(targets, fmt.Sprint(target))
		}
	}
	if kept != nil {
		rest["copy_to"] = kept
	}
	return targets, rest
}

// listOf returns a parameter that may be a list or a single value.
func listOf(value any) []any {
	if list, ok := value.([]any); ok || value == nil {
		return list
	}
	return []any{value}
}

// harmOfCopy returns the harm of a field that is copied to target. What is stored stays as
// it is.
func (m mapping) harmOfCopy(target string) (harm, string) {
	first, _, _ := strings.Cut(target, ".")
	field, _ := m.Properties[first].(map[string]any)
	text := []any{"keyword", "text", "wildcard", "match_only_text"}
	switch {
	case field == nil && m.Dynamic == "strict":
		return loses, fmt.Sprintf("is copied to %s, which is missing: users can't be stored", brief(target))
	case field == nil || declared()[first] == nil:
		return harmless, "is copied to a field that this version doesn't declare"
	case !slices.Contains(text, field["type"]):
		return loses, fmt.Sprintf("is copied to %s, which has another type: users may be refused", brief(target))
	}
	return hides, fmt.Sprintf("is copied to %s: searches by that field find other users, too", brief(target))
}

// harmfulParameters are the parameters that a declared field doesn't have, and that
// change what is found.
var harmfulParameters = []string{
	"analyzer", "copy_to", "doc_values", "enabled", "ignore_above", "ignore_malformed", "index", "index_options",
	"locale", "normalizer", "null_value", "script", "search_analyzer", "split_queries_on_whitespace",
}

// only returns the members of all that declared has, too.
func only(all, declared map[string]any) map[string]any {
	some := map[string]any{}
	for name := range declared {
		if value, ok := all[name]; ok {
			some[name] = value
		}
	}
	return some
}

// accepts reports whether a field of the type got stores what one of the type want
// does.
func accepts(got, want any) bool {
	stored := map[any][]string{
		"keyword":   {"keyword", "text", "wildcard"},
		"text":      {"keyword", "text", "wildcard", "match_only_text"},
		"boolean":   {"boolean", "keyword", "text", "wildcard"},
		"date":      {"date", "date_nanos"},
		"flattened": {"flattened"},
		"binary":    {"binary"},
	}
	name, _ := got.(string)
	return slices.Contains(stored[want], name)
}

// settingHarms are the settings with which users are lost or hidden. A setting whose
// name ends with "." stands for all that begin with it.
var settingHarms = []struct {
	name        string
	harm        harm
	isWrong     func(value string) bool
	consequence string
	correctable bool
}{
	{"index.default_pipeline", loses, isPipeline, "an ingest pipeline may change or drop users before they are stored", true},
	{"index.final_pipeline", loses, isPipeline, "an ingest pipeline may change or drop users before they are stored", true},
	{settingLifecycle, loses, isSet, "a lifecycle policy may delete the index with all users", true},
	{"index.mode", loses, func(v string) bool { return v != "standard" && v != "lookup" }, "users can't be stored, or not as they are", false},
	{"index.mapping.source.mode", loses, func(v string) bool { return !strings.EqualFold(v, "stored") }, "users are not stored as they are", false},
	{"index.disable_sequence_numbers", loses, func(v string) bool { return v == "true" }, "users can be stored, but neither read nor changed", false},
	{"index.mapping.ignore_above", hides, isBelow(maxIgnored), "searches miss users with longer values", false},
	{"index.mapping.ignore_malformed", hides, func(v string) bool { return v == "true" }, "searches may miss users", false},
	{"index.analysis.analyzer.default.", hides, anyValue, "searches by name miss users", false},
	{"index.analysis.analyzer.default_search.", hides, anyValue, "searches by name miss users", false},
	{"index.analysis.analyzer.standard.", hides, anyValue, "searches by name miss users", false},
	{"index.analysis.normalizer.lowercase.", hides, anyValue, "searches miss users", false},
}

// maxIgnored is the length of the longest value by which users are found and for which
// the mapping sets no limit, with a reserve. Profile fields have a limit of their own.
const maxIgnored = 1024

// settingLifecycle names the policy of index lifecycle management.
const settingLifecycle = "index.lifecycle.name"

func anyValue(string) bool { return true }

func isSet(value string) bool { return value != "" }

func isPipeline(value string) bool { return value != "" && value != "_none" }

func isBelow(limit int) func(string) bool {
	return func(value string) bool {
		n, err := strconv.Atoi(value)
		return err == nil && n < limit
	}
}

// settingDifferences compares the settings.
func (i indexState) settingDifferences() []difference {
	var found []difference
	for _, rule := range settingHarms {
		for _, name := range slices.Sorted(maps.Keys(i.Settings)) {
			if name != rule.name && (!strings.HasSuffix(rule.name, ".") || !strings.HasPrefix(name, rule.name)) {
				continue
			}
			if value := fmt.Sprint(i.Settings[name]); rule.isWrong(value) {
				found = append(found, difference{rule.harm, name, fmt.Sprintf("%s is %s: %s", name, brief(value), rule.consequence), rule.correctable})
				break
			}
		}
	}
	return found
}

// isTrue reports whether a parameter is true. Elasticsearch reports some as texts.
func isTrue(value any) bool { return fmt.Sprint(value) == "true" }

// brief returns a value of a mapping or setting for an error.
func brief(value any) string {
	const most = 100
	b, err := json.Marshal(value)
	if err != nil || len(b) > most {
		return "another value"
	}
	return string(b)
}
