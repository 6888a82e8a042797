package transfer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/userjson"
)

// flushAt is the number of bytes after which a Writer writes what it has encoded.
const flushAt = 1 << 20

// A Writer writes users as lines. Make one with [NewWriter]. It must not be used by
// several goroutines at once.
type Writer struct {
	to      io.Writer
	hashes  bool
	lines   bytes.Buffer
	encoder *json.Encoder
	count   int64
	err     error // of to
}

// NewWriter returns a Writer to w. It copies opts; nil means the defaults.
func NewWriter(w io.Writer, opts *ExportOptions) *Writer {
	n := &Writer{to: w, hashes: opts != nil && opts.Hashes}
	n.encoder = json.NewEncoder(&n.lines)
	n.encoder.SetEscapeHTML(false)
	return n
}

// Write writes users, in their order, and leaves placeholders out. Nothing remains in a
// buffer. Without ExportOptions.Hashes, the secrets are left out.
//
// A user that [Read] can't read as it is ends the call with ErrInvalid: one without ID or
// key, with text that isn't UTF-8, with a time outside the years 1 to 9999, or whose line
// is longer than 1 MiB. The users before it are written. An error of the io.Writer is
// returned as it is, by this and by all later calls.
func (w *Writer) Write(users ...signup.User) error {
	w.lines.Reset()
	for _, u := range users {
		if u.Placeholder {
			continue
		}
		if err := w.encode(u); err != nil {
			if failed := w.flush(); failed != nil {
				return failed
			}
			return err
		}
		if w.lines.Len() >= flushAt {
			if err := w.flush(); err != nil {
				return err
			}
		}
	}
	return w.flush()
}

// Count returns the number of users that were written completely.
func (w *Writer) Count() int64 { return w.count }

// encode appends the line of u.
func (w *Writer) encode(u signup.User) error {
	r := userjson.Of(u)
	if !w.hashes {
		r.Password, r.SecurityStamp, r.Private = "", "", nil
	}
	if r.ID == "" || r.Key == "" {
		return refuse(u, "it has no address or no ID")
	}
	if !r.IsUTF8() {
		return refuse(u, "it has text that is not UTF-8")
	}
	if year, wrong := userjson.WrongYear(u); wrong {
		return refuse(u, fmt.Sprintf("it has a time in the year %d", year))
	}
	start := w.lines.Len()
	if err := w.encoder.Encode(&r); err != nil {
		w.lines.Truncate(start)
		return fmt.Errorf("transfer: write: %w", err)
	}
	if w.lines.Len()-start > maxLine+len("\n") {
		w.lines.Truncate(start)
		return refuse(u, fmt.Sprintf("its line is longer than %d bytes", maxLine))
	}
	return nil
}

// refuse returns the error for a user that can't be written.
func refuse(u signup.User, why string) error {
	return fmt.Errorf("transfer: write the user with the ID %q: %s: %w", u.ID, why, signup.ErrInvalid)
}

// flush writes the lines and counts those that are written.
func (w *Writer) flush() error {
	if w.err != nil || w.lines.Len() == 0 {
		return w.err
	}
	n, err := w.to.Write(w.lines.Bytes())
	w.count += int64(bytes.Count(w.lines.Bytes()[:n], []byte("\n")))
	if err == nil && n < w.lines.Len() {
		err = io.ErrShortWrite
	}
	w.err = err
	w.lines.Reset()
	return err
}
