package transfer_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/transfertest"
	"github.com/gosignup/signup/transfer"
)

func TestWriter(t *testing.T) {
	without := strings.NewReplacer(`"password":"$2a$04$hashqxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxy",`, "",
		`,"security_stamp":"stampqx","private":"cHJpdmF0ZXF4AP8="`, "").Replace(transfertest.AdaLine)
	for _, c := range []struct {
		name string
		opts *transfer.ExportOptions
		want string
	}{
		{"no options", nil, without},
		{"the zero options", &transfer.ExportOptions{}, without},
		{"hashes", &transfer.ExportOptions{Hashes: true}, transfertest.AdaLine},
	} {
		if got := lines(t, c.opts, transfertest.Ada(), transfertest.Ada()); got != c.want+c.want {
			t.Errorf("%s: got %d bytes, want the %d of the expected lines", c.name, len(got), 2*len(c.want))
		}
	}
}

// Placeholders are neither written nor counted.
func TestWriterPlaceholder(t *testing.T) {
	held := transfertest.Ada()
	held.Placeholder = true
	var out strings.Builder
	w := transfer.NewWriter(&out, &transfer.ExportOptions{Hashes: true})
	if err := w.Write(held, transfertest.Ada(), held); err != nil || w.Count() != 1 || out.String() != transfertest.AdaLine {
		t.Errorf("got %d users in %d bytes and the error %v, want 1 in %d and nil", w.Count(), out.Len(), err, len(transfertest.AdaLine))
	}
}

// A user that can't be read again ends the call, after the users before it.
func TestWriterInvalid(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(u *signup.User)
		want   string
	}{
		{"no ID", func(u *signup.User) { u.ID = "" }, "it has no address or no ID"},
		{"no key", func(u *signup.User) { u.Email = "" }, "it has no address or no ID"},
		{"a name", func(u *signup.User) { u.LastName = "\xff" }, "it has text that is not UTF-8"},
		{"a hash", func(u *signup.User) { u.PasswordHash = "\xff" }, "it has text that is not UTF-8"},
		{"a field's name", func(u *signup.User) { u.Profile = map[string]string{"\xff": ""} }, "it has text that is not UTF-8"},
		{"a field's value", func(u *signup.User) { u.Profile = map[string]string{"": "\xff"} }, "it has text that is not UTF-8"},
		{"a late time", func(u *signup.User) { u.UpdatedAt = time.Unix(1<<40, 0) }, "it has a time in the year 36812"},
		{"an early time", func(u *signup.User) { u.CreatedAt = time.Unix(-1<<40, 0) }, "it has a time in the year -32873"},
		{"the year 10000", func(u *signup.User) { u.EmailVerifiedAt = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }, "it has a time in the year 10000"},
		{"the year 0", func(u *signup.User) { u.UpdatedAt = time.Date(0, 12, 31, 0, 0, 0, 0, time.UTC) }, "it has a time in the year 0"},
		{"a long line", func(u *signup.User) { u.LastName = strings.Repeat("x", 1<<20) }, "its line is longer than 1048576 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			u := transfertest.Ada()
			c.change(&u)
			var out strings.Builder
			w := transfer.NewWriter(&out, &transfer.ExportOptions{Hashes: true})
			err := w.Write(transfertest.Ada(), u, transfertest.Ada())
			if !errors.Is(err, signup.ErrInvalid) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got the error %v, want ErrInvalid with %q", err, c.want)
			}
			wantNoSecret(t, err)
			if w.Count() != 1 || out.String() != transfertest.AdaLine {
				t.Errorf("got %d users in %d bytes, want the one before it", w.Count(), out.Len())
			}
			if err := w.Write(transfertest.Ada()); err != nil || w.Count() != 2 || out.String() != transfertest.AdaLine+transfertest.AdaLine {
				t.Errorf("the next Write: got %d users and the error %v, want 2 and nil", w.Count(), err)
			}
		})
	}
}

// A full disk takes so many bytes.
type fullDisk struct {
	strings.Builder
	room int
	err  error
}

func (w *fullDisk) Write(p []byte) (int, error) {
	if n := w.room - w.Len(); n < len(p) {
		_, _ = w.Builder.Write(p[:n])
		return n, w.err
	}
	return w.Builder.Write(p)
}

// The count is that of the users which are written completely, and no user is written
// after an error.
func TestWriterFails(t *testing.T) {
	full := errors.New("no space left")
	for _, c := range []struct {
		name string
		disk fullDisk
		n    int64
		want error
	}{
		{"at once", fullDisk{err: full}, 0, full},
		{"within a line", fullDisk{room: len(transfertest.AdaLine)*5/2 + 1, err: full}, 2, full},
		{"before the end of a line", fullDisk{room: len(transfertest.AdaLine)*3 - 1, err: full}, 2, full},
		{"after a line", fullDisk{room: len(transfertest.AdaLine) * 3, err: full}, 3, full},
		{"without an error", fullDisk{room: len(transfertest.AdaLine) + 1}, 1, io.ErrShortWrite},
	} {
		w := transfer.NewWriter(&c.disk, &transfer.ExportOptions{Hashes: true})
		err := w.Write(transfertest.Ada(), transfertest.Ada(), transfertest.Ada(), transfertest.Ada())
		if err != c.want || w.Count() != c.n || c.disk.Len() != c.disk.room {
			t.Errorf("%s: got %d users and the error %v, want %d and %v", c.name, w.Count(), err, c.n, c.want)
		}
		c.disk.room = 1 << 20
		if err := w.Write(transfertest.Ada()); err != c.want || w.Count() != c.n {
			t.Errorf("%s, later: got %d users and the error %v, want %d and %v", c.name, w.Count(), err, c.n, c.want)
		}
	}
}

// However many users there are in a call, few are in memory.
func TestWriterMemory(t *testing.T) {
	u := transfertest.Ada()
	u.LastName = strings.Repeat("x", 1<<19)
	longest := 0
	w := transfer.NewWriter(writerFunc(func(p []byte) (int, error) {
		longest = max(longest, len(p))
		return len(p), nil
	}), nil)
	users := make([]signup.User, 100)
	for i := range users {
		users[i] = u
	}
	if err := w.Write(users...); err != nil || w.Count() != 100 || longest > 2<<20 {
		t.Errorf("got %d users, %d bytes at once and the error %v, want 100, 2 MiB at most and nil", w.Count(), longest, err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
