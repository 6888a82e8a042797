package esstore

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/gosignup/signup"
)

// A Query selects and orders the users that [Store.SearchText] lists. It adds conditions
// that only this package has to those of [signup.Query]. A user must meet all of them. The
// zero Query lists all users, in the order of their creation.
//
// [signup.Query.Matcher] and the other methods that Query has from [signup.Query] don't use
// these conditions.
type Query struct {
	signup.Query

	// NameWords has whole words in any order, in at most 250 characters. The first or the
	// last name must have each of them. Text is divided into words as in Unicode
	// (UAX #29): at spaces and hyphens, and not at the apostrophe in "O'Neil". Text
	// without any word, such as " - ", matches no user. Letter case and normalization
	// make no difference, as in a NamePrefix, and no character has a special meaning.
	NameWords string
	// Profile has the exact values of declared extra fields, by name. It doesn't
	// match values of more than 4,096 UTF-16 units. An absent field has no value, not
	// even "". A name and its value have at most 32,765 bytes together.
	Profile map[string]string

	// PageSize is the number of users in a request, and so in memory. 0 means 1,000.
	// The maximum is 10,000 (index.max_result_window). A request has fewer users if
	// the response would be longer than 64 MiB, or if Limit is reached with it.
	PageSize int
}

const (
	defaultPageSize = 1000
	maxPageSize     = 10_000
	// maxQueryText is in characters. It limits the number of clauses that the words
	// make (indices.query.bool.max_clause_count, at least 1,024).
	maxQueryText = 250
)

// An object is a JSON object.
type object = map[string]any

// secretMembers are the members of a document that Search never reads, and that
// Export reads only with ExportOptions.Hashes.
var secretMembers = []string{"password", "security_stamp", "private"}

// placeholders is the query for the documents that are not users.
var placeholders = object{"term": object{"placeholder": true}}

// Check returns [signup.ErrInvalid] if q isn't valid. [Store.SearchText] calls it.
func (q Query) Check() error {
	if err := q.Query.Check(); err != nil {
		return err
	}
	invalid := func(format string, args ...any) error {
		return fmt.Errorf("esstore: query with %s: %w", fmt.Sprintf(format, args...), signup.ErrInvalid)
	}
	switch {
	case q.PageSize < 0 || q.PageSize > maxPageSize:
		return invalid("a page of %d users", q.PageSize)
	case !utf8.ValidString(q.NameWords):
		return invalid("text that is not UTF-8")
	case utf8.RuneCountInString(q.NameWords) > maxQueryText:
		return invalid("words of more than %d characters", maxQueryText)
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
	return nil
}

// body returns the body of the request for the first page, without the point in
// time. q must be valid.
func (q Query) body() object {
	body := object{
		"query":            object{"bool": object{"filter": q.conditions(), "must_not": placeholders}},
		"sort":             q.order(),
		"_source":          object{"excludes": append([]string{"write_token"}, secretMembers...)},
		"track_total_hits": false,
	}
	if !q.After.IsZero() {
		body["search_after"] = q.after()
	}
	return body
}
