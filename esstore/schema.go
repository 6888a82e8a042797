package esstore

import (
	"encoding/json"
	"fmt"
)

// schema is the version of the mapping, which is stored in its _meta. A program can
// use an index with a newer schema: an Update keeps the members that it doesn't know.
// In an index with an older schema it can't store the members that were added since.
//
//	1: a mapping for Get and Create, with little to search by
//	2: email_address.lower and name, for Search
//	3: email_verified_at, security_stamp, private and placeholder
const schema = 3

// indexSettings are the settings of a new index. A migration also keeps some of the
// settings that an operator has changed: see keptSettings. Most have their default
// here: an index template can't change what the request sets.
const indexSettings = `{
  "index.number_of_shards": "1",
  "index.auto_expand_replicas": "0-1",
  "index.mode": "standard",
  "index.hidden": "false",
  "index.default_pipeline": "_none",
  "index.final_pipeline": "_none",
  "index.indexing.slowlog.source": "false",
  "index.translog.durability": "request",
  "index.write.wait_for_active_shards": "1",
  "index.blocks.metadata": "false",
  "index.blocks.read": "false",
  "index.blocks.read_only": "false",
  "index.blocks.read_only_allow_delete": "false",
  "index.blocks.write": "false",
  "index.mapping.ignore_above": "2147483647",
  "index.mapping.ignore_malformed": "false",
  "index.mapping.source.mode": "stored",
  "index.mapping.total_fields.limit": "1000",
  "index.mapping.depth.limit": "20",
  "index.mapping.field_name_length.limit": "9223372036854775807"
}`

// properties is the mapping of the fields, in the form in which Elasticsearch returns
// it. The hash, the security stamp and private are in _source only: a search or an
// aggregation could read them from the inverted index or doc values. The declared
// extra fields share one flattened object, so that declaring a field needs no new
// mapping. Elasticsearch derives the fields that only Search uses.
const properties = `{
  "id":            {"type": "keyword"},
  "key":           {"type": "keyword"},
  "key_rule":      {"type": "keyword"},
  "email_address": {"type": "keyword", "fields": {"lower": {"type": "keyword", "normalizer": "lowercase"}}},
  "password":      {"type": "keyword", "index": false, "doc_values": false},
  "name":          {"type": "text"},
  "first_name":    {"type": "text", "copy_to": ["name"], "fields": {"raw": {"type": "keyword", "normalizer": "lowercase", "ignore_above": 1024}}},
  "last_name":     {"type": "text", "copy_to": ["name"], "fields": {"raw": {"type": "keyword", "normalizer": "lowercase", "ignore_above": 1024}}},
  "is_active":     {"type": "boolean"},
  "created_at":    {"type": "date", "format": "strict_date_optional_time"},
  "updated_at":    {"type": "date", "format": "strict_date_optional_time"},
  "profile":       {"type": "flattened", "ignore_above": 4096},
  "email_verified_at": {"type": "date", "format": "strict_date_optional_time"},
  "security_stamp":    {"type": "keyword", "index": false, "doc_values": false},
  "private":           {"type": "binary"},
  "placeholder":       {"type": "boolean"},
  "write_token":   {"type": "keyword", "index": false, "doc_values": false}
}`

// A mapping is the mapping of an index. It is strict, so that no undeclared field is
// stored.
type mapping struct {
	Meta       meta           `json:"_meta"`
	Dynamic    any            `json:"dynamic"` // "strict"; another index may have other text or a boolean
	Properties map[string]any `json:"properties"`
	// These have their defaults, which Elasticsearch doesn't report. The request that
	// creates an index has the first two, so that an index template can't change them.
	// With the third it would fail for a less clear reason.
	Enabled any            `json:"enabled,omitempty"`
	Source  map[string]any `json:"_source,omitempty"`
	Routing map[string]any `json:"_routing,omitempty"`

	others map[string]any // the other members of a mapping that was read
}

// UnmarshalJSON also keeps the members that mapping has no field for.
func (m *mapping) UnmarshalJSON(b []byte) error {
	type plain mapping
	if err := json.Unmarshal(b, (*plain)(m)); err != nil {
		return err
	}
	m.others = nil
	if err := json.Unmarshal(b, &m.others); err != nil {
		return err
	}
	for _, known := range []string{"_meta", "dynamic", "properties", "enabled", "_source", "_routing"} {
		delete(m.others, known)
	}
	return nil
}

// meta is what this package keeps in a mapping.
type meta struct {
	Signup struct {
		Schema int `json:"schema"`
		// From is the index that this index was or is copied from.
		From string `json:"from,omitempty"`
		// Copied is the sequence number up to which everything in From was copied;
		// nil if nothing was.
		Copied *int64 `json:"copied,omitempty"`
		// Reduced reports whether only documents and fields of this package are copied.
		Reduced bool `json:"reduced,omitempty"`
		// Beat is the number of heartbeats: it grows while a process copies.
		Beat int64 `json:"beat,omitempty"`
		// Rejected reports that the copy has other content than From, so that it must
		// be made anew.
		Rejected bool `json:"rejected,omitempty"`
	} `json:"signup"`
}

func newMapping() mapping {
	m := mapping{
		Dynamic: "strict", Properties: declared(), Enabled: true,
		Source: map[string]any{"enabled": true},
	}
	m.Meta.Signup.Schema = schema
	return m
}

// declared returns the mapping of the fields that this version declares.
func declared() map[string]any {
	var p map[string]any
	if err := json.Unmarshal([]byte(properties), &p); err != nil {
		panic(err)
	}
	return p
}

func defaultSettings() map[string]any {
	var s map[string]any
	if err := json.Unmarshal([]byte(indexSettings), &s); err != nil {
		panic(err)
	}
	return s
}

// indexName returns the name of the index of alias with the number n.
func indexName(alias string, n int) string { return fmt.Sprintf("%s-%06d", alias, n) }

// ownAlias returns the alias that only this index has. An Update is sent to the index
// of its Version. If that index no longer exists, a request to its name would make a
// new index with guessed mappings; a request to an alias can require the alias.
func ownAlias(index string) string { return index + ".own" }
