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

// done writes the result of a command: text, or the object for scripts.
func (c *call) done(text string, object any) error {
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

// A shownUser is what this program shows of a user: neither the hash, nor the
// SecurityStamp, nor Private.
type shownUser struct {
	ID              string            `json:"id"`
	Email           string            `json:"email_address"`
	FirstName       string            `json:"first_name,omitempty"`
	LastName        string            `json:"last_name,omitempty"`
	Active          bool              `json:"is_active"`
	CreatedAt       time.Time         `json:"created_at"`
	UpdatedAt       time.Time         `json:"updated_at"`
	EmailVerifiedAt time.Time         `json:"email_verified_at,omitzero"`
	Profile         map[string]string `json:"profile,omitempty"`
}

func newShownUser(u signup.User) shownUser {
	return shownUser{
		ID: u.ID, Email: u.Email, FirstName: u.FirstName, LastName: u.LastName, Active: u.Active,
		CreatedAt: u.CreatedAt, UpdatedAt: u.UpdatedAt, EmailVerifiedAt: u.EmailVerifiedAt, Profile: u.Profile,
	}
}

func (u shownUser) name() string { return oneLine(strings.TrimSpace(u.FirstName + " " + u.LastName)) }

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
