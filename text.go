package signup

import (
	"strings"
	"unicode"
)

// isIgnorable reports whether r has the Unicode property
// Default_Ignorable_Code_Point, which programs display as nothing, or is an
// annotation character (U+FFF9 to U+FFFB). The property is derived as in
// DerivedCoreProperties.txt.
func isIgnorable(r rune) bool {
	if r < 0xad {
		return false
	}
	if unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) || unicode.Is(unicode.Variation_Selector, r) {
		return true
	}
	return unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r)
}

// inkless has the characters that have no ink of their own and aren't in isIgnorable.
var inkless = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x2028, Hi: 0x2029, Stride: 1}, // line and paragraph separators
		{Lo: 0x2800, Hi: 0x2800, Stride: 1}, // Braille pattern blank
	},
	R32: []unicode.Range32{
		{Lo: 0x13440, Hi: 0x13442, Stride: 1}, // Egyptian hieroglyph mirror, full blank and half blank
		{Lo: 0x16fe4, Hi: 0x16fe4, Stride: 1}, // Khitan small script filler
		{Lo: 0x1bc9d, Hi: 0x1bc9d, Stride: 1}, // Duployan thick letter selector
		{Lo: 0x1d159, Hi: 0x1d159, Stride: 1}, // musical symbol null notehead
		{Lo: 0x1da9b, Hi: 0x1da9f, Stride: 1}, // SignWriting fill modifiers
		{Lo: 0x1daa1, Hi: 0x1daaf, Stride: 1}, // SignWriting rotation modifiers
	},
}

// isInvisible reports whether r shows nothing: a control, format or ignorable
// character, or one whose glyph is empty. White space is not among them, except
// for the controls and for the line and paragraph separators.
func isInvisible(r rune) bool {
	return unicode.IsControl(r) || isIgnorable(r) || unicode.Is(inkless, r)
}

// isBlank reports whether s has no visible character.
func isBlank(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsSpace(r) && !isInvisible(r) })
}

// invisibleIn returns the first invisible character of s, except for a zero-width
// joiner or non-joiner, whose place the rules of each part of an address check
// (RFC 5892, appendix A).
func invisibleIn(s string) (r rune, ok bool) {
	i := strings.IndexFunc(s, func(r rune) bool {
		return isInvisible(r) && !isJoiner(r)
	})
	if i < 0 {
		return 0, false
	}
	for _, r = range s[i:] {
		break
	}
	return r, true
}

// isJoiner reports whether r is a zero-width non-joiner or joiner.
func isJoiner(r rune) bool { return r == '\u200c' || r == '\u200d' }

// isBreak reports whether r ends a line.
func isBreak(r rune) bool {
	switch r {
	case '\n', '\v', '\f', '\r', '\u0085', '\u2028', '\u2029':
		return true
	}
	return false
}

// isOverride reports whether r sets the direction of the text that follows it, up
// to the end of the line at most: an embedding, an override or an isolate (UAX
// #9, section 2).
func isOverride(r rune) bool {
	return '\u202a' <= r && r <= '\u202e' || '\u2066' <= r && r <= '\u2069'
}
