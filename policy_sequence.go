package signup

import (
	"sync"
	"unicode/utf8"
)

// keyboards has the rows and columns of common keyboards.
var keyboards = [][]string{
	{"qwertyuiop", "asdfghjkl", "zxcvbnm", "!@#$%^&*()"},
	{"qwertzuiop\u00fc", "yxcvbnm"},
	{"azertyuiop", "qsdfghjklm", "wxcvbn"},
	{"\u0439\u0446\u0443\u043a\u0435\u043d\u0433\u0448\u0449\u0437\u0445\u044a", "\u0444\u044b\u0432\u0430\u043f\u0440\u043e\u043b\u0434\u0436\u044d", "\u044f\u0447\u0441\u043c\u0438\u0442\u044c\u0431\u044e"},
	{"1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p"},
}

// A stepSet is a set of ways to get from one character to the next: to the same
// one, to the next or previous one in Unicode, or on a keyboard.
type stepSet uint16

const (
	stepSame stepSet = 1 << iota
	stepUp
	stepDown
	stepKeyboards // and the bits above it: two for each keyboard
)

// keyboardSteps returns the steps between the keys.
var keyboardSteps = sync.OnceValue(func() map[[2]rune]stepSet {
	steps := make(map[[2]rune]stepSet)
	for i, rows := range keyboards {
		right := stepKeyboards << (2 * i)
		for _, row := range rows {
			keys := []rune(row)
			for k := 1; k < len(keys); k++ {
				steps[[2]rune{keys[k-1], keys[k]}] |= right
				steps[[2]rune{keys[k], keys[k-1]}] |= right << 1
			}
		}
	}
	return steps
})

// asciiSteps returns the steps between the characters that most passwords have.
var asciiSteps = sync.OnceValue(func() *[utf8.RuneSelf][utf8.RuneSelf]stepSet {
	var table [utf8.RuneSelf][utf8.RuneSelf]stepSet
	for a := range rune(utf8.RuneSelf) {
		for b := range rune(utf8.RuneSelf) {
			table[a][b] = findSteps(a, b)
		}
	}
	return &table
})

// stepsBetween returns the ways from a to b.
func stepsBetween(a, b rune) stepSet {
	if a < utf8.RuneSelf && b < utf8.RuneSelf {
		return asciiSteps()[a][b]
	}
	return findSteps(a, b)
}

// findSteps returns the ways from a to b. The alphabet and the digits go round.
func findSteps(a, b rune) stepSet {
	steps := keyboardSteps()[[2]rune{a, b}]
	text := (b == a+1 || b == a-1) && !isSign(a) && !isSign(b)
	switch {
	case a == b:
		steps |= stepSame
	case a == '9' && b == '0', a == 'z' && b == 'a', text && b == a+1:
		steps |= stepUp
	case a == '0' && b == '9', a == 'a' && b == 'z', text && b == a-1:
		steps |= stepDown
	}
	return steps
}

// isMadeOfRuns reports whether text consists of sequences of 4 characters or more on
// average; or of some of 5 or more, and fewer than 5 other characters. A sequence has one
// way from each of its characters to the next.
func isMadeOfRuns(text []rune) bool {
	const short = 5
	ways := ^stepSet(0)
	runs, length := 1, 0 // of the present sequence
	other := 0           // characters in short ones
	for i := range text {
		if i > 0 {
			ways &= stepsBetween(text[i-1], text[i])
		}
		if ways == 0 {
			if length < short {
				other += length
			}
			runs, length, ways = runs+1, 0, ^stepSet(0)
			if 4*runs > len(text) && other >= 5 {
				return false // as is known of most passwords here
			}
		}
		length++
	}
	if length < short {
		other += length
	}
	return 4*runs <= len(text) || other < 5 && 3*other <= len(text)
}

// isSequence reports whether text consists of sequences of 4 characters or more on
// average; or of some of 5 or more, and fewer than 5 other characters; or of one
// whose characters are doubled, or of two that alternate.
func isSequence(text string) bool {
	const least = 5     // characters of a sequence
	var buffer [64]rune // so that most passwords take no memory of the heap
	runes := buffer[:0]
	for _, r := range text {
		runes = append(runes, r)
	}
	if len(runes) == 0 {
		return false
	}
	return isMadeOfRuns(runes) || isDoubledRun(runes) ||
		len(runes) >= 2*least && isOneRun(runes) && isOneRun(runes[1:])
}

// isOneRun reports whether every second character of text is one sequence.
func isOneRun(text []rune) bool {
	ways := ^stepSet(0)
	for i := 2; i < len(text) && ways != 0; i += 2 {
		ways &= stepsBetween(text[i-2], text[i])
	}
	return ways != 0
}

// isDoubledRun reports whether text is a sequence of 5 characters or more, each of which
// is there twice on average.
func isDoubledRun(text []rune) bool {
	ways, single := ^stepSet(0), 1
	for i := 1; i < len(text) && ways != 0; i++ {
		if text[i] != text[i-1] {
			ways &= stepsBetween(text[i-1], text[i])
			single++
		}
	}
	return ways != 0 && single >= 5 && 2*single <= len(text)+1
}
