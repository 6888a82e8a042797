package signup

import (
	"slices"
	"sync"
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

// asciiSteps returns keyboardSteps for the characters that most passwords have.
var asciiSteps = sync.OnceValue(func() *[128][128]stepSet {
	var table [128][128]stepSet
	for keys, steps := range keyboardSteps() {
		if keys[0] < 128 && keys[1] < 128 {
			table[keys[0]][keys[1]] = steps
		}
	}
	return &table
})

// stepsBetween returns the ways from a to b. The alphabet and the digits go round.
func stepsBetween(a, b rune) stepSet {
	var steps stepSet
	if a < 128 && b < 128 {
		steps = asciiSteps()[a][b]
	} else {
		steps = keyboardSteps()[[2]rune{a, b}]
	}
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

// countRuns returns the number of the fewest sequences that text consists of, and how many
// characters are in those of fewer than 5. A sequence has one way from each of its
// characters to the next.
func countRuns(text []rune) (runs, inShort int) {
	const short = 5
	var ways stepSet
	length := 0 // of the present sequence
	for i := range text {
		if i > 0 {
			ways &= stepsBetween(text[i-1], text[i])
		}
		if ways == 0 {
			if length < short {
				inShort += length
			}
			runs, length, ways = runs+1, 0, ^stepSet(0)
		}
		length++
	}
	if length < short {
		inShort += length
	}
	return runs, inShort
}

// isSequence reports whether text consists of sequences of 4 characters or more on
// average; or of some of 5 or more, and fewer than 5 other characters; or of one
// whose characters are doubled, or of two that alternate.
func isSequence(text []rune) bool {
	if len(text) == 0 {
		return false
	}
	runs, other := countRuns(text)
	if 4*runs <= len(text) || other < 5 && 3*other <= len(text) {
		return true
	}
	const least = 5
	var buffer [64]rune // so that most passwords take no memory of the heap
	single := slices.Compact(append(buffer[:0], text...))
	if len(single) >= least && 2*len(single) <= len(text)+1 && isOneRun(single) {
		return true
	}
	return len(text) >= 2*least && isOneRun(everySecond(buffer[:0], text)) && isOneRun(everySecond(buffer[:0], text[1:]))
}

func isOneRun(text []rune) bool {
	runs, _ := countRuns(text)
	return runs == 1
}

// everySecond appends the first, third, fifth character of text and so on to to.
func everySecond(to, text []rune) []rune {
	for i := 0; i < len(text); i += 2 {
		to = append(to, text[i])
	}
	return to
}
