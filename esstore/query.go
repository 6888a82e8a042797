package esstore

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/userjson"
)

// A Query selects and orders the users that Search lists. A user must meet all its
// conditions. The zero Query lists all users, in the order of their creation.
// Placeholders are never listed.
//
// EmailPrefix, NamePrefix and NameWords have at most 250 characters each. A prefix also
// has at most 1,000 bytes in lower case and either form below: 111 Hangul syllables are
// 999 bytes when decomposed. They match
// text that is stored as they are given, composed (NFC) or decomposed (NFD). Letter
// case makes no difference: each character is converted to lower case on its own. No
// character has a special meaning.
type Query struct {
	// EmailPrefix is the beginning of the address, in its canonical form (Key) or as
	// it was typed. So a domain in Unicode is found by its Punycode form, and by its
	// Unicode form if it was typed like that. White space around it is ignored.
	EmailPrefix string
	// NamePrefix is the beginning of the first or the last name. It doesn't match
	// names of more than 1,024 UTF-16 units.
	NamePrefix string
	// NameWords has whole words in any order. The first or the last name must have
	// each of them. Text is divided into words as in Unicode (UAX #29): at spaces and
	// hyphens, and not at the apostrophe in "O'Neil". Text without any word, such as
	// " - ", matches no user.
	NameWords string
	// Profile has the exact values of declared extra fields, by name. It doesn't
	// match values of more than 4,096 UTF-16 units. An absent field has no value, not
	// even "".
	Profile map[string]string
	// CreatedFrom and CreatedBefore limit CreatedAt, to the millisecond. CreatedFrom
	// is included, and CreatedBefore is excluded. A zero time is no limit.
	CreatedFrom, CreatedBefore time.Time

	// Sort is the order.
	Sort Sort
	// Descending reverses the order, also among users that are equal in it.
	Descending bool

	// PageSize is the number of users in a request, and so in memory. 0 means 1,000.
	// The maximum is 10,000 (index.max_result_window). A request has fewer users if
	// the response would be longer than 64 MiB.
	PageSize int
}

// A Sort is an order of users. Users that are equal in it are in the order of their
// keys. Texts are compared by code points.
type Sort int

const (
	// ByCreation orders by CreatedAt, the oldest first.
	ByCreation Sort = iota
	// ByEmail orders by Key, the canonical address.
	ByEmail
	// ByName orders by last name, then first name, in lower case. Users without a
	// last name, or with one of more than 1,024 UTF-16 units, come last, also in
	// descending order. The same holds for the first name among equal last names.
	ByName
)

const (
	defaultPageSize = 1000
	maxPageSize     = 10_000
	// maxQueryText is in characters. It limits the number of clauses that the words
	// make (indices.query.bool.max_clause_count, at least 1,024).
	maxQueryText = 250
	// maxPrefix is in bytes, as Elasticsearch compares the prefix: in lower case.
	// Lucene refuses a longer one as an automaton that is too large.
	maxPrefix = 1000
)

// An object is a JSON object.
type object = map[string]any

// secretMembers are the members of a document that Search never reads, and that
// Export reads only with ExportOptions.Hashes.
var secretMembers = []string{"password", "security_stamp", "private"}

// placeholders is the query for the documents that are not users.
var placeholders = object{"term": object{"placeholder": true}}

// body returns the body of the request for the first page, without the point in
// time. It returns ErrInvalid if q is not valid.
func (q Query) body() (object, error) {
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
		return invalid("an unknown order, %d", q.Sort)
	}
	for _, text := range []string{q.EmailPrefix, q.NamePrefix, q.NameWords} {
		switch {
		case !utf8.ValidString(text):
			return invalid("text that is not UTF-8")
		case utf8.RuneCountInString(text) > maxQueryText:
			return invalid("text of more than %d characters", maxQueryText)
		}
	}
	for _, text := range append(emailForms(q.EmailPrefix), forms(q.NamePrefix)...) {
		if len(strings.ToLower(text)) > maxPrefix {
			return invalid("a prefix of more than %d bytes, when normalized", maxPrefix)
		}
	}
	for name, value := range q.Profile {
		switch {
		case !utf8.ValidString(name) || !utf8.ValidString(value):
			return invalid("text that is not UTF-8")
		case strings.ContainsRune(name, 0):
			return invalid("a profile's name with a NUL")
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
	all := []object{} // empty rather than null
	if email := emailForms(q.EmailPrefix); email[0] != "" {
		either := []object{{"prefix": object{"key": email[0]}}}
		for _, text := range email[1:] {
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
		bounds["gte"] = userjson.Time(q.CreatedFrom)
	}
	if !q.CreatedBefore.IsZero() {
		bounds["lt"] = userjson.Time(q.CreatedBefore)
	}
	if len(bounds) > 0 {
		all = append(all, object{"range": object{"created_at": bounds}})
	}
	return all
}

func anyOf(queries []object) object {
	return object{"bool": object{"should": queries, "minimum_should_match": 1}}
}

// emailForms returns the canonical form of the beginning of an address, and then the
// forms in which it may be stored as it was typed.
func emailForms(prefix string) []string {
	prefix = strings.TrimSpace(prefix)
	return append([]string{norm.NFC.String(strings.ToLower(prefix))}, forms(prefix)...)
}

// forms returns the forms in which text may be stored. The index doesn't normalize
// them.
func forms(text string) []string {
	all := []string{text, norm.NFC.String(text), norm.NFD.String(text)}
	slices.Sort(all)
	return slices.Compact(all)
}

// order returns the fields to sort by. The value of the last is unique.
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
