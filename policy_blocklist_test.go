package signup_test

import (
	"bufio"
	"compress/gzip"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/gosignup/signup"
	"golang.org/x/text/unicode/norm"
)

func TestBlocklistFile(t *testing.T) {
	file, err := os.Open("blocklist.txt.gz")
	if err != nil {
		t.Fatalf("os.Open returned %v, want nil", err)
	}
	defer file.Close()
	r, err := gzip.NewReader(file)
	if err != nil {
		t.Fatalf("gzip.NewReader returned %v, want nil", err)
	}
	var notice strings.Builder
	var entries, long int
	last := ""
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line := lines.Text()
		// Only before the list: otherwise it would be a password that is ignored.
		if text, ok := strings.CutPrefix(line, "#!"); ok && entries == 0 {
			notice.WriteString(strings.TrimSpace(text) + " ")
			continue
		}
		entries++
		length := utf8.RuneCountInString(line)
		switch {
		case line <= last:
			t.Errorf("got %+q after %+q, want entries in ascending order", line, last)
		case !utf8.ValidString(line) || strings.ContainsFunc(line, unicode.IsControl) || strings.HasPrefix(line, "#!"):
			t.Errorf("got the entry %+q, want UTF-8 without control characters that doesn't start with #!", line)
		case !norm.NFC.IsNormalString(line) || foldNFC(line) != line:
			t.Errorf("got the entry %+q, want it folded and in normalization form C", line)
		case length < 8:
			t.Errorf("got the entry %+q of %d characters, want at least 8", line, length)
		case !signup.CommonPassword(line):
			t.Errorf("CommonPassword(%+q) returned false, want true", line)
		}
		if length >= 15 {
			long++
		}
		last = line
	}
	if err := lines.Err(); err != nil {
		t.Fatalf("Err returned %v, want nil", err)
	}
	if entries != 48_110 { // as the comment on CommonPassword says
		t.Errorf("got %d entries, want 48110", entries)
	}
	if long < 1000 || long == entries {
		t.Errorf("got %d entries of 15 characters or more among %d, want at least 1000 and some shorter", long, entries)
	}
	for _, part := range []string{
		"https://github.com/danielmiessler/SecLists", "Mark Burnett", "public domain",
		"MIT License. Copyright (c) Daniel Miessler", "Permission is hereby granted, free of charge",
		"The above copyright notice and this permission notice shall be included", `THE SOFTWARE IS PROVIDED "AS IS"`,
	} {
		if !strings.Contains(notice.String(), part) {
			t.Errorf("the notice doesn't have %q, want it", part)
		}
	}
}

func TestBlocklist(t *testing.T) {
	for password, want := range map[string]bool{
		"password":              true,
		"qwertyuiop":            true,
		"1q2w3e4r":              true,
		"12345678":              true,
		"1234567890123456":      true,
		"q1w2e3r4t5y6u7i8":      true,
		"qwertyuiopasdfgh":      true,
		"aaaaaaaaaaaaaaa":       true,
		"correct horse battery": false,
		"":                      false,
		" password":             false,
		"Password":              true,
		"PASSWORD":              true,
		"QWERTYUIOPasdfgh":      true,
		"\u212aawasaki":         true,  // the Kelvin sign folds to k
		"1234567":               false, // too short for every policy
		"\U0010ffff":            false, // after the last
		"#! password":           false,
		"#! Passwords that many people use, folded, in normal form C, sorted by bytes.": false,
		"\xff": false,
	} {
		if got := signup.CommonPassword(password); got != want {
			t.Errorf("CommonPassword(%+q) returned %t, want %t", password, got, want)
		}
	}
}

