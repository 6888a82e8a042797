package sqlstore

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gosignup/signup"
)

const (
	// noName is kept for a name that comes after all others in a listing.
	noName = "\U0010ffff"
	// maxLowerEmail is in bytes. No prefix of a Query is longer, and an index of PostgreSQL
	// can keep it.
	maxLowerEmail = 1000
)

// orders returns the values of first_order, last_order, first_long and last_long. The first
// two are the beginnings of the names in lower case. If one of them isn't the whole name,
// the other two are both names in lower case; otherwise they are NULL. All are computed here
// so that both databases order alike, whatever their rules of letter case.
func orders(u signup.User) []any {
	p := signup.Query{Sort: signup.SortByName}.PositionOf(u)
	first, last := order(p.FirstName), order(p.LastName)
	indexedFirst, indexedLast := indexedName(first), indexedName(last)
	if first == indexedFirst && last == indexedLast {
		return []any{first, last, nil, nil}
	}
	return []any{indexedFirst, indexedLast, first, last}
}

// indexedName returns the beginning of a name that first_order and last_order keep.
func indexedName(name string) string {
	n := 0
	for i := range name {
		if n == maxIndexedName {
			return name[:i]
		}
		n++
	}
	return name
}

// order returns a name in lower case as it is kept for listings, where it has its place by
// the order of bytes. The beginning of a name becomes the beginning of
// what is kept, so that "" is no beginning.
func order(name string) string {
	switch {
	case name == "":
		return noName
	case strings.HasPrefix(name, noName), strings.HasPrefix(name, "\U0010fffe"):
		return "\U0010fffe" + name // before noName
	}
	return name
}

// lowerEmail returns the value of email_lower: nil, for NULL, if it is the key.
func lowerEmail(u signup.User) any {
	text := strings.ToLower(u.Email)
	if text == u.Key() {
		return nil
	}
	if len(text) > maxLowerEmail {
		end := maxLowerEmail
		for !utf8.RuneStart(text[end]) {
			end--
		}
		text = text[:end]
	}
	return text
}

// orderOf returns the columns that users are ordered by. They are unique. By name, this is
// for users without long names.
func orderOf(sort signup.Sort) []string {
	switch sort {
	case signup.SortByEmail:
		return []string{"key"}
	case signup.SortByName:
		return []string{"last_order", "first_order", "key"}
	}
	return []string{"created_at", "key"}
}

// placeOf returns the values of these columns at q.After; nil for the zero Position. Values
// that no user has, because the databases can't keep them, become the next ones that a user
// can have.
func placeOf(d Dialect, q signup.Query) []any {
	p := q.After
	if p.IsZero() {
		return nil
	}
	switch q.Sort {
	case signup.SortByEmail:
		return storablePlace(q.Descending, p.Key)
	case signup.SortByName:
		return storablePlace(q.Descending, order(p.LastName), order(p.FirstName), p.Key)
	}
	at := p.CreatedAt.Truncate(time.Millisecond)
	if at.Before(p.CreatedAt) {
		return []any{stamp(d, at.Add(time.Millisecond)), ""}
	}
	return append([]any{stamp(d, at)}, storablePlace(q.Descending, p.Key)...)
}

// storablePlace returns texts, up to the first NUL. "\x01" instead of it is the least text
// without NUL that comes after texts up to there. A user whose last text is just that comes
// after the place, too: so an ascending order continues after the text before the NUL.
func storablePlace(descending bool, texts ...string) []any {
	place := make([]any, len(texts))
	cut := false
	for i, text := range texts {
		before, _, found := strings.Cut(text, "\x00")
		switch {
		case cut:
			place[i] = ""
		case found && i == len(texts)-1 && !descending:
			place[i] = before
		case found:
			place[i], cut = before+"\x01", true
		default:
			place[i] = text
		}
	}
	return place
}

// afterPrefix returns the least text that comes after all texts with the prefix; "" if there
// is none.
func afterPrefix(prefix string) string {
	for prefix != "" {
		r, n := utf8.DecodeLastRuneInString(prefix)
		prefix = prefix[:len(prefix)-n]
		switch r {
		case utf8.MaxRune:
		case 0xd7ff: // UTF-8 has no surrogates, which follow
			return prefix + "\ue000"
		default:
			return prefix + string(r+1)
		}
	}
	return ""
}
