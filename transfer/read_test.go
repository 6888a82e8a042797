package transfer_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/transfertest"
	"github.com/gosignup/signup/transfer"
)

func TestRead(t *testing.T) {
	user := strings.TrimSuffix(transfertest.AdaLine, "\n")
	with := func(part, other string) string { return strings.Replace(user, part, other, 1) }
	spaces := func(n int) string { return strings.Repeat(" ", n-len(user)) }
	for _, c := range []struct {
		name, text string
		users      int
		err        string // what follows "transfer: line ", "" if there is none
	}{
		{"nothing", "", 0, ""},
		{"one", transfertest.AdaLine, 1, ""},
		{"no end of line", user, 1, ""},
		{"two", transfertest.AdaLine + transfertest.AdaLine, 2, ""},
		{"empty lines", "\n" + transfertest.AdaLine + "\n\r\n \t\n" + user + "\n\n", 2, ""},
		{"Windows", user + "\r\n" + user + "\r\n", 2, ""},
		{"a byte order mark", "\ufeff" + transfertest.AdaLine + transfertest.AdaLine, 2, ""},
		{"a byte order mark alone", "\ufeff", 0, ""},
		{"a byte order mark on a line of its own", "\ufeff\r\n" + transfertest.AdaLine, 1, ""},
		{"a byte order mark on the second line", transfertest.AdaLine + "\ufeff" + transfertest.AdaLine, 1, "2: it is not a user as Export writes one: "},
		{"two byte order marks", "\ufeff\ufeff" + transfertest.AdaLine, 0, "1: it is not a user as Export writes one: "},
		{"another order, spaces and escapes", strings.TrimSuffix(with(`{"id":"ID-4711","key"`, ` { "\u006bey" `), "}") + ` , "id":"\u0049D-4711"}`, 1, ""},
		{"the longest line", user + spaces(1<<20) + "\n" + user + spaces(1<<20), 2, ""},
		{"the longest lines of Windows", "\ufeff" + user + spaces(1<<20) + "\r\n" + user + spaces(1<<20) + "\r\n", 2, ""},
		{"white space that JSON hasn't", user + "\u00a0\n", 0, "1: it is not valid JSON at byte 476: "},
		{"a line of it", transfertest.AdaLine + "\v\n", 1, "2: it is not valid JSON at byte 1: "},
		{"a longer line", transfertest.AdaLine + user + spaces(1<<20+1) + "\n", 1, "2: it is longer than 1048576 bytes: "},
		{"a longer last line", transfertest.AdaLine + user + spaces(1<<20+1), 1, "2: it is longer than 1048576 bytes: "},
		{"cut short", transfertest.AdaLine + "\n" + user[:100], 1, "3: it is not valid JSON: it ends too early: "},
		{"cut short, and goes on", user[:100] + "\n" + transfertest.AdaLine, 0, "1: it is not valid JSON: it ends too early: "},
		{"an unknown member", with(`"id"`, `"shoe_size":"Qx","id"`), 0, "1: it is not a user as Export writes one: it has a member that Export doesn't write: "},
		{"a write token", with(`"id"`, `"write_token":"T","id"`), 0, "1: it is not a user as Export writes one: the member write_token is missing or wrong: "},
		{"a placeholder", with(`"id"`, `"placeholder":true,"id"`), 0, "1: it is not a user as Export writes one: the member placeholder is missing or wrong: "},
		{"private data that isn't Base64", with(`cHJpdmF0ZXF4AP8=`, `hashqx!`), 0, "1: it is not a user as Export writes one: the member private is"},
		{"two values", user + user, 0, "1: it is not valid JSON at byte 476: "},
		{"more", user + " x", 0, "1: it is not valid JSON at byte 477: "},
		{"no object", "[" + user + "]", 0, "1: it must be a JSON object: "},
		{"null", "null", 0, "1: it must be a JSON object: "},
		{"no ID", with(`"ID-4711"`, `""`), 0, "1: it is not a user as Export writes one: the member id is"},
		{"no key", with(`"key":"ada.qx@example.org",`, ``), 0, "1: it is not a user as Export writes one: the member key is"},
		{"a number", with(`"Adaqx"`, `4711`), 0, "1: it is not a user as Export writes one: the member first_name is"},
		{"no time", with(`2014-12-06T22:55:00.123Z`, `hashqx`), 0, "1: it is not a user as Export writes one: the member created_at is"},
		{"not UTF-8", with("Adaqx", "Adaqx\xff"), 0, "1: it is not UTF-8 at byte 215: "},
		{"something else", "<html>", 0, "1: it is not valid JSON at byte 1: "},
		{"a member in another case", with(`"id"`, `"ID"`), 0, "1: it is not a user as Export writes one: the member id is"},
		{"two members in different cases", with(`"id"`, `"Id":"ID-4711","id"`), 0, "1: it is not a user as Export writes one: it has a member that Export doesn't write: "},
		{"an empty write token", with(`"id"`, `"write_token":{},"id"`), 0, "1: it is not a user as Export writes one: the member write_token is"},
		{"an absent write token", with(`"id"`, `"write_token":null,"id"`), 0, "1: it is not a user as Export writes one: the member write_token is"},
		{"only an ID and a key", `{"id":"ID-4711","key":"ada.qx@example.org"}`, 0, "1: it is not a user as Export writes one: the member "},
		{"no is_active", with(`"is_active":true,`, ``), 0, "1: it is not a user as Export writes one: the member is_active is"},
		{"no created_at", with(`"created_at":"2014-12-06T22:55:00.123Z",`, ``), 0, "1: it is not a user as Export writes one: the member created_at is"},
		{"null for a name", with(`"Adaqx"`, `null`), 0, "1: it is not a user as Export writes one: the member first_name is"},
		{"an empty name", with(`"Adaqx"`, `""`), 0, "1: it is not a user as Export writes one: the member first_name is"},
		{"an empty profile", with(`{"company":"Enginesqx"}`, `{}`), 0, "1: it is not a user as Export writes one: the member profile is"},
		{"null in a profile", with(`"Enginesqx"`, `null`), 0, "1: it is not a user as Export writes one: the member profile is"},
		{"a time that is more exact", with(`22:55:00.123Z`, `22:55:00.1234Z`), 0, "1: it is not a user as Export writes one: the member created_at is"},
		{"a time of another zone", with(`22:55:00.123Z`, `23:55:00.123+01:00`), 0, "1: it is not a user as Export writes one: the member created_at is"},
		{"the year 0", with(`"created_at":"2014-`, `"created_at":"0000-`), 0, "1: it has a time in the year 0: "},
		{"the year 10000", with(`"created_at":"2014-`, `"created_at":"10000-`), 0, "1: it is not a user as Export writes one: the member created_at is"},
		{"Base64 with a line break", with(`cHJpdmF0`, `cHJpdmF0\n`), 0, "1: it is not a user as Export writes one: the member private is"},
		{"a text instead of a boolean", with(`true`, `"true"`), 0, "1: it is not a user as Export writes one: the member is_active is"},
		{"a member twice", with(`"id"`, `"id":"ID-4711","id"`), 0, "1: it has a name twice in an object: "},
		{"a member twice, escaped", with(`"id"`, `"\u0069d":"ID-4711","id"`), 0, "1: it has a name twice in an object: "},
		{"a field of the profile twice", with(`"company"`, `"company":"Enginesqx","company"`), 0, "1: it has a name twice in an object: "},
		{"a lone surrogate", with("Adaqx", `Adaqx\ud800`), 0, "1: it escapes one half of a surrogate pair without the other: "},
		{"a lone surrogate in a name", with("company", `\udc00`), 0, "1: it escapes one half of a surrogate pair without the other: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			users, last := 0, error(nil)
			for u, err := range transfer.Read(iotest.HalfReader(strings.NewReader(c.text))) {
				if last != nil {
					t.Fatal("got another value after an error, want none")
				}
				if last = err; err != nil {
					if !errors.Is(err, signup.ErrInvalid) {
						t.Errorf("got the error %v, want ErrInvalid", err)
					}
					wantNoSecret(t, err)
					continue
				}
				users++
				if want := transfertest.Ada(); !u.Equal(want) || u.Key() != want.Key() || u.KeyRule() != want.KeyRule() {
					t.Error("got another user, want the one that was exported")
				}
			}
			text := fmt.Sprint(last)
			if users != c.users || c.err == "" && last != nil || !strings.HasPrefix(text, "transfer: line "+c.err) && c.err != "" {
				t.Errorf("got %d users, then %v, want %d and %q", users, last, c.users, c.err)
			}
		})
	}
}