func TestBlocklistNIST(t *testing.T) {
	for _, c := range []struct{ password, code string }{
		{"1234567890123456", "common"},
		{"QWERTYUIOPasdfgh", "common"},
		{"Q1W2E3R4T5Y6U7I8", "common"},
		{"\u212a1234567890123456", "sequence"},
		{"1234567890123456!?", "sequence"},
		{"\uff11234567890123456", "sequence"}, // full width: another text, and a sequence
		{"\uff1183620157739021", ""},
		{"Passwords! Passwords!", "common_padded"},
		{"correct horse battery", ""},
	} {
		err := signup.NIST{}.Check(t.Context(), c.password, signup.User{})
		wantCode(t, err, c.code, c.password)
	}
	wantCode(t, signup.NIST{MinLength: 8}.Check(t.Context(), "PassWord", signup.User{}), "common", "PassWord")
	// The Kelvin sign folds to k.
	wantCode(t, signup.NIST{MinLength: 8}.Check(t.Context(), "\u212aawasaki", signup.User{}), "common", "\u212aawasaki")
}

func TestBlocklistReplaced(t *testing.T) {
	for _, c := range []struct {
		password, normal string
		blocked          bool
		code             string
	}{
		{"1234567890123456", "1234567890123456", false, "sequence"}, // for another reason
		{"correct horse battery", "correct horse battery", true, "common"},
		{"Cafe\u0301 AU LAIT, toujours", "Caf\u00e9 AU LAIT, toujours", true, "common"},
		{"\u212aelvin & Stra\u1e9ee, \u212bl", "Kelvin & Stra\u1e9ee, \u00c5l", true, "common"},
		{"J\u030c\u0323 and fifteen", "J\u0323\u030c and fifteen|\u01f0\u0323andfifteen", false, ""},
		{"\u01f0 and more than that", "\u01f0 and more than that|\u01f0andmorethanthat", false, ""},
		{"too short", "", true, "too_short"},
	} {
		var calls []string
		err := signup.NIST{Blocked: func(password string) bool {
			calls = append(calls, password)
			return c.blocked
		}}.Check(t.Context(), c.password, signup.User{})
		wantCode(t, err, c.code, c.password)
		if asked := strings.Join(calls, "|"); asked != c.normal {
			t.Errorf("%+q: got Blocked called with %+q, want %+q", c.password, asked, c.normal)
		}
	}
}

// Blocked also decides about what remains without padding and repetitions.
func TestBlocklistReplacedRemainders(t *testing.T) {
	for _, c := range []struct{ password, blocked string }{
		{"!Analytisch1234567", "analytisch"},
		{"ANALYTISCH!Analytisch!", "analytisch"},
		{"cafe\u0301 analytisch 1843", "caf\u00e9 analytisch"},
		{"cafe\u0301 analytisch 1843", "caf\u00e9analytisch"},
		{"analytischhhhhhh", "analytisch"},
		{"analytisch4analytisch4", "analytisch4"},
	} {
		calls := 0
		err := signup.NIST{Blocked: func(password string) bool { calls++; return password == c.blocked }}.Check(t.Context(), c.password, signup.User{})
		wantCode(t, err, "common_padded", c.password)
		if calls > 10 {
			t.Errorf("%+q: got %d calls of Blocked, want at most 10", c.password, calls)
		}
	}
}

// The list is unpacked once for a process, so it takes a new one to have many
// goroutines meet at that.
func TestBlocklistFirstUse(t *testing.T) {
	const child = "SIGNUP_TEST_BLOCKLIST_FIRST_USE"
	if os.Getenv(child) == "" {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestBlocklistFirstUse$")
		cmd.Env = append(os.Environ(), child+"=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("the child process returned %v, want nil; output %s", err, out)
		}
		return
	}
	var wg sync.WaitGroup
	start := make(chan struct{})
	for range 64 {
		wg.Go(func() {
			<-start
			if !signup.CommonPassword("qwertyuiop") || signup.CommonPassword("correct horse battery") {
				t.Errorf("CommonPassword returned %t for a listed password, %t for another; want true, false", signup.CommonPassword("qwertyuiop"), signup.CommonPassword("correct horse battery"))
			}
		})
	}
	close(start)
	wg.Wait()
}
