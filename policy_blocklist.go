package signup

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed"
	"slices"
	"strings"
	"sync"
)

// blocklistFile says in its first lines where it comes from, and its licence.
//
//go:generate go run ./internal/genblocklist 10-million-password-list-top-1000000.txt
//go:embed blocklist.txt.gz
var blocklistFile []byte

// CommonPassword reports whether a password is on the built-in blocklist:
// of the million passwords that were most used in known breaches those of at
// least 15 characters, and of the hundred thousand most used those of at least
// 8; 48,110 together. It wants it in Unicode normalisation form C and
// case-folded. The first call takes some 10 ms, and keeps 2 MB.
func CommonPassword(folded string) bool {
	_, found := slices.BinarySearch(blocklist(), folded)
	return found
}

// blocklist returns the list, sorted.
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
