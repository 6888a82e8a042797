package signup

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"
)

// storedForms returns the forms in which text may be stored, in lower case: as it is, NFC
// and NFD.
func storedForms(text string) []string {
	if text == "" {
		return nil
	}
	forms := []string{text, norm.NFC.String(text), norm.NFD.String(text)}
	for i, form := range forms {
		forms[i] = strings.ToLower(form)
	}
	slices.Sort(forms)
	return slices.Compact(forms)
}

// Matcher returns a function that reports whether a user meets the conditions of q,
// whatever q.After and q.Limit are. It is for Stores that have no index: they list these
// users in the order of [Query.Compare]. q must be valid; see [Query.Check]. The function is
// safe for concurrent use.
func (q Query) Matcher() func(User) bool {
	key, emails, names := q.KeyPrefix(), q.EmailPrefixes(), q.NamePrefixes()
	ids := make(map[string]bool, len(q.IDs))
	for _, id := range q.IDs {
		ids[id] = true
	}
	from, before := q.CreatedFrom.Truncate(time.Millisecond), q.CreatedBefore.Truncate(time.Millisecond)
	return func(u User) bool {
		created := u.CreatedAt.Truncate(time.Millisecond)
		switch {
		case u.Placeholder,
			q.Active != nil && u.Active != *q.Active,
			q.EmailVerified != nil && u.EmailVerifiedAt.IsZero() == *q.EmailVerified,
			len(ids) > 0 && !ids[u.ID],
			!q.CreatedFrom.IsZero() && created.Before(from),
			!q.CreatedBefore.IsZero() && !created.Before(before),
			key != "" && !strings.HasPrefix(u.Key(), key) && !beginsWith(u.Email, emails),
			len(names) > 0 && !beginsWith(u.FirstName, names) && !beginsWith(u.LastName, names):
			return false
		}
		return true
	}
}

// beginsWith reports whether text begins with one of prefixes, which are in lower case.
func beginsWith(text string, prefixes []string) bool {
	text = strings.ToLower(text)
	return slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(text, prefix) })
}

// Compare returns a negative number if a comes before b in the order of q, a positive
// number if it comes after b, and 0 if both have the same position.
func (q Query) Compare(a, b Position) int {
	order := 0
	switch q.Sort {
	case SortByCreation:
		order = a.CreatedAt.Compare(b.CreatedAt)
	case SortByName:
		order = cmp.Or(compareNames(a.LastName, b.LastName), compareNames(a.FirstName, b.FirstName))
	}
	order = cmp.Or(order, cmp.Compare(a.Key, b.Key))
	if q.Descending {
		return -order
	}
	return order
}

// compareNames puts the empty name after all others.
func compareNames(a, b string) int {
	if (a == "") != (b == "") {
		return cmp.Compare(len(b), len(a))
	}
	return cmp.Compare(a, b)
}
