package esstore

import (
	"encoding/json"
	"strings"
	"testing"
)

// DeclaredMapping returns the mapping that Setup asks for, without the members with
// defaults, which Elasticsearch doesn't report; for the tests of package esstore_test.
func DeclaredMapping() string {
	m := newMapping()
	m.Enabled, m.Source, m.Routing = nil, nil, nil
	b, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// changed returns the index that Setup asks for, with another mapping and settings, as
// Elasticsearch would report it. A member of the mapping that is null is removed.
func changed(t *testing.T, mappings, settings string) indexState {
	t.Helper()
	var m, change map[string]any
	for text, v := range map[string]*map[string]any{DeclaredMapping(): &m, mappings: &change} {
		if err := json.Unmarshal([]byte(text), v); err != nil {
			t.Fatal(err)
		}
	}
	merge(m, change)
	i := indexState{Settings: defaultSettings()}
	b, err := json.Marshal(m)
	if err == nil {
		err = json.Unmarshal(b, &i.Mappings)
	}
	if err == nil {
		err = json.Unmarshal([]byte(settings), &i.Settings)
	}
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func merge(into, change map[string]any) {
	for name, value := range change {
		inner, ok := value.(map[string]any)
		old, found := into[name].(map[string]any)
		switch {
		case value == nil:
			delete(into, name)
		case ok && found:
			merge(old, inner)
		default:
			into[name] = value
		}
	}
}

func TestDifferences(t *testing.T) {
	field := func(change string) string { return `{"properties": {` + change + `}}` }
	for _, test := range []struct {
		name, mappings, settings string
		harm                     harm
		in                       string // the name of the most harmful difference; "" if there is none
	}{
		{"as Setup asks for", "{}", "{}", harmless, ""},
		{"defaults that are reported", `{"enabled": true, "_source": {"enabled": true, "mode": "stored", "excludes": []}, "_routing": {"required": false}}`, "{}", harmless, ""},
		{"what an operator sets", "{}", `{"index.number_of_replicas": "2", "index.codec": "best_compression", "index.refresh_interval": "5s", "index.search.slowlog.threshold.query.warn": "1s", "index.routing.allocation.include._tier_preference": "data_hot"}`, harmless, ""},
		{"an excluded hash", `{"_source": {"excludes": ["password"]}}`, "{}", loses, "_source.excludes"},
		{"an excluded pattern", `{"_source": {"excludes": ["pass*"]}}`, "{}", loses, "_source.excludes"},
		{"included members", `{"_source": {"includes": ["id"]}}`, "{}", loses, "_source.includes"},
		{"no source", `{"_source": {"enabled": false}}`, "{}", loses, "_source.enabled"},
		{"no source, as text", `{"_source": {"enabled": "false"}}`, "{}", loses, "_source.enabled"},
		{"a synthetic source", `{"_source": {"mode": "synthetic"}}`, "{}", loses, "_source.mode"},
		{"a synthetic source of before", `{"_source": {"synthetic": true}}`, "{}", loses, "_source.synthetic"},
		{"a synthetic source by setting", "{}", `{"index.mapping.source.mode": "SYNTHETIC"}`, loses, "index.mapping.source.mode"},
		{"a new parameter of the source", `{"_source": {"compression": "better"}}`, "{}", harmless, ""},
		{"routing", `{"_routing": {"required": true}}`, "{}", loses, "_routing.required"},
		{"not enabled", `{"enabled": false}`, "{}", hides, "enabled"},
		{"a data stream", `{"_data_stream_timestamp": {"enabled": true}}`, "{}", loses, "_data_stream_timestamp"},
		{"a runtime field in place of another", `{"runtime": {"placeholder": {"type": "boolean"}}}`, "{}", hides, "runtime"},
		{"a runtime field in place of a subfield", `{"runtime": {"email_address.lower": {"type": "keyword"}}}`, "{}", hides, "runtime"},
		{"another runtime field", `{"runtime": {"day": {"type": "keyword"}}}`, "{}", harmless, "runtime"},
		{"dynamic templates", `{"dynamic_templates": [{"x": {"mapping": {"type": "keyword"}}}], "date_detection": false}`, "{}", harmless, ""},
		{"a member of a later Elasticsearch", `{"_later": {"x": 1}}`, "{}", harmless, ""},
		{"more in _meta", `{"_meta": {"owner": "x"}}`, "{}", harmless, ""},
		{"a missing field", field(`"security_stamp": null`), "{}", loses, "security_stamp"},
		{"a missing field that is not refused", `{"dynamic": false, "properties": {"name": null}}`, "{}", hides, "name"},
		{"another field", field(`"day": {"type": "date"}`), "{}", harmless, ""},
		{"a number", field(`"id": {"type": "long"}`), "{}", loses, "id"},
		{"another format", field(`"created_at": {"format": "epoch_millis"}`), "{}", loses, "created_at"},
		{"private as a keyword", field(`"private": {"type": "keyword"}`), "{}", loses, "private"},
		{"a searchable hash", field(`"password": {"index": null, "doc_values": null}`), "{}", hides, "password"},
		{"a hash with a subfield", field(`"password": {"fields": {"raw": {"type": "keyword"}}}`), "{}", hides, "password"},
		{"a hash that is copied", field(`"password": {"copy_to": ["name"]}`), "{}", hides, "password"},
		{"an address as text", field(`"key": {"type": "text"}`), "{}", hides, "key"},
		{"short values only", field(`"key": {"ignore_above": 5}`), "{}", hides, "key"},
		{"not indexed", field(`"key": {"index": false}`), "{}", hides, "key"},
		{"another analyzer", field(`"name": {"analyzer": "keyword"}`), "{}", hides, "name"},
		{"a copy to a field that others fill", field(`"key_rule": {"copy_to": ["name"]}`), "{}", hides, "key_rule"},
		{"a copy to a date", field(`"key_rule": {"copy_to": "created_at"}`), "{}", loses, "key_rule"},
		{"a copy to a field that is missing", field(`"key_rule": {"copy_to": ["all"]}`), "{}", loses, "key_rule"},
		{"a copy to an undeclared field", field(`"key_rule": {"copy_to": ["all"]}, "all": {"type": "text"}`), "{}", harmless, "key_rule"},
		{"one copy more", field(`"last_name": {"copy_to": ["name", "email_address"]}`), "{}", hides, "last_name"},
		{"no sequence numbers", "{}", `{"index.disable_sequence_numbers": "true"}`, loses, "index.disable_sequence_numbers"},
		{"sequence numbers", "{}", `{"index.disable_sequence_numbers": "false"}`, harmless, ""},
		{"no copy", field(`"first_name": {"copy_to": null}`), "{}", hides, "first_name"},
		{"a missing subfield", field(`"first_name": {"fields": null}`), "{}", hides, "first_name"},
		{"another subfield", field(`"first_name": {"fields": {"more": {"type": "keyword"}}}`), "{}", harmless, "first_name"},
		{"a parameter of a later Elasticsearch", field(`"name": {"later": true}`), "{}", harmless, "name"},
		{"a pipeline", "{}", `{"index.default_pipeline": "x"}`, loses, "index.default_pipeline"},
		{"a last pipeline", "{}", `{"index.final_pipeline": "x"}`, loses, "index.final_pipeline"},
		{"a policy", "{}", `{"index.lifecycle.name": "delete-after-1d"}`, loses, "index.lifecycle.name"},
		{"no policy", "{}", `{"index.lifecycle.name": "", "index.lifecycle.indexing_complete": "true", "index.lifecycle.prefer_ilm": "true"}`, harmless, ""},
		{"logsdb", "{}", `{"index.mode": "logsdb"}`, loses, "index.mode"},
		{"a time series", "{}", `{"index.mode": "time_series"}`, loses, "index.mode"},
		{"short values only, by setting", "{}", `{"index.mapping.ignore_above": "5"}`, hides, "index.mapping.ignore_above"},
		{"a limit beyond all values", "{}", `{"index.mapping.ignore_above": "8191"}`, harmless, ""},
		{"another analyzer, by setting", "{}", `{"index.analysis.analyzer.default.type": "keyword"}`, hides, "index.analysis.analyzer.default.type"},
		{"another normalizer, by setting", "{}", `{"index.analysis.normalizer.lowercase.type": "custom"}`, hides, "index.analysis.normalizer.lowercase.type"},
		{"an analyzer that no field has", "{}", `{"index.analysis.analyzer.mine.type": "keyword"}`, harmless, ""},
		{"a later schema's fields", `{"_meta": {"signup": {"schema": 4}}, "properties": {"id": null, "more": {"type": "date"}}}`, "{}", harmless, ""},
		{"a later schema without source", `{"_meta": {"signup": {"schema": 4}}, "_source": {"enabled": false}}`, "{}", loses, "_source.enabled"},
		{"an earlier schema's fields", `{"_meta": {"signup": {"schema": 1}}, "properties": {"private": null}}`, "{}", harmless, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := changed(t, test.mappings, test.settings).differences()
			switch {
			case test.in == "" && len(got) > 0:
				t.Errorf("got the differences %+v, want none", got)
			case test.in != "" && (len(got) == 0 || got[0].harm != test.harm || got[0].name != test.in):
				t.Errorf("got the differences %+v, want first %s with harm %d", got, test.in, test.harm)
			}
			for _, d := range got {
				if d.text == "" || strings.HasSuffix(d.text, ".") {
					t.Errorf("%s: got the text %q, want part of a sentence", d.name, d.text)
				}
			}
		})
	}
}

func TestMatches(t *testing.T) {
	for _, test := range []struct {
		patterns []string
		index    string
		want     bool
	}{
		{[]string{"users*"}, "users-000001", true},
		{[]string{"*"}, "users-000001", true},
		{[]string{"u*s-*1"}, "users-000001", true},
		{[]string{"logs-*", "users-000001"}, "users-000001", true},
		{[]string{"users"}, "users-000001", false},
		{[]string{"users-00000?"}, "users-000001", false},
		{[]string{"users-00000[1]"}, "users-000001", false},
		{nil, "users-000001", false},
	} {
		if got := matches(test.patterns, test.index); got != test.want {
			t.Errorf("matches(%q, %q): got %v, want %v", test.patterns, test.index, got, test.want)
		}
	}
}

// The template with the highest priority applies, and the request that excludes an index
// has a higher one.
func TestTemplateOf(t *testing.T) {
	var all []indexTemplate
	err := json.Unmarshal([]byte(`[
		{"name": "low", "index_template": {"index_patterns": ["users*"]}},
		{"name": "high", "index_template": {"index_patterns": ["users*"], "priority": 7}},
		{"name": "other", "index_template": {"index_patterns": ["logs*"], "priority": 9}}]`), &all)
	if err != nil {
		t.Fatal(err)
	}
	best := templateOf(all, "users-000001")
	if best.Name != "high" || best.Body.Priority != 7 {
		t.Errorf("got %+v, want high with 7", best)
	}
	found := templates{alias: "users", index: "users-000001", known: true, names: []string{best.Name}}
	found.priority = found.highestPriority(all)
	if got, want := found.exclusion(), `PUT /_index_template/users-plain {"index_patterns":["users-0*"],"priority":8}`; got != want {
		t.Errorf("got the request %s, want %s", got, want)
	}
}

// The exclusion has a priority that no template with an overlapping pattern has.
func TestExclusionPriority(t *testing.T) {
	for _, test := range []struct {
		name, templates string
		known           bool
		want            string // "" for no request
	}{
		{"none", `[]`, true, `"priority":1}`},
		{"another that overlaps", `[{"name":"a","index_template":{"index_patterns":["u*"],"priority":10}},{"name":"b","index_template":{"index_patterns":["*-logs"],"priority":11}}]`, true, `"priority":12}`},
		{"the second pattern overlaps", `[{"name":"b","index_template":{"index_patterns":["logs","users-*-x"],"priority":11}}]`, true, `"priority":12}`},
		{"another that doesn't overlap", `[{"name":"a","index_template":{"index_patterns":["u*"],"priority":10}},{"name":"b","index_template":{"index_patterns":["logs-*"],"priority":2147483647}}]`, true, `"priority":11}`},
		{"not known", `[]`, false, `"priority":1000}`},
		{"known in part", `[{"name":"a","index_template":{"index_patterns":["u*"],"priority":1000}}]`, false, `"priority":1001}`},
		{"a great one", `[{"name":"a","index_template":{"index_patterns":["u*"],"priority":9223372036854775806}}]`, true, `"priority":9223372036854775807}`},
		{"the greatest", `[{"name":"a","index_template":{"index_patterns":["u*"],"priority":9223372036854775807}}]`, true, ""},
	} {
		var all []indexTemplate
		if err := json.Unmarshal([]byte(test.templates), &all); err != nil {
			t.Fatal(err)
		}
		found := templates{alias: "users", index: "users-000001", known: test.known, names: []string{"a"}}
		found.priority = found.highestPriority(all)
		got := found.exclusionRequest()
		if !strings.HasSuffix(got, test.want) || (got == "") != (test.want == "") {
			t.Errorf("%s: got the request %q, want one that ends with %q", test.name, got, test.want)
		}
		if remedy := found.remedy(); test.want == "" && strings.Contains(remedy, "PUT") {
			t.Errorf("%s: got the remedy %q, want one without a request", test.name, remedy)
		}
	}
}

func TestOverlap(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"*", "users-0*", true},
		{"users-0*", "users-0*", true},
		{"users-000001", "users-0*", true},
		{"*-logs", "users-0*", true},
		{"u*s*1", "users-0*", true},
		{"users-*", "users-0*", true},
		{"users", "users-0*", false},
		{"users-1*", "users-0*", false},
		{"*a", "*b", false},
		{"a*b*c", "ab*d*c", true},
		{"a**", "a", true},
		{"", "*", true},
		{"", "a", false},
	} {
		if got, back := overlap(test.a, test.b), overlap(test.b, test.a); got != test.want || back != test.want {
			t.Errorf("overlap(%q, %q): got %v, and %v the other way round, want %v", test.a, test.b, got, back, test.want)
		}
	}
}

// The text about a field that is copied says what follows from that, and no more.
func TestTextOfCopy(t *testing.T) {
	i := changed(t, `{"properties": {"key_rule": {"copy_to": ["name"]}}}`, "{}")
	want := `the field key_rule is copied to "name": searches by that field find other users, too`
	if got := textOf(i.differences()); got != want {
		t.Errorf("got the text %q, want %q", got, want)
	}
}

// An index that was hidden stays hidden after a migration.
func TestSettingsFromKeepsHidden(t *testing.T) {
	for _, hidden := range []string{"true", "false", ""} {
		i := indexState{Settings: map[string]any{"index.hidden": hidden}}
		want := hidden
		if hidden == "" {
			i.Settings, want = nil, "false"
		}
		if got := settingsFrom(i)["index.hidden"]; got != want {
			t.Errorf("got index.hidden %v for %q, want %s", got, hidden, want)
		}
	}
}
