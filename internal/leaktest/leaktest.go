// Package leaktest finds secrets in what a program has written: those that are
// given, or those of the tests, which it recognises.
package leaktest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Find returns those of the secrets that are in text as they are or in a form
// that a log, a URL or a page would give them, without regard to case: quoted,
// escaped, or as bytes in decimal, hexadecimal or base64. It takes one pass over
// text, however many the secrets are.
func Find(text string, secrets []string) (found []string) {
	p := patterns{width: 8, owners: make(map[string][]int)}
	for i, s := range secrets {
		if s == "" {
			continue
		}
		for _, form := range forms(s) {
			p.add(form, i)
		}
	}
	in := p.find(strings.ToLower(text))
	for i, s := range secrets {
		if in[i] {
			found = append(found, s)
		}
	}
	return found
}

// Patterns are texts to look for, all at once: where the first width bytes of
// one stand, those of each length that begin so are looked up.
type patterns struct {
	width  int              // 8, or less if there is a shorter text
	owners map[string][]int // which secrets a text is of
}

func (p *patterns) add(form string, owner int) {
	form = strings.ToLower(form)
	p.width = min(p.width, len(form))
	if o := p.owners[form]; len(o) == 0 || o[len(o)-1] != owner {
		p.owners[form] = append(o, owner)
	}
}

// find returns the owners of the texts that are in text.
func (p *patterns) find(text string) map[int]bool {
	lengths := make(map[uint64][]int) // by the first bytes
	begins := make([]bool, 1<<22)     // false where no text begins: quicker to ask
	slot := func(start uint64) uint64 { return start * 0x9e3779b97f4a7c15 >> (64 - 22) }
	for form := range p.owners {
		var start uint64
		for i := range p.width {
			start = start<<8 | uint64(form[i])
		}
		begins[slot(start)] = true
		if !slices.Contains(lengths[start], len(form)) {
			lengths[start] = append(lengths[start], len(form))
		}
	}
	mask := ^uint64(0) >> (64 - 8*p.width)
	found := make(map[int]bool)
	var last uint64 // bytes that were read
	for i := range len(text) {
		last = (last<<8 | uint64(text[i])) & mask
		at := i + 1 - p.width
		if at < 0 || !begins[slot(last)] {
			continue
		}
		for _, n := range lengths[last] {
			if at+n > len(text) {
				continue
			}
			for _, owner := range p.owners[text[at:at+n]] {
				found[owner] = true
			}
		}
	}
	return found
}

func forms(s string) []string {
	quoted, _ := json.Marshal(s) // a string can't fail
	inJSON, query := inner(string(quoted)), url.QueryEscape(s)
	decimal := strings.Trim(fmt.Sprintf("%d", []byte(s)), "[]")
	source := strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", []byte(s)), "[]byte{"), "}")
	all := []string{
		s, inJSON, strings.ReplaceAll(inJSON, "/", `\/`), inner(strconv.Quote(s)), inner(strconv.QuoteToASCII(s)),
		query, strings.ReplaceAll(query, "+", "%20"), url.PathEscape(s), url.User(s).String(), url.QueryEscape(query),
		html.EscapeString(s), strings.ReplaceAll(html.EscapeString(s), "+", "&#43;"),
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
