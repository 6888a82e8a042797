package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"text/tabwriter"

	"github.com/gosignup/signup"
)

var showCommand = command{
	name: "show", operand: "ADDRESS", about: "show a user", quick: true,
	more: `It shows everything except the hash, the security stamp and the private data. Of the
hash, it shows the scheme.`,
	prepare: withoutFlags(withUsers(show)),
}

func show(ctx context.Context, c *call, s store) error {
	u, err := get(ctx, s, c.args[0])
	if err != nil {
		return err
	}
	shown := newShownUser(u)
	if c.json {
		return writeJSON(c.stdout, struct {
			signup.PublicUser
			Key     string `json:"key"`
			KeyRule string `json:"key_rule"`
			Scheme  string `json:"password_scheme"`
		}{shown, u.Key(), u.KeyRule(), schemeOf(u.PasswordHash)})
	}
	w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	for _, line := range [][2]string{
		{"address", shown.Email}, {"key", u.Key()}, {"key rule", u.KeyRule()}, {"name", nameOf(shown)}, {"id", u.ID},
		{"active", yesOrNo(u.Active)}, {"verified", when(u.EmailVerifiedAt)},
		{"created", when(u.CreatedAt)}, {"updated", when(u.UpdatedAt)}, {"password", schemeOf(u.PasswordHash)},
	} {
		_, _ = fmt.Fprintf(w, "%s\t%s\n", line[0], oneLine(line[1]))
	}
	for _, name := range slices.Sorted(maps.Keys(u.Profile)) {
		_, _ = fmt.Fprintf(w, "profile %s\t%s\n", oneLine(name), oneLine(u.Profile[name]))
	}
	return w.Flush()
}

// schemeOf describes a hash without showing any of it.
func schemeOf(h signup.Hash) string {
	switch scheme := h.Scheme(); {
	case h == "":
		return "none"
	case scheme == "":
		return "unknown"
	default:
		return scheme
	}
}
