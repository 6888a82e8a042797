package storetest

import (
	"context"
	"fmt"
	"strings"

	"github.com/gosignup/signup"
)

func profile(ctx context.Context, s signup.Store) error {
	plain, err := create(ctx, s, "id-plain", "plain@example.org")
	if err != nil {
		return err
	}
	many := map[string]string{}
	for i := range 20 {
		many[fmt.Sprintf("field_%d", i)] = fmt.Sprintf("value %d", i)
	}
	for i, c := range []struct {
		name    string
		entries map[string]string
	}{
		{"20 entries", many},
		// The longest name and value that Accounts accepts.
		{"a value of 1024 code points", map[string]string{strings.Repeat("n", 64): strings.Repeat("😀", 1024)}},
		{"names that differ in case", map[string]string{"company": "lower", "Company": "title", "COMPANY": "upper"}},
		{"an empty value", map[string]string{"company": ""}},
	} {
		u := newUser(fmt.Sprintf("id-%d", i), fmt.Sprintf("ada%d@example.org", i))
		u.Profile, plain.Profile = c.entries, c.entries
		if err := first(creates(ctx, s, &u), has(ctx, s, u), updates(ctx, s, &plain), has(ctx, s, plain)); err != nil {
			return fmt.Errorf("with %s in Profile: %w", c.name, err)
		}
	}
	return nil
}
