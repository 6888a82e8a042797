package signup_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/gosignup/signup"
)

// A Position survives its text, and other texts are refused.
func TestPositionText(t *testing.T) {
	for _, p := range []signup.Position{
		{},
		{Key: "ada@example.org"},
		{Key: "ada@example.org", CreatedAt: time.Date(1969, 1, 2, 3, 4, 5, 678e6, time.UTC)},
		{Key: "ada@example.org", CreatedAt: time.UnixMilli(0).UTC()},
		{Key: "ünal@example.org", LastName: "lovelace \"\\\x00", FirstName: "\U0001d11e"},
	} {
		text, err := p.MarshalText()
		got := signup.Position{Key: "before"}
		if err == nil {
			err = got.UnmarshalText(text)
		}
		if err != nil || got != p {
			t.Errorf("the text %s of %+v is read as %+v with the error %v, want the same", text, p, got, err)
		}
	}
	before := signup.Position{Key: "before"}
	for _, text := range []string{
		"x", "e30", "e30=", "bnVsbA", "W10", "eyJrIjoiIn0", "eyJrIjoxfQ", " ", "ey\n",
		encodedPosition(`{"K":"a"}`), encodedPosition(`{"k":"a","x":1}`), encodedPosition(` {"k":"a"}`), encodedPosition(`{"t":9223372036854775807,"k":"a\ud800"}`),
	} {
		p := before
		if err := p.UnmarshalText([]byte(text)); !errors.Is(err, signup.ErrInvalid) || p != before {
			t.Errorf("UnmarshalText(%q) returned %v and set %+v, want ErrInvalid and no change", text, err, p)
		}
	}
}

func encodedPosition(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// A store in memory keeps names that aren't UTF-8. The text of their Position is read, too.
func TestPositionTextOfInvalidUTF8(t *testing.T) {
	text, err := signup.Position{Key: "a\xff\xfe", LastName: "\xc3"}.MarshalText()
	var got signup.Position
	if err == nil {
		err = got.UnmarshalText(text)
	}
	if want := (signup.Position{Key: "a\ufffd", LastName: "\ufffd"}); err != nil || got != want {
		t.Errorf("got %+v and the error %v, want %+v and nil", got, err, want)
	}
}

// Applications may keep a Query as JSON.
func TestQueryJSON(t *testing.T) {
	q := signup.Query{Active: new(false), Sort: signup.SortByName, Limit: 10, After: signup.Position{Key: "ada@example.org", LastName: "l"}}
	text, err := json.Marshal(q)
	var got signup.Query
	if err == nil {
		err = json.Unmarshal(text, &got)
	}
	if err != nil || got.After != q.After || *got.Active || got.Limit != 10 {
		t.Errorf("%s is read as %+v with the error %v, want %+v", text, got, err, q)
	}
}

// A name that is too long to be sorted is like none.
func TestPositionOfLongName(t *testing.T) {
	q := signup.Query{Sort: signup.SortByName}
	long := make([]rune, 513)
	for i := range long {
		long[i] = '\U0001d11e' // two UTF-16 units
	}
	u := signup.User{Email: "ada@example.org", LastName: string(long), FirstName: string(long[:512])}
	if p := q.PositionOf(u); p.LastName != "" || p.FirstName != u.FirstName {
		t.Errorf("PositionOf has a last name of %d bytes and a first name of %d, want 0 and %d", len(p.LastName), len(p.FirstName), len(u.FirstName))
	}
}
