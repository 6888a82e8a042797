package integration

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"
	"unicode/utf16"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

// expected returns the users of all that q asks for, in order, as Search promises.
func expected(all []signup.User, q esstore.Query) []signup.User {
	var found []signup.User
	meets := conditions(q)
	for _, u := range all {
		if meets(u) {
			found = append(found, u)
		}
	}
	slices.SortFunc(found, func(u, v signup.User) int {
		var order int
		switch q.Sort {
		case signup.SortByCreation:
			order = toMillis(u.CreatedAt).Compare(toMillis(v.CreatedAt))
		case signup.SortByName:
			order = cmp.Or(compareNames(u.LastName, v.LastName), compareNames(u.FirstName, v.FirstName))
		}
		order = cmp.Or(order, strings.Compare(u.Key(), v.Key()))
		if q.Descending {
			return -order
		}
		return order
	})
	return found
}

// compareNames puts the empty name after all others.
func compareNames(a, b string) int {
	a, b = raw(a), raw(b)
	if (a == "") != (b == "") {
		return cmp.Compare(len(b), len(a))
	}
	return strings.Compare(a, b)
}

// conditions returns a function that reports whether a user meets q.
func conditions(q esstore.Query) func(signup.User) bool {
	email := strings.TrimSpace(q.EmailPrefix)
	emails, names, asked := forms(strings.ToLower(email)), forms(strings.ToLower(q.NamePrefix)), [][]string{}
	for _, text := range forms(strings.ToLower(q.NameWords)) {
		if w := words(text); len(w) > 0 {
			asked = append(asked, w)
		}
	}
	begins := func(text string, prefixes []string) bool {
		return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(text, p) })
	}
	from, before := toMillis(q.CreatedFrom), toMillis(q.CreatedBefore)
	return func(u signup.User) bool {
		// Forms are of the lower case here: for these characters it is the same.
		if email != "" && !begins(strings.ToLower(u.Email), emails) && !strings.HasPrefix(u.Key(), emails[1]) {
			return false
		}
		if q.NamePrefix != "" && !begins(raw(u.FirstName), names) && !begins(raw(u.LastName), names) {
			return false
		}
		if q.NameWords != "" {
			has := func(w string) bool {
				return slices.Contains(words(u.FirstName), w) || slices.Contains(words(u.LastName), w)
			}
			if !slices.ContainsFunc(asked, func(all []string) bool {
				return !slices.ContainsFunc(all, func(w string) bool { return !has(w) })
			}) {
				return false
			}
		}
		for name, value := range q.Profile {
			if v, ok := u.Profile[name]; !ok || v != value || len(utf16.Encode([]rune(v))) > 4096 {
				return false
			}
		}
		at := toMillis(u.CreatedAt)
		return (q.CreatedFrom.IsZero() || !at.Before(from)) && (q.CreatedBefore.IsZero() || at.Before(before))
	}
}

// Of all characters with two forms that occur here.
var (
	composed   = strings.NewReplacer("e\u0301", "é", "U\u0308", "Ü", "u\u0308", "ü", "A\u030a", "Å", "a\u030a", "å")
	decomposed = strings.NewReplacer("é", "e\u0301", "Ü", "U\u0308", "ü", "u\u0308", "Å", "A\u030a", "å", "a\u030a")
)

func forms(text string) []string {
	return []string{text, composed.Replace(text), decomposed.Replace(text)}
}

func toMillis(at time.Time) time.Time { return at.UTC().Truncate(time.Millisecond) }

// raw returns a name as it is searched by its beginning, and sorted.
var raw = remembered(func(name string) string {
	if len(utf16.Encode([]rune(name))) > 1024 {
		return ""
	}
	return strings.ToLower(name)
})

// words returns the words of the names that occur here.
var words = remembered(func(name string) []string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case strings.ContainsRune(` -,"*\()!`, r):
			b.WriteByte(' ')
		case unicode.Is(unicode.Han, r):
			b.WriteString(" " + string(r) + " ")
		default:
			b.WriteRune(r)
		}
	}
	return strings.Fields(b.String())
})

