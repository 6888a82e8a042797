package signup

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	minOwn       = 3 // characters of a name or address that is looked for in a password
	minOwnDigits = 8 // if it has no letter, as a telephone number
)

// A letterSet is a set of the letters from a to z.
type letterSet uint32

// lettersOf returns the letters of a folded password.
func lettersOf(folded string) letterSet {
	var set letterSet
	for i := range len(folded) {
		if c := rune(folded[i]); isASCIILetter(c) {
			set |= 1 << (c | 0x20 - 'a')
		}
	}
	return set
}

// canConsistOf reports whether the folded password may be any of the texts, or be
// made of them. It refuses most passwords at once, and no text is folded for them.
func canConsistOf(folded string, texts ...string) bool {
	var have letterSet
	for _, text := range texts {
		if !isASCII(text) {
			return true
		}
		have |= lettersOf(text)
	}
	return lettersOf(folded)&^have == 0
}

// isOwn reports whether the folded password is u's address or name.
func isOwn(folded string, u User) bool {
	local, _, _ := strings.Cut(u.Email, "@")
	key := u.Key()
	keyLocal, _, _ := strings.Cut(key, "@")
	for _, own := range []string{
		u.Email, key, local, keyLocal,
		u.FirstName, u.LastName,
		u.FirstName + u.LastName, u.FirstName + " " + u.LastName,
		u.LastName + u.FirstName, u.LastName + " " + u.FirstName,
	} {
		if folded == fold(own) {
			return true
		}
	}
	return false
}

// ownTexts returns what a password must not be made of: u's address, and each word
// of its local part and of u's names.
func ownTexts(u User) []string {
	key := u.Key()
	texts := []string{u.Email, key}
	for _, address := range texts {
		local, _, _ := strings.Cut(address, "@")
		texts = append(texts, local)
		texts = append(texts, strings.FieldsFunc(local, isSign)...)
	}
	for _, name := range []string{u.FirstName, u.LastName} {
		texts = append(texts, name)
		texts = append(texts, strings.FieldsFunc(name, isSign)...)
	}
	return texts
}

// isMadeOf reports whether the folded password consists of known texts and of
// characters other than letters. Signs in the texts make no difference.
func isMadeOf(folded string, known []string) bool {
	texts := make([]string, len(known))
	for i, text := range known {
		texts[i] = keepText(fold(text))
	}
	// The longest first, as it may contain another.
	slices.SortFunc(texts, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	rest := keepText(folded)
	found := false
	for _, text := range slices.Compact(texts) {
		least := minOwn
		if !hasLetter(text) {
			least = minOwnDigits
		}
		if utf8.RuneCountInString(text) < least || !strings.Contains(rest, text) {
			continue
		}
		found = true
		rest = strings.ReplaceAll(rest, text, "0") // which joins no letters
	}
	return found && !hasLetter(rest)
}

func hasLetter(text string) bool { return strings.ContainsFunc(text, unicode.IsLetter) }
