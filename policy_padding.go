package signup

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// This file has the rule of NIST about padding: what an attacker tries after the
// common passwords themselves. Every text here is folded.

const (
	// minUnit is the least length of what a repetition repeats. It is the
	// least length that NIST SP 800-63B-4 permits for any password.
	minUnit = 8
	// minPadded is the least length of a padded repetition, and minPaddedSequence
	// that of a padded sequence. Random passwords have shorter ones by chance.
	minPadded         = 10
	minPaddedSequence = 8
)

// isPlain reports whether text is a sequence or a repetition of a short one, as it
// is, without separators or without padding. joined is text without signs.
func isPlain(text, joined string) bool {
	if isSequence(text) || isShortRepetition(text) {
		return true
	}
	trimmed := trimPadding(text)
	tried := [4]string{0: text, 2: trimmed}
	if isSeparated(text) {
		tried[1] = joined
	}
	if isSeparated(trimmed) {
		tried[3] = trimPadding(joined)
	}
	for i, bare := range tried {
		if slices.Contains(tried[:i], bare) || i == 0 {
			continue
		}
		length := utf8.RuneCountInString(bare)
		if length >= minPaddedSequence && isSequence(bare) || length >= minPadded && isShortRepetition(bare) {
			return true
		}
	}
	return false
}

// isShortRepetition reports whether text repeats fewer than minUnit characters, or
// a sequence.
func isShortRepetition(text string) bool {
	unit := unitOf(text)
	return unit != "" && (utf8.RuneCountInString(unit) < minUnit || isSequence(unit))
}

// isPaddedCommon reports whether text is padded or repeated, and what remains is
// common. joined is text without signs. The caller has looked up text itself.
func isPaddedCommon(text, joined string, common func(string) bool) bool {
	remaining := remainders(text, joined)
	for i, candidate := range remaining {
		if candidate == "" || candidate == text || slices.Contains(remaining[:i], candidate) {
			continue
		}
		if common(candidate) {
			return true
		}
	}
	return false
}

// remainders returns what may remain of text without its padding and repetitions.
func remainders(text, joined string) [9]string {
	bare, bareJoined := trimPadding(text), trimPadding(joined)
	unit, bareUnit := unitOf(joined), unitOf(bareJoined)
	once, none := trimRepeated(bare)
	return [...]string{
		strings.TrimFunc(text, isSign), bare, bareJoined,
		unit, trimPadding(unit), bareUnit, trimPadding(bareUnit),
		once, none,
	}
}

// trimPadding returns text without the characters other than letters at both ends.
// If it has no letter, that is without the characters other than digits.
func trimPadding(text string) string {
	if bare := strings.TrimFunc(text, isNoLetter); bare != "" {
		return bare
	}
	return strings.TrimFunc(text, isSign)
}

// trimRepeated returns text with the last character once, and without it, if it is
// there at least 4 times; and nothing otherwise.
func trimRepeated(text string) (once, none string) {
	last, size := utf8.DecodeLastRuneInString(text)
	none = strings.TrimRightFunc(text, func(r rune) bool { return r == last })
	if len(text)-len(none) < 4*size {
		return "", ""
	}
	return text[:len(none)+size], none
}

// keepText returns the letters and digits of text.
func keepText(text string) string {
	first := strings.IndexFunc(text, isSign)
	if first < 0 {
		return text
	}
	var buffer [64]byte // so that most passwords take no other memory of the heap
	kept := append(buffer[:0], text[:first]...)
	for _, r := range text[first:] {
		if !isSign(r) {
			kept = utf8.AppendRune(kept, r)
		}
	}
	return string(kept)
}

// isSeparated reports whether one character separates the letters and digits of text. If
// there are several such characters, or more of it than half of text, it isn't
// separated.
func isSeparated(text string) bool {
	var separator rune
	count, length := 0, 0
	for _, r := range text {
		length++
		if !isSign(r) {
			continue
		}
		if count > 0 && r != separator {
			return false
		}
		separator = r
		count++
	}
	return count > 0 && 2*count <= length
}

// unitOf returns what text repeats at least twice, the last time perhaps in part,
// or "". The text then begins again where its first half is found again; not
// earlier, and not at a later place, as the unit would be a repetition itself.
func unitOf(text string) string {
	if len(text) < 2 {
		return ""
	}
	half := text[:(len(text)+1)/2]
	period := 1 + strings.Index(text[1:], half)
	if period == 0 || text[period:] != text[:len(text)-period] {
		return ""
	}
	return text[:period]
}

func isNoLetter(r rune) bool {
	if r < utf8.RuneSelf {
		return !isASCIILetter(r)
	}
	return !unicode.IsLetter(r) && !unicode.IsMark(r)
}

// isSign reports whether r is neither a letter nor a digit.
func isSign(r rune) bool {
	if r < utf8.RuneSelf {
		return !isASCIILetter(r) && (r < '0' || '9' < r)
	}
	return isNoLetter(r) && !unicode.IsNumber(r)
}

func isASCIILetter(r rune) bool { return 'a' <= r|0x20 && r|0x20 <= 'z' }