// A profile of any size that a Writer writes is read.
func TestReadLargeProfile(t *testing.T) {
	want := transfertest.Ada()
	for i := range 20_000 {
		want.Profile[fmt.Sprintf("field%d", i)] = ""
	}
	n := 0
	for u, err := range transfer.Read(strings.NewReader(lines(t, &transfer.ExportOptions{Hashes: true}, want))) {
		if err != nil || !u.Equal(want) {
			t.Fatalf("got another user, error %v, want the one that was exported", err)
		}
		n++
	}
	if n != 1 {
		t.Errorf("got %d users, want 1", n)
	}
}

// An error of the reader is returned, and not taken for the end.
func TestReadErrorOfReader(t *testing.T) {
	broken := errors.New("broken")
	for _, rest := range []string{"", "{", transfertest.AdaLine[:len(transfertest.AdaLine)-1]} {
		users := 0
		for _, err := range transfer.Read(io.MultiReader(strings.NewReader(transfertest.AdaLine+rest), iotest.ErrReader(broken))) {
			if err == nil {
				users++
			} else if !errors.Is(err, broken) || err.Error() != "transfer: line 2: broken" {
				t.Errorf("got error %v, want that of the reader", err)
			}
		}
		if users != 1 {
			t.Errorf("got %d users, want 1", users)
		}
	}
}

// A loop may end early.
func TestReadBreak(t *testing.T) {
	for range transfer.Read(strings.NewReader(transfertest.AdaLine + "{")) {
		break
	}
}
