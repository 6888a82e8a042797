package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/gosignup/signup"
)

// writeJSON writes v as one line.
func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// done writes what a command has done. If that isn't possible, the error says it.
func (c *call) done(text string, object any) error {
	if err := c.print(text, object); err != nil {
		return notWritten(text, err)
	}
	return nil
}

func notWritten(text string, err error) error {
	return fmt.Errorf("%s, but that can't be written: %w", text, err)
}

// print writes the result of a command: text, or the object for scripts.
func (c *call) print(text string, object any) error {
	if c.json {
		return writeJSON(c.stdout, object)
	}
	_, err := fmt.Fprintln(c.stdout, text)
	return err
}

// printable returns text for a terminal. Characters that show nothing, or that change how
// others are shown, are escaped: a name may have them.
func printable(text string) string {
	if !strings.ContainsFunc(text, isHidden) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if isHidden(r) {
			quoted := strconv.QuoteToASCII(string(r))
			b.WriteString(quoted[1 : len(quoted)-1])
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func isHidden(r rune) bool { return !unicode.IsPrint(r) && r != '\n' && r != '\t' }

// newShownUser returns what this program shows of a user: neither the hash, nor the
// SecurityStamp, nor Private, but the whole profile.
func newShownUser(u signup.User) signup.PublicUser {
	shown := new(signup.Accounts).Public(u)
	shown.Profile = u.Profile
	return shown
}

func nameOf(u signup.PublicUser) string {
	return oneLine(strings.TrimSpace(u.FirstName + " " + u.LastName))
}

// oneLine is printable for a value in a line.
func oneLine(text string) string {
	return strings.NewReplacer("\n", `\n`, "\t", `\t`).Replace(printable(text))
}

// when returns a time in UTC, to the second.
func when(at time.Time) string {
	if at.IsZero() {
		return "never"
	}
	return at.UTC().Format(time.RFC3339)
}

func yesOrNo(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}
