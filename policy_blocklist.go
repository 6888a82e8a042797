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
	_, found := slices.BinarySearch(blocklist(), fold(password))
	return found
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
