package signup

import (
	"slices"
	"strings"

	"golang.org/x/text/language"

	"github.com/gosignup/signup/internal/mediatype"
)

// The limits of what is read of the Accept-Language lines of a request, so that a
// response costs nearly the same whatever they contain.
const (
	maxAcceptLanguage = 1 << 10 // in bytes, of all lines together, with a comma for each
	maxLanguages      = 10      // browsers send fewer
	maxLanguageTag    = 35      // in bytes, as in RFC 5646, section 4.4.1
)

// acceptedLanguages returns the language tags of the Accept-Language lines (RFC 9110,
// section 12.5.4), the preferred one first, those of one weight in the order of the
// lines, and each once. It reads the first maxAcceptLanguage bytes, and of these the
// first maxLanguages elements with a weight above 0. The tags are in the canonical form
// of BCP 47 ("de-AT", and "he" for "iw"); a subtag that isn't registered is removed.
//
// An element counts as absent if its weight is 0, if it isn't well formed, if its tag
// is longer than maxLanguageTag or names no known language, and if it is "*", which
// names none.
func acceptedLanguages(lines []string) []string {
	type weighted struct {
		tag    string
		weight int
	}
	var all []weighted
	looked := 0
	for element := range mediatype.Elements(lines, maxAcceptLanguage) {
		name, params, _ := strings.Cut(element, ";")
		weight := mediatype.Quality(params)
		if name = strings.Trim(name, " \t"); name == "" || weight == 0 {
			continue
		}
		if tag, ok := canonicalLanguage(name); ok {
			all = append(all, weighted{tag, weight})
		}
		if looked++; looked == maxLanguages {
			break
		}
	}
	slices.SortStableFunc(all, func(a, b weighted) int { return b.weight - a.weight })
	var tags []string
	for _, w := range all {
		if !slices.Contains(tags, w.tag) {
			tags = append(tags, w.tag)
		}
	}
	return tags
}

// canonicalLanguage returns the canonical form of the language tag s, and reports
// whether there is one.
func canonicalLanguage(s string) (string, bool) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-"
	if len(s) > maxLanguageTag || strings.Trim(s, alphabet) != "" { // Parse takes "_" as well
		return "", false
	}
	for range 2 { // Parse of some deprecated tags with variants isn't canonical yet
		tag, err := language.Parse(s)
		if _, unknown := err.(language.ValueError); err != nil && !unknown {
			return "", false
		}
		text := tag.String()
		if text == s {
			break
		}
		s = text
	}
	return s, s != "und" && !strings.HasPrefix(s, "und-")
}
