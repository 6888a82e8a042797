package signup

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf16"
)

// A Position is a place in the order of a [Query]. The members that the order doesn't use
// are empty. For a page after another one, an application takes the Position of the last
// user of that page:
//
//	q.After = q.PositionOf(last)
//
// It remains valid if that user is deleted or changed.
//
// As a text ([Position.MarshalText]), it can be a parameter of a page's URL. The text isn't
// encrypted: it contains the user's key, and with [SortByName] the name.
type Position struct {
	CreatedAt           time.Time
	LastName, FirstName string // in lower case; "" comes last
	Key                 string // "" only in the zero Position
}

// maxSortedName is in UTF-16 units.
const maxSortedName = 1024

// PositionOf returns the place of u in the order of q.
func (q Query) PositionOf(u User) Position {
	p := Position{Key: u.Key()}
	switch q.Sort {
	case SortByCreation:
		p.CreatedAt = u.CreatedAt.UTC().Truncate(time.Millisecond)
	case SortByName:
		p.LastName, p.FirstName = sortedName(u.LastName), sortedName(u.FirstName)
	}
	return p
}

// IsZero reports whether p is the zero Position.
func (p Position) IsZero() bool { return p == Position{} }

func sortedName(name string) string {
	if len(name) > maxSortedName && len(utf16.Encode([]rune(name))) > maxSortedName {
		return ""
	}
	return strings.ToLower(name)
}

// positionText is the JSON form.
type positionText struct {
	At    *int64 `json:"t,omitempty"` // in milliseconds since 1970
	Last  string `json:"l,omitempty"`
	First string `json:"f,omitempty"`
	Key   string `json:"k"`
}

// MarshalText returns a text that UnmarshalText reads. It has only letters, digits, "-" and
// "_". That of the zero Position is empty. Text that isn't UTF-8 is replaced by U+FFFD.
func (p Position) MarshalText() ([]byte, error) {
	if p.IsZero() {
		return []byte{}, nil
	}
	valid := func(text string) string { return strings.ToValidUTF8(text, "\ufffd") }
	t := positionText{Last: valid(p.LastName), First: valid(p.FirstName), Key: valid(p.Key)}
	if !p.CreatedAt.IsZero() {
		at := p.CreatedAt.UnixMilli()
		t.At = &at
	}
	plain, err := json.Marshal(t)
	if err != nil {
		return nil, fmt.Errorf("signup: %w", err)
	}
	return base64.RawURLEncoding.AppendEncode(nil, plain), nil
}

// UnmarshalText sets p to the Position of text. If text isn't one that MarshalText returns,
// the error is [ErrInvalid], and p is unchanged.
func (p *Position) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*p = Position{}
		return nil
	}
	plain, err := base64.RawURLEncoding.Strict().AppendDecode(nil, text)
	var t positionText
	invalid := err != nil || json.Unmarshal(plain, &t) != nil || t.Key == ""
	read := Position{LastName: t.Last, FirstName: t.First, Key: t.Key}
	if t.At != nil {
		read.CreatedAt = time.UnixMilli(*t.At).UTC()
	}
	if again, err := read.MarshalText(); invalid || err != nil || !bytes.Equal(again, text) {
		return fmt.Errorf("signup: a text that is no position in a listing: %w", ErrInvalid)
	}
	*p = read
	return nil
}
