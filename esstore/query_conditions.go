package esstore

import (
	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/userjson"
)

// conditions returns the queries that a user must match.
func (q Query) conditions() []object {
	all := []object{} // empty rather than null
	if key := q.KeyPrefix(); key != "" {
		all = append(all, anyOf(append([]object{prefix("key", key)}, prefixes("email_address.lower", q.EmailPrefixes())...)))
	}
	if names := q.NamePrefixes(); len(names) > 0 {
		all = append(all, anyOf(append(prefixes("first_name.raw", names), prefixes("last_name.raw", names)...)))
	}
	if q.NameWords != "" {
		all = append(all, anyOf(q.words()))
	}
	for name, value := range q.Profile {
		all = append(all, object{"term": object{"profile." + name: value}})
	}
	if len(q.IDs) > 0 {
		all = append(all, object{"terms": object{"id": q.indexedIDs()}})
	}
	if bounds := q.bounds(); len(bounds) > 0 {
		all = append(all, object{"range": object{"created_at": bounds}})
	}
	if q.Active != nil {
		all = append(all, object{"term": object{"is_active": *q.Active}})
	}
	if q.EmailVerified != nil {
		verified := object{"exists": object{"field": "email_verified_at"}}
		if !*q.EmailVerified {
			verified = object{"bool": object{"must_not": verified}}
		}
		all = append(all, verified)
	}
	return all
}

// indexedIDs returns the IDs that a user can have. Elasticsearch refuses a longer term.
func (q Query) indexedIDs() []string {
	ids := make([]string, 0, len(q.IDs)) // empty rather than null: no user matches
	for _, id := range q.IDs {
		if len(id) <= maxTerm {
			ids = append(ids, id)
		}
	}
	return ids
}

// words returns a query for each form in which q.NameWords may be stored. These are the
// forms of a NamePrefix.
func (q Query) words() []object {
	var either []object
	for _, text := range (signup.Query{NamePrefix: q.NameWords}).NamePrefixes() {
		either = append(either, object{"match": object{"name": object{
			"query": text, "operator": "and", "zero_terms_query": "none",
		}}})
	}
	return either
}

func (q Query) bounds() object {
	bounds := object{}
	if !q.CreatedFrom.IsZero() {
		bounds["gte"] = userjson.Time(q.CreatedFrom)
	}
	if !q.CreatedBefore.IsZero() {
		bounds["lt"] = userjson.Time(q.CreatedBefore)
	}
	return bounds
}

func prefix(field, text string) object { return object{"prefix": object{field: text}} }

func prefixes(field string, texts []string) []object {
	queries := make([]object, len(texts))
	for i, text := range texts {
		queries[i] = prefix(field, text)
	}
	return queries
}

func anyOf(queries []object) object {
	return object{"bool": object{"should": queries, "minimum_should_match": 1}}
}