// remembered returns f with its results kept, as it is called with few names often. Several
// tests may call it at once.
func remembered[T any](f func(string) T) func(string) T {
	var mu sync.Mutex
	results := map[string]T{}
	return func(name string) T {
		mu.Lock()
		defer mu.Unlock()
		result, ok := results[name]
		if !ok {
			result = f(name)
			results[name] = result
		}
		return result
	}
}

var (
	firstNames = []string{
		"", "Ada", "ADA", "Adam", "Jean-Luc", "José", "Jose\u0301", "JOSÉ", "Åsa", "A\u030asa", "Мария", "МАРИЯ", "Ελένη", "ΕΛΕΝΗ",
		"محمد", "太郎", "𐐀𐐁", "İpek", "ipek", "हिन्दी", "Ada Ada", "a*", `a"b`, `a\b`, "Straße", "STRASSE", "1st", "NULL", " ", "(x) OR !y",
		strings.Repeat("Ada ", 256), strings.Repeat("Ada ", 256) + "x",
	}
	lastNames = []string{
		"", "Lovelace", "LOVELACE", "lovelace", "van Rossum", "Van", "O'Neil", "O’Neil", "Müller", "Mu\u0308ller", "MÜLLER", "Müllerin",
		"Smith-Jones", "Smith, Jones", "山田", "山田太郎", "Ångström", "Иванов", "ΟΔΥΣΣΕΥΣ", "ada", "𐐁", "*", `\`, "Zz\u00a0Top", "van",
	}
	localParts = []string{
		"ada", "Ada", "ADA", "ada+tag", "a.d.a", "josé", "JOSÉ", "jose\u0301", "ünal", "u\u0308nal", "o'neil", "a*b", "a_b", "straße", "иван", "太郎", "!#$%&'*+-/=?^_`{|}~",
	}
	domains       = []string{"example.org", "EXAMPLE.org", "example.com", "bücher.example", "xn--bcher-kva.example", "BÜCHER.example", "例え.テスト"}
	profileNames  = []string{"company", "com", "a.b", "a", "a b", `"`, `\`, "*", "com*", "..", ".", "é", "e\u0301", "password", "_source", "company.keyword"}
	profileValues = []string{"", " ", "x", "X", "a.b", `"`, `\`, `\"`, "*", "x*", "é", "e\u0301", "true", "1", "null", "a\x00b", "Engines & Sons", "𐐀",
		strings.Repeat("v", 4096), strings.Repeat("v", 4097)}
	creations = []time.Time{
		{}, time.Unix(0, 0), time.Unix(-1, 999e6), time.Date(1, 1, 1, 0, 0, 0, 1e6, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 900e6, time.UTC),
		time.Date(2014, 12, 6, 22, 55, 0, 123e6, time.UTC), time.Date(2014, 12, 6, 22, 55, 0, 124e6, time.UTC), time.Date(2014, 12, 6, 23, 55, 0, 123e6, time.FixedZone("", 3600)),
	}
)

// nasty returns user number n, by chance, without a hash.
func nasty(t *testing.T, r *rand.Rand, n int) signup.User {
	t.Helper()
	pick := func(from []string) string {
		text := from[r.IntN(len(from))]
		if len(text) > 1000 && r.IntN(10) > 0 { // a few do
			return ""
		}
		return text
	}
	u := signup.User{
		ID: fmt.Sprintf("id-%d", n), Email: fmt.Sprintf("%s.%d@%s", pick(localParts), n, pick(domains)),
		FirstName: pick(firstNames), LastName: pick(lastNames), Active: true,
		CreatedAt: creations[r.IntN(len(creations))], UpdatedAt: time.Unix(0, 0),
	}
	for range r.IntN(4) {
		if u.Profile == nil {
			u.Profile = map[string]string{}
		}
		u.Profile[pick(profileNames)] = pick(profileValues)
	}
	if u.Key() == "" {
		t.Fatalf("user %d: got no key, want one", n)
	}
	u.SetKey(u.Key(), u.KeyRule()) // which otherwise is made each time anew
	return u
}

func nastyUsers(t *testing.T, r *rand.Rand, count int) []signup.User {
	t.Helper()
	all := make([]signup.User, count)
	for n := range all {
		all[n] = nasty(t, r, n)
	}
	return all
}

