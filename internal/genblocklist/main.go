// Command genblocklist writes blocklist.txt.gz, the list of common passwords of
// signup.NIST, to the current directory. Its argument is the path of the file
// Passwords/Common-Credentials/10-million-password-list-top-1000000.txt of SecLists.
package main

import (
	"bufio"
	"compress/gzip"
	"flag"
	"fmt"
	"log"
	"maps"
	"os"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// A password is included if it has at least always characters, or at least
// ifAmongFirst characters and is among the first lines of the list. These are the
// least lengths that NIST permits for a password alone and for one with a second
// factor: a shorter password is refused as too short.
const (
	always, ifAmongFirst = 15, 8
	first                = 100_000
)

const notice = `#! Passwords that many people use, folded, in normal form C, sorted by bytes.
#! From SecLists (https://github.com/danielmiessler/SecLists), which has them from
#! Mark Burnett's "Ten Million Passwords" (2015), released to the public domain.
#!
#! MIT License. Copyright (c) Daniel Miessler
#!
#! Permission is hereby granted, free of charge, to any person obtaining a copy
#! of this software and associated documentation files (the "Software"), to deal
#! in the Software without restriction, including without limitation the rights
#! to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
#! copies of the Software, and to permit persons to whom the Software is
#! furnished to do so, subject to the following conditions:
#!
#! The above copyright notice and this permission notice shall be included in all
#! copies or substantial portions of the Software.
#!
#! THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
#! IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
#! FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
#! AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
#! LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
#! OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
#! SOFTWARE.
`

func main() {
	log.SetFlags(0)
	flag.Usage = func() { log.Print("usage: genblocklist 10-million-password-list-top-1000000.txt") }
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	if err := generate(flag.Arg(0), "blocklist.txt.gz"); err != nil {
		log.Fatal(err)
	}
}

func generate(from, to string) error {
	list, err := read(from)
	if err != nil {
		return err
	}
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	w, err := gzip.NewWriterLevel(f, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprint(w, notice, strings.Join(list, "\n"), "\n"); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	log.Printf("%d passwords", len(list))
	return f.Close()
}

// read returns the passwords of the file that are to be refused, folded and sorted.
func read(name string) ([]string, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	set := make(map[string]bool)
	lines := bufio.NewScanner(f)
	for n := 0; lines.Scan(); n++ {
		password := norm.NFC.String(cases.Fold().String(norm.NFC.String(lines.Text())))
		length := utf8.RuneCountInString(password)
		if !utf8.ValidString(password) || strings.ContainsFunc(password, unicode.IsControl) {
			continue
		}
		if length >= always || length >= ifAmongFirst && n < first {
			set[password] = true
		}
	}
	return slices.Sorted(maps.Keys(set)), lines.Err()
}
