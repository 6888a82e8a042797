package signup

import (
	"slices"
	"strings"
	"unicode"
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
// is, without separators or without padding.
func isPlain(text string) bool {
	if isSequence([]rune(text)) || isShortRepetition(text) {
		return true
	}
	tried := [...]string{text, withoutSeparator(text), trimPadding(text), withoutSeparator(trimPadding(text))}
	for i, bare := range tried {
		if slices.Contains(tried[:i], bare) || i == 0 {
			continue
		}
		runes := []rune(bare)
		if len(runes) >= minPaddedSequence && isSequence(runes) || len(runes) >= minPadded && isShortRepetition(bare) {
			return true
		}
	}
	return false
}

// isShortRepetition reports whether text repeats fewer than minUnit characters, or
// a sequence.
func isShortRepetition(text string) bool {
	unit := []rune(unitOf(text))
	return len(unit) > 0 && (len(unit) < minUnit || isSequence(unit))
}

// isPaddedCommon reports whether text is padded or repeated, and what remains is
// common.
func isPaddedCommon(text string, common func(string) bool) bool {
	tried := []string{text} // which the caller has looked up
	for _, candidate := range remainders(text) {
		if candidate != "" && !slices.Contains(tried, candidate) {
			if common(candidate) {
				return true
			}
			tried = append(tried, candidate)
		}
	}
	return false
}

// remainders returns what may remain of text without its padding and repetitions:
// at most 9 texts.
func remainders(text string) []string {
	bare := trimPadding(text)
	joined := keepText(text)
	unit, bareUnit := unitOf(joined), unitOf(keepText(bare))
	once, none := trimRepeated(bare)
	return []string{
		strings.TrimFunc(text, isSign), bare, keepText(bare),
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
	runes := []rune(text)
	n := len(runes)
	for n > 0 && runes[n-1] == runes[len(runes)-1] {
		n--
	}
	if len(runes)-n < 4 {
		return "", ""
	}
	return string(runes[:n+1]), string(runes[:n])
}

// keepText returns the letters and digits of text.
func keepText(text string) string {
	return strings.Map(func(r rune) rune {
		if isSign(r) {
			return -1
		}
		return r
	}, text)
}

// withoutSeparator returns text without the one character that separates its
// letters and digits. If there are several such characters, or more of it than
// half of text, it returns text: that isn't separated.
func withoutSeparator(text string) string {
	var separator rune
	count, length := 0, 0
	for _, r := range text {
		length++
		if !isSign(r) {
			continue
		}
		if count > 0 && r != separator {
			return text
		}
		separator = r
		count++
	}
	if count == 0 || 2*count > length {
		return text
	}
	return strings.ReplaceAll(text, string(separator), "")
}

// unitOf returns what text repeats at least twice, the last time perhaps in part,
// or "". It takes linear time: the length of a repetition is that of the text
// without its longest border (Knuth, Morris and Pratt).
func unitOf(text string) string {
	runes := []rune(text)
	if len(runes) < 2 {
		return ""
	}
	border := make([]int, len(runes))
	for i, k := 1, 0; i < len(runes); i++ {
		for k > 0 && runes[i] != runes[k] {
			k = border[k-1]
		}
		if runes[i] == runes[k] {
			k++
		}
		border[i] = k
	}
	period := len(runes) - border[len(runes)-1]
	if 2*period > len(runes) {
		return ""
	}
	return string(runes[:period])
}

func isNoLetter(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }

// isSign reports whether r is neither a letter nor a digit.
func isSign(r rune) bool { return isNoLetter(r) && !unicode.IsNumber(r) }
