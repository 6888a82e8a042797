package signup

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed"
	"hash/maphash"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// blocklistFile names its source and its license in its first lines.
//
//go:generate go run ./internal/genblocklist 10-million-password-list-top-1000000.txt
//go:embed blocklist.txt.gz
var blocklistFile []byte

// CommonPassword reports whether password is on the built-in blocklist. Letter
// case and Unicode normalization make no difference. It is safe for concurrent
// use.
//
// The list has 48,110 passwords: those of at least 15 characters among the
// million that were most used in known breaches, and those of at least 8
// characters among the hundred thousand most used. The first call takes about
// 10 ms, and the list then takes 2 MB of memory.
func CommonPassword(password string) bool {
	return isBlocked(fold(password))
}

// isBlocked reports whether text, which is folded, is on the blocklist.
func isBlocked(text string) bool {
	if !mayBeBlocked().has(text) {
		return false
	}
	_, found := slices.BinarySearch(blocklist(), text)
	return found
}

// commonRemainder reports whether text, which is folded, is on the blocklist, or is
// a word of 5 to 7 letters that is on it with digits after it: the list has no
// password of fewer than 8 characters.
func commonRemainder(text string) bool {
	if n := utf8.RuneCountInString(text); n < 5 || n >= 8 || strings.ContainsFunc(text, isNoLetter) {
		return isBlocked(text)
	}
	list := blocklist()
	i, found := slices.BinarySearch(list, text)
	if found {
		return true
	}
	first, _ := slices.BinarySearch(list[i:], text+"0")
	for _, entry := range list[i+first:] {
		rest, ok := strings.CutPrefix(entry, text)
		if !ok || rest[0] > '9' {
			return false
		}
		if strings.Trim(rest, "0123456789") == "" {
			return true
		}
	}
	return false
}

// blocklist returns the list, case-folded, in normalization form C and sorted.
var blocklist = sync.OnceValue(func() []string {
	r, err := gzip.NewReader(bytes.NewReader(blocklistFile))
	if err != nil {
		panic(err) // the file is part of the program
	}
	var list []string
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if line := lines.Text(); !strings.HasPrefix(line, "#!") {
			list = append(list, line)
		}
	}
	if err := lines.Err(); err != nil {
		panic(err)
	}
	return list
})

// A textFilter has one bit for each of many hashes, and so knows most texts that aren't
// in a set without a search.
type textFilter struct {
	seed maphash.Seed
	bits [1 << 14]uint64 // 128 KiB: 1 of 22 texts that aren't on the list needs a search
}

func (f *textFilter) place(text string) (word, bit uint64) {
	h := maphash.String(f.seed, text)
	return h / 64 % uint64(len(f.bits)), 1 << (h % 64)
}

func (f *textFilter) has(text string) bool {
	word, bit := f.place(text)
	return f.bits[word]&bit != 0
}

// mayBeBlocked returns the filter for blocklist.
var mayBeBlocked = sync.OnceValue(func() *textFilter {
	f := &textFilter{seed: maphash.MakeSeed()}
	for _, text := range blocklist() {
		word, bit := f.place(text)
		f.bits[word] |= bit
	}
	return f
})
