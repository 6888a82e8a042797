package storetest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/gosignup/signup"
)

func searchAll(ctx context.Context, l *listed) error { return l.lists(ctx, signup.Query{}) }

func searchNoSecrets(ctx context.Context, l *listed) error {
	got, err := l.list(ctx, signup.Query{})
	if err != nil {
		return err
	}
	want := l.want(signup.Query{}, searchText{}, searchText{})
	if err := sameKeys("Search()", got, want); err != nil {
		return err
	}
	for i, u := range got {
		v := copyOf(want[i])
		v.PasswordHash, v.SecurityStamp, v.Private, v.Version = "", "", "", ""
		if !u.Equal(v) || u.Version != "" || u.KeyRule() != v.KeyRule() {
			return fmt.Errorf("got the user %+v with the rule %q, want %+v with the rule %q", u, u.KeyRule(), v, v.KeyRule())
		}
	}
	return nil
}

func searchSorts(ctx context.Context, l *listed) error {
	for _, q := range orders() {
		if err := l.lists(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// searchedPrefixes are beginnings of addresses and names. Some are of nothing.
var searchedPrefixes = []searchText{
	plainText("a"), plainText("ADA"), plainText("ada.lovelace.1@"), plainText("ada.0@example.org"), plainText("ada.0@example.orgs"),
	plainText("a_"), plainText("a%"), plainText("%"), plainText("_"), plainText(`a\`), plainText("a*"), plainText("*"), plainText("["),
	{"É", "É", "E\u0301"}, {"e\u0301", "é", "e\u0301"}, {"ZOE\u0308", "ZOË", "ZOE\u0308"}, {"zoë", "zoë", "zoe\u0308"},
	plainText("e"), plainText("ß"), plainText("ss"), plainText("ſ"), plainText("s"), plainText("i"), {"İ", "İ", "I\u0307"},
	plainText("o'"), plainText("\U0001d11e"), plainText("\uff5e"), {"å", "å", "a\u030a"}, {"\u212b", "å", "a\u030a"},
	plainText("ada.2@b\u00fc"), plainText("ada.2@xn--b"), plainText("grace.2@BU"), plainText("\x00"), plainText(strings.Repeat("a", 240)),
}

func searchEmails(ctx context.Context, l *listed) error {
	for _, text := range searchedPrefixes {
		for _, padded := range []string{text.given, " \t" + text.given + "\n"} {
			q := signup.Query{EmailPrefix: padded}
			got, err := l.list(ctx, q)
			if err != nil {
				return err
			}
			if err := sameKeys(describe(q), got, l.want(q, text, searchText{})); err != nil {
				return err
			}
		}
	}
	return nil
}

func searchNames(ctx context.Context, l *listed) error {
	for _, text := range searchedPrefixes {
		if err := l.listsForms(ctx, signup.Query{}, searchText{}, text); err != nil {
			return err
		}
	}
	return nil
}

func searchIDs(ctx context.Context, l *listed) error {
	many := make([]string, 1000)
	for i := range many {
		many[i] = fmt.Sprintf("id-%03d", i*3)
	}
	for _, ids := range [][]string{{}, {"id-004"}, {"ID-004"}, {"id-004", "id-004", "id-118", "none", ""}, {"id-007"}, {"none"}, many} {
		if err := l.lists(ctx, signup.Query{IDs: ids, Sort: signup.SortByEmail}); err != nil {
			return err
		}
	}
	return nil
}

func searchCreated(ctx context.Context, l *listed) error {
	at := l.users[1].CreatedAt
	for _, bounds := range [][2]time.Time{
		{at, {}}, {{}, at}, {at, at}, {at, at.Add(time.Millisecond)}, {at.Add(999_999), at.Add(1_999_999)},
		{at.Add(time.Hour), {}}, {{}, at.Add(-time.Hour)}, {at.In(time.FixedZone("", 3600)), {}},
		{time.UnixMilli(0), {}}, {{}, time.UnixMilli(0)}, {time.UnixMilli(-1), time.UnixMilli(1)},
	} {
		if err := l.lists(ctx, signup.Query{CreatedFrom: bounds[0], CreatedBefore: bounds[1]}); err != nil {
			return err
		}
	}
	return nil
}

func searchStates(ctx context.Context, l *listed) error {
	either := []*bool{nil, new(true), new(false)}
	for _, active := range either {
		for _, verified := range either {
			if err := l.lists(ctx, signup.Query{Active: active, EmailVerified: verified}); err != nil {
				return err
			}
		}
	}
	return nil
}

func searchLimit(ctx context.Context, l *listed) error {
	for _, limit := range []int{1, 2, 107, 108, 109, 1 << 20} {
		if err := l.lists(ctx, signup.Query{Limit: limit, Sort: signup.SortByName}); err != nil {
			return err
		}
	}
	return nil
}
