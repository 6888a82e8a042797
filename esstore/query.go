package esstore

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/gosignup/signup"
)

// A Query says which users Search lists, and in which order. All its conditions
// must hold. The zero Query lists all users, in order of creation. Placeholders
// are never listed.
//
// Texts have at most 250 characters, except for those of Profile. EmailPrefix,
// NamePrefix and NameWords are looked for as they are given, composed (NFC) and
// decomposed (NFD), and letter case makes no difference to them: that is, each
// character is lower-cased on its own. No character has a special meaning.
type Query struct {
	// EmailPrefix is what the address begins with, in its canonical form (Key) or
	// as it was typed. So a domain in Unicode is found by Unicode if it was typed
	// like that, and by Punycode always.
	EmailPrefix string
	// NamePrefix is what the first or the last name begins with. Names of more than
	// 1,024 UTF-16 units are not found by it.
	NamePrefix string
	// NameWords has words, each of which is in the first or the last name, whole,
	// in any order. Words are parted as by Unicode (UAX #29): at spaces and
	// hyphens, and not at the apostrophe in "O'Neil". Text without any word, such
	// as " - ", lists no users.
	NameWords string
	// Profile has declared extra fields by name, whose values are exactly these.
	// Values of more than 4,096 UTF-16 units are not found. An absent field has no
	// value, not even "".
	Profile map[string]string
	// CreatedFrom and CreatedBefore bound CreatedAt, to the millisecond: the first
	// of them is in, the second is not. Zero is no bound.
	CreatedFrom, CreatedBefore time.Time

	// Sort is the order.
	Sort Sort
	// Descending reverses the order, also that of users that are equal in it.
	Descending bool

	// PageSize is how many users are asked for at once, and so held in memory: 0 is
	// 1,000, and 10,000 the most (index.max_result_window). They are fewer when the
	// response would be longer than 64 MiB.
	PageSize int
}

// A Sort is an order of users. Users that are equal in it are in the order of their
// keys, so that the order is total. Texts are compared by code points.
type Sort int

const (
	// ByCreation is by CreatedAt, from the oldest.
	ByCreation Sort = iota
	// ByEmail is by Key, the canonical address.
	ByEmail
	// ByName is by last name, then first name, in lower case. Users without a last
	// name, or with one of more than 1,024 UTF-16 units, come last, in descending
	// order, too. So it is with the first name among equal last names.
	ByName
)

const (
	defaultPageSize = 1000
	maxPageSize     = 10_000
	// In characters. Decomposed, one of them is up to four UTF-16 units, and a
	// prefix of more than 1,000 is refused (index.max_regex_length). It also bounds
	// the clauses that the words make (indices.query.bool.max_clause_count, at least
	// 1,024).
	maxQueryText = 250
)

// An object is one of JSON.
type object = map[string]any

// secretMembers are the members of a document that Search never reads, and Export
// only if it is asked to.
var secretMembers = []string{"password", "security_stamp", "private"}

// placeholders finds the documents that are no users.
var placeholders = object{"term": object{"placeholder": true}}

// search returns the body of the first request for a page, without its point in
// time, or ErrInvalid.
func (q Query) search() (object, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	return object{
		"query":            object{"bool": object{"filter": q.conditions(), "must_not": placeholders}},
		"sort":             q.order(),
		"_source":          object{"excludes": append([]string{"write_token"}, secretMembers...)},
		"track_total_hits": false,
	}, nil
}

func (q Query) check() error {
	invalid := func(format string, args ...any) error {
		return fmt.Errorf("esstore: search: %s: %w", fmt.Sprintf(format, args...), signup.ErrInvalid)
	}
	if q.PageSize < 0 || q.PageSize > maxPageSize {
		return invalid("a page of %d users", q.PageSize)
	}
	if q.Sort < ByCreation || q.Sort > ByName {
		return invalid("an order that is none, %d", q.Sort)
	}
	for _, text := range []string{q.EmailPrefix, q.NamePrefix, q.NameWords} {
		switch {
		case !utf8.ValidString(text):
			return invalid("text that is not UTF-8")
		case utf8.RuneCountInString(text) > maxQueryText:
			return invalid("text of more than %d characters", maxQueryText)
		}
	}
	for name, value := range q.Profile {
		switch {
		case !utf8.ValidString(name) || !utf8.ValidString(value):
			return invalid("text that is not UTF-8")
		case name == "" || strings.ContainsRune(name, 0):
			return invalid("a profile's name that is empty or has a NUL")
		case len(name)+1+len(value) > maxTerm:
			return invalid("a field of a profile that is longer than %d bytes", maxTerm)
		}
	}
	for _, at := range []time.Time{q.CreatedFrom, q.CreatedBefore} {
		if year := at.UTC().Year(); year < 0 || year > 9999 {
			return invalid("a time in the year %d", year)
		}
	}
	return nil
}

func (q Query) conditions() []object {
	all := []object{} // not null, if there are none
	if q.EmailPrefix != "" {
		either := []object{{"prefix": object{"key": norm.NFC.String(strings.ToLower(q.EmailPrefix))}}}
		for _, text := range forms(q.EmailPrefix) {
			either = append(either, object{"prefix": object{"email_address.lower": text}})
		}
		all = append(all, anyOf(either))
	}
	if q.NamePrefix != "" {
		var either []object
		for _, text := range forms(q.NamePrefix) {
			either = append(either, object{"prefix": object{"first_name.raw": text}}, object{"prefix": object{"last_name.raw": text}})
		}
		all = append(all, anyOf(either))
	}
	if q.NameWords != "" {
		var either []object
		for _, text := range forms(q.NameWords) {
			either = append(either, object{"match": object{"name": object{
				"query": text, "operator": "and", "zero_terms_query": "none",
			}}})
		}
		all = append(all, anyOf(either))
	}
	for name, value := range q.Profile {
		all = append(all, object{"term": object{"profile." + name: value}})
	}
	bounds := object{}
	if !q.CreatedFrom.IsZero() {
		bounds["gte"] = timestamp(q.CreatedFrom)
	}
	if !q.CreatedBefore.IsZero() {
		bounds["lt"] = timestamp(q.CreatedBefore)
	}
	if len(bounds) > 0 {
		all = append(all, object{"range": object{"created_at": bounds}})
	}
	return all
}

func anyOf(queries []object) object {
	return object{"bool": object{"should": queries, "minimum_should_match": 1}}
}

// forms returns the ways in which text may have been stored: nothing in the index
// makes them one.
func forms(text string) []string {
	all := []string{text, norm.NFC.String(text), norm.NFD.String(text)}
	slices.Sort(all)
	return slices.Compact(all)
}

// order returns the fields to sort by, of which the last has a value of its own
// for each user.
func (q Query) order() []object {
	fields := map[Sort][]string{
		ByCreation: {"created_at", "key"},
		ByEmail:    {"key"},
		ByName:     {"last_name.raw", "first_name.raw", "key"},
	}[q.Sort]
	order := "asc"
	if q.Descending {
		order = "desc"
	}
	var sorts []object
	for _, field := range fields {
		sorts = append(sorts, object{field: object{"order": order, "missing": "_last"}})
	}
	return sorts
}
