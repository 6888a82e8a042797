package esstore

// schema is the version of the mapping, kept in its _meta.
const schema = 1

// indexBody is what the index is created with. Strict, so that nothing is
// stored by accident. The hash is in _source alone: neither in the inverted
// index nor in doc values, where a search or an aggregation could get at it.
// The declared extra fields share one flattened object, so that declaring
// one needs no new mapping.
const indexBody = `{
  "settings": {
    "number_of_shards": 1,
    "auto_expand_replicas": "0-1"
  },
  "mappings": {
    "_meta": {"signup": {"schema": 1}},
    "dynamic": "strict",
    "properties": {
      "id":            {"type": "keyword"},
      "key":           {"type": "keyword"},
      "key_rule":      {"type": "keyword"},
      "email_address": {"type": "keyword"},
      "password":      {"type": "keyword", "index": false, "doc_values": false},
      "first_name":    {"type": "text", "fields": {"raw": {"type": "keyword", "normalizer": "lowercase", "ignore_above": 1024}}},
      "last_name":     {"type": "text", "fields": {"raw": {"type": "keyword", "normalizer": "lowercase", "ignore_above": 1024}}},
      "is_active":     {"type": "boolean"},
      "created_at":    {"type": "date", "format": "strict_date_optional_time"},
      "updated_at":    {"type": "date", "format": "strict_date_optional_time"},
      "profile":       {"type": "flattened", "ignore_above": 4096},
      "write_token":   {"type": "keyword", "index": false, "doc_values": false}
    }
  },
  "aliases": {
    %q: {"is_write_index": true},
    %q: {}
  }
}`

// ownAlias returns the alias that is of this index alone. An Update names the
// index that its Version is of; were that gone, the request would make a new one
// with guessed mappings, unless it requires an alias.
func ownAlias(index string) string { return index + ".own" }
