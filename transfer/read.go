package transfer

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/gosignup/signup"
)

// maxLine is the greatest length of a line, in bytes, without its end.
const maxLine = 1 << 20

// mark is a byte order mark (RFC 8259, section 8.1).
const mark = "\ufeff"

// Read returns the users that an export has written to r, for an import. Each is
// Equal to the user that was exported and has the same key. If the export has no
// secrets, they are empty.
//
// A line must be a user exactly as an export writes one, so that nothing is lost, except
// that the order of the members, white space and the escapes in texts may differ. Any
// other line is ErrInvalid: one that isn't I-JSON (RFC 7493), lacks a member that
// an export always writes, has another member or null, has a value in another form, or
// is longer than 1 MiB. Empty lines and a byte order mark at the start are skipped.
// An error, also one of r, has the number of the line, and the name of a member that
// an export writes if that member is wrong. It is the last thing that the sequence
// yields.
func Read(r io.Reader) iter.Seq2[signup.User, error] {
	return func(yield func(signup.User, error) bool) {
		lines := bufio.NewReaderSize(r, len(mark)+maxLine+len("\r\n"))
		for n := 1; ; n++ {
			text, err := lines.ReadSlice('\n')
			last := errors.Is(err, io.EOF)
			if n == 1 {
				text = bytes.TrimPrefix(text, []byte(mark))
			}
			text = bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))
			tooLong := errors.Is(err, bufio.ErrBufferFull) || len(text) > maxLine
			text = bytes.Trim(text, " \t\r")
			var u signup.User
			switch {
			case tooLong:
				err = fmt.Errorf("it is longer than %d bytes: %w", maxLine, signup.ErrInvalid)
			case err != nil && !last:
			case len(text) > 0:
				u, err = parseLine(text)
			case last:
				return
			default:
				continue
			}
			if err != nil {
				yield(signup.User{}, fmt.Errorf("transfer: line %d: %w", n, err))
				return
			}
			if !yield(u, nil) || last {
				return
			}
		}
	}
}
