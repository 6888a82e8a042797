package esstore_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

// Each order and each condition by itself, and some together, as Elasticsearch is asked.
func TestSearchQueries(t *testing.T) {
	at := time.Date(2014, time.December, 6, 22, 55, 0, 123_999_999, time.FixedZone("", 3600))
	const byCreation = `[{"created_at":{"missing":"_last","order":"asc"}},{"key":{"missing":"_last","order":"asc"}}]`
	const byName = `[{"last_name.raw":{"missing":"_last","order":"asc"}},{"first_name.raw":{"missing":"_last","order":"asc"}},` +
		`{"key":{"missing":"_last","order":"asc"}}]`
	descending := strings.NewReplacer(`"_last"`, `"_first"`, `"asc"`, `"desc"`).Replace
	for _, c := range []struct {
		query        signup.Query
		filter, sort string
	}{
		{signup.Query{}, "", byCreation},
		{signup.Query{Descending: true}, "", descending(byCreation)},
		{signup.Query{Sort: signup.SortByEmail}, "", `[{"key":{"missing":"_last","order":"asc"}}]`},
		{signup.Query{Sort: signup.SortByName}, "", byName},
		{signup.Query{Sort: signup.SortByName, Descending: true}, "", descending(byName)},
		{signup.Query{EmailPrefix: "\tAda* "},
			`{"bool":{"minimum_should_match":1,"should":[{"prefix":{"key":"ada*"}},{"prefix":{"email_address.lower":"ada*"}}]}}`, byCreation},
		{signup.Query{EmailPrefix: "E\u0301"},
			`{"bool":{"minimum_should_match":1,"should":[{"prefix":{"key":"é"}},{"prefix":{"email_address.lower":"e` + "\u0301" + `"}},{"prefix":{"email_address.lower":"é"}}]}}`, byCreation},
		{signup.Query{EmailPrefix: " \t"}, "", byCreation},
		{signup.Query{NamePrefix: `"\`},
			`{"bool":{"minimum_should_match":1,"should":[{"prefix":{"first_name.raw":"\"\\"}},{"prefix":{"last_name.raw":"\"\\"}}]}}`, byCreation},
		{signup.Query{IDs: []string{"b", "a", ""}}, `{"terms":{"id":["b","a",""]}}`, byCreation},
		{signup.Query{IDs: []string{strings.Repeat("a", 32767)}}, `{"terms":{"id":[]}}`, byCreation}, // no user can have it
		{signup.Query{CreatedFrom: at, CreatedBefore: at.Add(time.Hour)},
			`{"range":{"created_at":{"gte":"2014-12-06T21:55:00.123Z","lt":"2014-12-06T22:55:00.123Z"}}}`, byCreation},
		{signup.Query{Active: new(true)}, `{"term":{"is_active":true}}`, byCreation},
		{signup.Query{Active: new(false)}, `{"term":{"is_active":false}}`, byCreation},
		{signup.Query{EmailVerified: new(true)}, `{"exists":{"field":"email_verified_at"}}`, byCreation},
		{signup.Query{EmailVerified: new(false)}, `{"bool":{"must_not":{"exists":{"field":"email_verified_at"}}}}`, byCreation},
		{signup.Query{CreatedBefore: at, NamePrefix: "x", Active: new(true), IDs: []string{"a"}},
			`{"bool":{"minimum_should_match":1,"should":[{"prefix":{"first_name.raw":"x"}},{"prefix":{"last_name.raw":"x"}}]}},` +
				`{"terms":{"id":["a"]}},{"range":{"created_at":{"lt":"2014-12-06T21:55:00.123Z"}}},{"term":{"is_active":true}}`, byCreation},
	} {
		f := newFake(t, setUp, opened("A"), listed("A"), closed)
		wantList(t, f.store().Search(t.Context(), c.query))
		wantQuery(t, f.calls[2], c.filter, c.sort)
	}

	for _, c := range []struct {
		query  esstore.Query
		filter string
	}{
		{esstore.Query{}, ""},
		{esstore.Query{NameWords: "a OR b"},
			`{"bool":{"minimum_should_match":1,"should":[{"match":{"name":{"operator":"and","query":"a or b","zero_terms_query":"none"}}}]}}`},
		{esstore.Query{NameWords: " "},
			`{"bool":{"minimum_should_match":1,"should":[{"match":{"name":{"operator":"and","query":" ","zero_terms_query":"none"}}}]}}`},
		{esstore.Query{Profile: map[string]string{"a.b *": ""}}, `{"term":{"profile.a.b *":""}}`},
		{esstore.Query{Query: signup.Query{Active: new(true)}, Profile: map[string]string{"a": "b"}},
			`{"term":{"profile.a":"b"}},{"term":{"is_active":true}}`},
	} {
		f := newFake(t, setUp, opened("A"), listed("A"), closed)
		wantList(t, f.store().SearchText(t.Context(), c.query))
		wantQuery(t, f.calls[2], c.filter, byCreation)
	}
}

// wantQuery checks the conditions and the order of a request for a page, which is the first.
func wantQuery(t *testing.T, c call, filter, sort string) {
	t.Helper()
	b := searched(t, c)
	if want := `{"bool":{"filter":[` + filter + `],"must_not":{"term":{"placeholder":true}}}}`; string(b.Query) != want {
		t.Errorf("got query %s, want %s", b.Query, want)
	}
	if string(b.Sort) != sort {
		t.Errorf("got sort %s, want %s", b.Sort, sort)
	}
	if b.After != nil {
		t.Errorf("got a search after %s, want the first page", b.After)
	}
}

// Check and SearchText return the same error. No request is sent.
func TestSearchInvalid(t *testing.T) {
	long := strings.Repeat("ä", 251)
	at := time.Now()
	for name, q := range map[string]esstore.Query{
		"size below 0":         {PageSize: -1},
		"size above 10,000":    {PageSize: 10_001},
		"no such order":        {Query: signup.Query{Sort: signup.SortByName + 1}},
		"an order below":       {Query: signup.Query{Sort: -1}},
		"address not UTF-8":    {Query: signup.Query{EmailPrefix: "Ada.Qx\xff"}},
		"prefix not UTF-8":     {Query: signup.Query{NamePrefix: "Adaqx\xff"}},
		"words not UTF-8":      {NameWords: "Adaqx\xed\xa0\x80"},
		"name not UTF-8":       {Profile: map[string]string{"Enginesqx\xff": ""}},
		"value not UTF-8":      {Profile: map[string]string{"a": "Enginesqx\xff"}},
		"name with NUL":        {Profile: map[string]string{"a\x00b": "Enginesqx"}},
		"long address":         {Query: signup.Query{EmailPrefix: long}},
		"long name":            {Query: signup.Query{NamePrefix: long}},
		"long when decomposed": {Query: signup.Query{NamePrefix: strings.Repeat("한", 250)}},
		"a byte more":          {Query: signup.Query{NamePrefix: strings.Repeat("한", 111) + "aa"}},
		"address, a byte more": {Query: signup.Query{EmailPrefix: strings.Repeat("한", 111) + "aa"}},
		"long when composed":   {Query: signup.Query{NamePrefix: strings.Repeat("\U0001d160", 84)}},
		"long in lower case":   {Query: signup.Query{EmailPrefix: strings.Repeat("한", 110) + "aaaaaaaaȺ"}},
		"decomposed into four": {Query: signup.Query{NamePrefix: strings.Repeat("ᾂ", 250)}},
		"many words":           {NameWords: strings.Repeat("a ", 126)},
		"long profile's name":  {Profile: map[string]string{strings.Repeat("x", 32766): ""}},
		"long value":           {Profile: map[string]string{"x": strings.Repeat("x", 32765)}},
		"a limit below 0":      {Query: signup.Query{Limit: -1}},
		"too many IDs":         {Query: signup.Query{IDs: make([]string, 1001)}},
		"ID not UTF-8":         {Query: signup.Query{IDs: []string{"Adaqx\xff"}}},
		"after no UTF-8":       {Query: signup.Query{After: signup.Position{Key: "Adaqx\xff"}}},
		"before year 0":        {Query: signup.Query{CreatedFrom: at.AddDate(-9000, 0, 0)}},
		"after year 9999":      {Query: signup.Query{CreatedBefore: at.AddDate(9000, 0, 0)}},
	} {
		f := newFake(t) // which fails on any request
		numbers, err := list(t, f.store().SearchText(t.Context(), q))
		if len(numbers) > 0 || !errors.Is(err, signup.ErrInvalid) || !isQueryError(err) {
			t.Errorf("%s: got %d users, error %v, want none and ErrInvalid", name, len(numbers), err)
		}
		if check := q.Check(); check == nil || err == nil || check.Error() != err.Error() {
			t.Errorf("%s: got %v from Check, want %v as from SearchText", name, check, err)
		}
		wantNoSecret(t, err)
	}
}

func isQueryError(err error) bool {
	return strings.HasPrefix(err.Error(), "signup: query with ") || strings.HasPrefix(err.Error(), "esstore: query with ")
}

// What can be asked for at most.
func TestSearchLimits(t *testing.T) {
	year := func(n int) time.Time { return time.Date(n, 1, 1, 0, 0, 0, 0, time.UTC) }
	for _, q := range []esstore.Query{
		{PageSize: 10_000},
		{Query: signup.Query{EmailPrefix: strings.Repeat("ä", 250), NamePrefix: strings.Repeat("ä", 250)}, NameWords: strings.Repeat("a ", 125)},
		{Profile: map[string]string{"x": strings.Repeat("x", 32764)}},
		{Query: signup.Query{EmailPrefix: strings.Repeat("한", 111) + "a", NamePrefix: strings.Repeat("한", 111) + "a"}},
		{Query: signup.Query{EmailPrefix: strings.Repeat(" ", 200) + strings.Repeat("𝔞", 50), NamePrefix: strings.Repeat("𝔞", 250)}},
		{Query: signup.Query{EmailPrefix: strings.Repeat("한", 110) + "aaaaaaaȺ"}, NameWords: strings.Repeat("한", 250)},
		{Query: signup.Query{CreatedFrom: year(0), CreatedBefore: year(9999), IDs: make([]string, 1000)}},
		{Query: signup.Query{CreatedFrom: year(2), CreatedBefore: year(1), Limit: math.MaxInt}},
	} {
		f := newFake(t, setUp, opened("A"), listed("A"), closed)
		wantList(t, f.store().SearchText(t.Context(), q))
	}
}
