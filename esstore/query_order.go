package esstore

import "github.com/gosignup/signup"

// sortFields are the fields to sort by. The value of the last is unique.
var sortFields = map[signup.Sort][]string{
	signup.SortByCreation: {"created_at", "key"},
	signup.SortByEmail:    {"key"},
	signup.SortByName:     {"last_name.raw", "first_name.raw", "key"},
}

// order returns the sort of a search. Names that are empty or too long are missing in the
// index.
func (q Query) order() []object {
	parameters := object{"order": "asc", "missing": "_last"}
	if q.Descending {
		parameters = object{"order": "desc", "missing": "_first"}
	}
	var sorts []object
	for _, field := range sortFields[q.Sort] {
		sorts = append(sorts, object{field: parameters})
	}
	return sorts
}

// after returns the values that q.After has in the fields to sort by.
func (q Query) after() []any {
	switch p := q.After; q.Sort {
	case signup.SortByCreation:
		return []any{p.CreatedAt.UnixMilli(), p.Key}
	case signup.SortByName:
		return []any{orMissing(p.LastName), orMissing(p.FirstName), p.Key}
	default:
		return []any{p.Key}
	}
}

// orMissing returns nil, which stands for a missing value, for the empty name.
func orMissing(name string) any {
	if name == "" {
		return nil
	}
	return name
}
