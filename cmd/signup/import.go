package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/transfer"
)

var importCommand = command{
	name: "import", operand: "[FILE]", about: "add the users of an export",
	more: `It reads the lines that export has written, from FILE or standard input. It never
replaces a user, and may be repeated: users that it has stored before are counted as
present. A user is refused if the address belongs to another one, or if the hash is in no
known format.

The exit code is 7 if users were refused. The first 20 are listed by their lines.`,
	prepare: func(f *flag.FlagSet) func(context.Context, *call) error {
		anyHash := f.Bool("any-hash", false, "accept hashes in any format, for applications with\nAccounts.HashFormats or a Hasher of their own")
		return withUsers(func(ctx context.Context, c *call, s store) error {
			return importUsers(ctx, c, s, *anyHash)
		})
	},
}

func importUsers(ctx context.Context, c *call, s store, anyHash bool) error {
	in, size, err := c.input()
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	lines := newLineReader(ctx, in)
	defer lines.close()
	var share func() float64
	if size > 0 {
		share = func() float64 { return float64(lines.bytes.Load()) / float64(size) }
	}
	p := c.startProgress("import", share)
	defer p.end()
	r := importReport{lines: map[int64]int64{}}
	opts := &transfer.ImportOptions{
		Result:   r.add,
		Progress: func(sum transfer.ImportSummary) { p.users.Store(sum.Created + sum.Present) },
	}
	if anyHash {
		opts.CheckHash = func(signup.Hash) error { return nil }
	}
	r.ImportSummary, err = s.Import(ctx, r.numbered(lines), opts)
	p.end()
	written := r.write(c)
	switch {
	case errors.Is(err, signup.ErrInvalid):
		return fmt.Errorf("%w; correct the line, and repeat the import to add the rest", err)
	case err != nil:
		return fmt.Errorf("%w; repeat the import to add the rest", err)
	case written != nil:
		return notWritten(r.text(), written)
	case r.Exists+r.Invalid > 0:
		return silent{exitRefused}
	}
	return nil
}

// input returns the file that is to be read, and its size, or 0 if that isn't known.
func (c *call) input() (in io.ReadCloser, size int64, err error) {
	if len(c.args) == 0 || c.args[0] == "-" {
		if isTerminal(c.stdin) {
			c.note("reading users from the terminal; for a file, write signup import FILE")
		}
		return io.NopCloser(c.stdin), 0, nil
	}
	f, err := os.Open(c.args[0])
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	switch {
	case err == nil && info.IsDir():
		_ = f.Close()
		return nil, 0, fmt.Errorf("%s is a directory", c.args[0])
	case err == nil && info.Mode().IsRegular():
		size = info.Size()
	}
	return f, size, nil
}

// maxRefused is the greatest number of refused users that are listed.
const maxRefused = 20

// An importReport collects the results of an import.
type importReport struct {
	transfer.ImportSummary
	refused  []refusedUser
	unlisted int64
	hashless int64           // users that were stored without a hash
	lines    map[int64]int64 // of the users without a result yet, by their number
}

type refusedUser struct {
	Line  int64  `json:"line"`
	Error string `json:"error"`
}

// numbered returns the users of lines, and notes the line of each.
func (r *importReport) numbered(lines *lineReader) iter.Seq2[signup.User, error] {
	return func(yield func(signup.User, error) bool) {
		n := int64(0)
		for u, err := range transfer.Read(lines) {
			r.lines[n] = lines.line()
			n++
			if !yield(u, err) {
				return
			}
		}
	}
}

func (r *importReport) add(result transfer.ImportResult) {
	line := r.lines[result.N]
	delete(r.lines, result.N)
	reason := ""
	switch {
	case result.Err == nil:
		if result.User.PasswordHash == "" && !result.Present {
			r.hashless++
		}
		return
	case errors.Is(result.Err, signup.ErrExists):
		reason = "the address belongs to another user"
	case errors.Is(result.Err, context.Canceled), errors.Is(result.Err, context.DeadlineExceeded):
		return // the rest of a batch
	default:
		reason = result.Err.Error()
	}
	if len(r.refused) == maxRefused {
		r.unlisted++
		return
	}
	r.refused = append(r.refused, refusedUser{line, reason})
}

// alike returns how many users at the beginning are in lines that follow each other, and
// have the same error. All of a batch have if the disk is full, for example.
func alike(refused []refusedUser) int {
	n := 1
	for n < len(refused) && refused[n] == (refusedUser{refused[0].Line + int64(n), refused[0].Error}) {
		n++
	}
	return n
}

// write writes the summary to standard output.
func (r *importReport) write(c *call) error {
	if c.json {
		return writeJSON(c.stdout, map[string]any{
			"read": r.Read, "created": r.Created, "present": r.Present, "exists": r.Exists, "invalid": r.Invalid,
			"failed": r.Failed, "without_hash": r.hashless, "refused": append([]refusedUser{}, r.refused...), "unlisted": r.unlisted,
		})
	}
	for refused := r.refused; len(refused) > 0; {
		n := alike(refused)
		lines := fmt.Sprintf("line %d", refused[0].Line)
		if n > 1 {
			lines = fmt.Sprintf("lines %d to %d", refused[0].Line, refused[n-1].Line)
		}
		if _, err := fmt.Fprintf(c.stdout, "%s: %s\n", lines, printable(c.redact(refused[0].Error))); err != nil {
			return err
		}
		refused = refused[n:]
	}
	if r.unlisted > 0 {
		if _, err := fmt.Fprintf(c.stdout, "and %d more\n", r.unlisted); err != nil {
			return err
		}
	}
	if r.hashless > 0 {
		c.note("%d users have no hash, and can't log in before they reset the password", r.hashless)
	}
	_, err := fmt.Fprintln(c.stdout, r.text())
	return err
}

func (r *importReport) text() string {
	return fmt.Sprintf("%d users read: %d created, %d present, %d refused, %d failed",
		r.Read, r.Created, r.Present, r.Exists+r.Invalid, r.Failed)
}
