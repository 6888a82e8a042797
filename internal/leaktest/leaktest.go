// Package leaktest finds secrets in what a program has written.
package leaktest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"index/suffixarray"
	"net/url"
	"strconv"
	"strings"
)

// Planted begins a secret that a test has written to its output on purpose, so
// that a search that doesn't find it is known to be broken.
const Planted = "planted for the search: "

// Find returns those of the secrets that are in text as they are or in a form
// that a log would give them, without regard to case: quoted, or as bytes in
// decimal, hexadecimal or base64.
func Find(text string, secrets []string) (found []string) {
	index := suffixarray.New([]byte(strings.ToLower(text)))
	for _, s := range secrets {
		for _, form := range forms(s) {
			if index.Lookup([]byte(strings.ToLower(form)), 1) != nil {
				found = append(found, s)
				break
			}
		}
	}
	return found
}

func forms(s string) []string {
	quoted, _ := json.Marshal(s) // a string can't fail
	decimal := strings.Trim(fmt.Sprint([]byte(s)), "[]")
	source := strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", []byte(s)), "[]byte{"), "}")
	all := []string{
		s, inner(string(quoted)), inner(strconv.Quote(s)), inner(strconv.QuoteToASCII(s)), url.QueryEscape(s), url.PathEscape(s),
		decimal, strings.ReplaceAll(decimal, " ", ","), strings.ReplaceAll(decimal, " ", ", "),
		source, fmt.Sprintf("%x", s), fmt.Sprintf("% x", s),
	}
	// In base64 it looks different at each place modulo three.
	for before := range 3 {
		bits := 8 * (before + len(s))
		encoded := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("\x00", before) + s))
		whole := encoded[(8*before+5)/6 : bits/6]
		all = append(all, whole, strings.NewReplacer("+", "-", "/", "_").Replace(whole))
	}
	return all
}

func inner(quoted string) string { return quoted[1 : len(quoted)-1] }
