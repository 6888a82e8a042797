package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/gosignup/signup"
)

// A listed is a store under test, and what it should list.
type listed struct {
	store   SearchStore
	refresh func(context.Context) error
	users   []signup.User // as stored, also placeholders
}

// newListed returns a listed with the users of searchedUsers.
func newListed(ctx context.Context, s SearchStore, o SearchOptions) (*listed, error) {
	l := &listed{store: s, users: searchedUsers(), refresh: func(ctx context.Context) error {
		if o.Refresh == nil {
			return nil
		}
		return o.Refresh(ctx, s)
	}}
	for i := range l.users {
		if err := creates(ctx, s, &l.users[i]); err != nil {
			return nil, err
		}
	}
	return l, l.refresh(ctx)
}

// A searchText is text in the three forms in which a prefix matches.
type searchText struct{ given, nfc, nfd string }

func plainText(s string) searchText { return searchText{s, s, s} }

// The names and local parts that users have. Some differ only in letter case or
// normalization, some have characters that a database's patterns treat specially, and two
// have another order in UTF-16 than by code points.
var (
	searchedNames = []string{
		"Ada", "ada", "ADA LOVELACE", "Adam", "", "Élise", "E\u0301lise", "élan", "eagle", "Zoë", "zebra", "Örn",
		"O'Neil", "a%b", "a_b", "axb", `a\b`, "a*b", "[a]", "İpek", "ipek", "ß", "SS", "ſ", "\U0001d11e", "\uff5e", "_", "Z", "å",
	}
	searchedDomains = []string{"example.org", "Example.COM", "bücher.example", "b.example"}
)

// searchedUsers returns 120 users, some of them placeholders.
func searchedUsers() []signup.User {
	begin := time.Date(1969, time.December, 31, 23, 59, 59, 998e6, time.UTC)
	var users []signup.User
	for i := range 120 {
		local := []string{"ada", "Ada.Lovelace", "zoë", "a_b", "a%b", "grace"}[i%6]
		u := newUser(fmt.Sprintf("id-%03d", i), fmt.Sprintf("%s.%d@%s", local, i/6, searchedDomains[i/6%4]))
		u.FirstName = searchedNames[i%len(searchedNames)]
		u.LastName = searchedNames[(i*7+i/29)%len(searchedNames)]
		u.CreatedAt = begin.Add(time.Duration(i*37%40) * time.Millisecond) // three users at each time
		u.Active = i%3 != 0
		u.EmailVerifiedAt = time.Time{}
		if i%4 == 1 {
			u.EmailVerifiedAt = begin.Add(time.Hour)
		}
		u.Placeholder = i%10 == 7
		if i%20 == 8 {
			u.ID = users[i-1].ID // that of the placeholder before, as during a change of address
		}
		users = append(users, u)
	}
	return users
}

// want returns what q should list, found in the slice of all users. email and name are the
// forms of q's prefixes.
func (l *listed) want(q signup.Query, email, name searchText) []signup.User {
	var users []signup.User
	for _, u := range l.users {
		if !u.Placeholder && l.matches(q, email, name, u) {
			users = append(users, u)
		}
	}
	slices.SortFunc(users, func(a, b signup.User) int {
		order := comparePlainly(q.Sort, a, b)
		if q.Descending {
			return -order
		}
		return order
	})
	if q.Limit > 0 {
		users = users[:min(q.Limit, len(users))]
	}
	return users
}

func (l *listed) matches(q signup.Query, email, name searchText, u signup.User) bool {
	created := u.CreatedAt.UnixMilli()
	return (len(q.IDs) == 0 || slices.Contains(q.IDs, u.ID)) &&
		(q.CreatedFrom.IsZero() || created >= q.CreatedFrom.UnixMilli()) &&
		(q.CreatedBefore.IsZero() || created < q.CreatedBefore.UnixMilli()) &&
		(q.Active == nil || *q.Active == u.Active) &&
		(q.EmailVerified == nil || *q.EmailVerified != u.EmailVerifiedAt.IsZero()) &&
		(email.begins(u.Email) || strings.HasPrefix(u.Key(), lower(email.nfc))) &&
		(name.begins(u.FirstName) || name.begins(u.LastName))
}

// begins reports whether text begins with s in one of its forms, in any letter case.
func (s searchText) begins(text string) bool {
	return slices.ContainsFunc([]string{s.given, s.nfc, s.nfd}, func(form string) bool {
		return strings.HasPrefix(lower(text), lower(form))
	})
}

func lower(text string) string { return strings.Map(unicode.ToLower, text) }

// comparePlainly compares two users in an order, the key last.
func comparePlainly(sort signup.Sort, a, b signup.User) int {
	order := 0
	last := func(name string) string { // the highest code point comes after all others
		if name == "" {
			return "\U0010ffff"
		}
		return lower(name)
	}
	switch sort {
	case signup.SortByCreation:
		order = a.CreatedAt.Truncate(time.Millisecond).Compare(b.CreatedAt.Truncate(time.Millisecond))
	case signup.SortByName:
		if order = strings.Compare(last(a.LastName), last(b.LastName)); order == 0 {
			order = strings.Compare(last(a.FirstName), last(b.FirstName))
		}
	}
	if order == 0 {
		order = strings.Compare(a.Key(), b.Key())
	}
	return order
}
