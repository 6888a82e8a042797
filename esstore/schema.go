package esstore

import (
	"encoding/json"
	"fmt"
)

// schema is the version of the mapping, kept in its _meta. A program goes on with
// an index of a newer schema: an Update keeps the members that it doesn't know.
// In an index of an older schema it can't store the members that were added since.
//
//	1: a mapping for Get and Create, with little to search by
//	2: email_address.lower and name, for Search
//	3: email_verified_at, security_stamp, private and placeholder
const schema = 3

// indexSettings are those of a new index. A migration takes over what an
// operator has set.
const indexSettings = `{
  "index.number_of_shards": "1",
  "index.auto_expand_replicas": "0-1"
}`

// properties is the mapping of the fields, in the form in which Elasticsearch
// shows it. The hash, the security stamp and private are in _source alone: neither
// in the inverted index nor in doc values, where a search or an aggregation could
// get at them. The declared
// extra fields share one flattened object, so that declaring one needs no new
// mapping. What is derived for Search is derived by Elasticsearch.
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

// A mapping is of an index. It is strict, so that nothing is stored by accident.
type mapping struct {
	Meta       meta           `json:"_meta"`
	Dynamic    any            `json:"dynamic"` // "strict", or as text or boolean what else it may be
	Properties map[string]any `json:"properties"`
}

// meta is what this package keeps in a mapping.
type meta struct {
	Signup struct {
		Schema int `json:"schema"`
		// From is the index that this one was or is copied from.
		From string `json:"from,omitempty"`
		// Copied is the sequence number up to which all that was written in From
		// is here; nil: nothing.
		Copied *int64 `json:"copied,omitempty"`
		// Reduced says that only what is this package's is copied.
		Reduced bool `json:"reduced,omitempty"`
		// Beat changes for as long as a process is copying.
		Beat int64 `json:"beat,omitempty"`
	} `json:"signup"`
}

func newMapping() mapping {
	m := mapping{Dynamic: "strict", Properties: declared()}
	m.Meta.Signup.Schema = schema
	return m
}

// declared returns the mapping of the fields.
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

// indexName returns the name of the index number n of alias.
func indexName(alias string, n int) string { return fmt.Sprintf("%s-%06d", alias, n) }

// ownAlias returns the alias that is of this index alone. An Update names the
// index that its Version is of; were that gone, the request would make a new one
// with guessed mappings, unless it requires an alias.
func ownAlias(index string) string { return index + ".own" }