// questions are queries of every kind.
func questions() []esstore.Query {
	var all []esstore.Query
	for _, sort := range []signup.Sort{signup.SortByCreation, signup.SortByEmail, signup.SortByName} {
		all = append(all, esstore.Query{Query: signup.Query{Sort: sort}}, esstore.Query{Query: signup.Query{Sort: sort, Descending: true}})
	}
	for _, text := range slices.Concat(localParts, []string{
		"ADA.1", "ada.1@", "a", "jOs", "JOSE\u0301.", "Ünal", "U\u0308", "*", "a?", "ada.*", "ada OR", `"`, "nobody", "\x00", " ada", "Ada.1@\n", " \u3000", "例", "xn--",
	}) {
		all = append(all, esstore.Query{Query: signup.Query{EmailPrefix: text}})
	}
	for i, local := range localParts { // users 0 to 16 have these
		for _, domain := range []string{"BÜCHER", "bu\u0308cher", "xn--bcher", "例え"} {
			all = append(all, esstore.Query{Query: signup.Query{EmailPrefix: fmt.Sprintf("%s.%d@%s", local, i, domain)}})
		}
	}
	for _, text := range slices.Concat(firstNames[1:len(firstNames)-2], lastNames[1:]) {
		all = append(all, esstore.Query{Query: signup.Query{NamePrefix: text}}, esstore.Query{NameWords: text})
	}
	for _, text := range []string{
		"a", "Ja", "MU\u0308", "mü", "𐐨", "İ", "i", "ίο", ".*", "*", "?", "[a-z]", "nobody", "σ", "\x00", strings.Repeat("ada ", 62),
	} {
		all = append(all, esstore.Query{Query: signup.Query{NamePrefix: text}})
	}
	for _, text := range []string{
		"rossum VAN", "ada lovelace", "Lovelace  ADA", "jones-smith", "luc ada", "mu\u0308ller ada", "MÜLLER josé", "luc JEAN ada", "-", " ", "-, ()",
		"ada OR adam", "ad", "oneil", "o", "lov*", "name:ada", "山", "田山", "strasse", "top", strings.Repeat("ada ", 62),
	} {
		all = append(all, esstore.Query{NameWords: text})
	}
	for _, name := range profileNames {
		all = append(all, esstore.Query{Profile: map[string]string{name: "x"}}, esstore.Query{Profile: map[string]string{name: ""}})
	}
	for _, value := range profileValues {
		all = append(all, esstore.Query{Profile: map[string]string{"company": value}}, esstore.Query{Profile: map[string]string{"a.b": value}})
	}
	for _, name := range []string{"b", "a.b.c", "nobody", "Company", " company", "profile.company", "b.a", "comp", `\*`} {
		all = append(all, esstore.Query{Profile: map[string]string{name: "x"}})
	}
	for _, at := range creations {
		all = append(all, esstore.Query{Query: signup.Query{CreatedFrom: at}}, esstore.Query{Query: signup.Query{CreatedBefore: at}},
			esstore.Query{Query: signup.Query{CreatedFrom: at, CreatedBefore: at.Add(time.Millisecond - 1)}},
			esstore.Query{Query: signup.Query{CreatedFrom: at.Add(999_999), CreatedBefore: at.Add(time.Millisecond)}})
	}
	return append(all,
		esstore.Query{Query: signup.Query{CreatedFrom: time.Unix(1, 0), CreatedBefore: time.Unix(0, 0)}},
		esstore.Query{Query: signup.Query{NamePrefix: "a", EmailPrefix: "a", CreatedFrom: time.Unix(-1, 0), Sort: signup.SortByName}, NameWords: "lovelace"},
		esstore.Query{Query: signup.Query{EmailPrefix: "A", Sort: signup.SortByEmail, Descending: true}, Profile: map[string]string{"company": "x"}},
		esstore.Query{Query: signup.Query{NamePrefix: "Ada"}, Profile: map[string]string{"a.b": "x", "a": "x"}},
		esstore.Query{Query: signup.Query{NamePrefix: "a", CreatedBefore: time.Unix(1, 0), Sort: signup.SortByName, Descending: true}},
	)
}
