package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"

	"github.com/gosignup/signup/transfer"
)

var exportCommand = command{
	name: "export", operand: "[FILE]", about: "write all users",
	more: `It writes lines of JSON, in the order of the addresses, to FILE or standard output.
FILE must not exist. It appears when the export is complete, and only its owner can read
it. An export to standard output is complete if the exit code is 0.`,
	prepare: func(f *flag.FlagSet) func(context.Context, *call) error {
		hashes := f.Bool("hashes", false, "include hashes, security stamps and private data, as an import\nneeds them; keep such a file secret")
		return withUsers(func(ctx context.Context, c *call, s store) error {
			return export(ctx, c, s, *hashes)
		})
	},
}

func export(ctx context.Context, c *call, s store, hashes bool) error {
	if !hashes {
		c.note("hashes, security stamps and private data are left out: -hashes includes them")
	}
	toFile := len(c.args) > 0 && c.args[0] != "-"
	out := &output{Writer: c.stdout}
	if toFile {
		var err error
		if out, err = create(c.args[0]); err != nil {
			return err
		}
		defer out.discard()
	}
	p := c.startProgress("export", nil)
	defer p.end()
	n, err := s.Export(ctx, &countingWriter{out, &p.users}, &transfer.ExportOptions{Hashes: hashes})
	p.end()
	if err == nil {
		err = out.commit()
	}
	if err != nil && toFile {
		return fmt.Errorf("%w (after %d users; there is no file)", err, n)
	}
	if err != nil {
		return fmt.Errorf("%w (after %d users)", err, n)
	}
	if !toFile { // standard output has the users
		c = &call{json: c.json, stdout: c.stderr}
	}
	return c.done(fmt.Sprintf("%d users exported", n), map[string]int64{"exported": n})
}

// An output is where an export goes: standard output, or a file that appears when it is
// complete.
type output struct {
	io.Writer
	file *os.File // nil: standard output
	name string
}

func create(name string) (*output, error) {
	if info, err := os.Lstat(name); err == nil && !info.Mode().IsRegular() { // /dev/stdout must not be removed
		return nil, fmt.Errorf("%s exists, and is no file: choose another name, or - for standard output", name)
	} else if err == nil {
		return nil, fmt.Errorf("%s exists: remove it, or choose another name", name)
	} else if !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		if e, ok := errors.AsType[*os.PathError](err); ok {
			err = e.Err // without the temporary name
		}
		return nil, fmt.Errorf("%s can't be made: %w", name, err)
	}
	return &output{namedWriter{f, name}, f, name}, nil
}

// A namedWriter writes to a file whose errors have the name that it will get.
type namedWriter struct {
	file *os.File
	name string
}

func (w namedWriter) Write(p []byte) (int, error) {
	n, err := w.file.Write(p)
	if e, ok := errors.AsType[*os.PathError](err); ok {
		err = &os.PathError{Op: e.Op, Path: w.name, Err: e.Err}
	}
	return n, err
}

// commit gives the file its name.
func (o *output) commit() error {
	if o.file == nil {
		return nil
	}
	if err := errors.Join(o.file.Sync(), o.file.Close()); err != nil {
		return err
	}
	// Unlike a rename, a link replaces no file that was made meanwhile.
	if err := os.Link(o.file.Name(), o.name); err != nil {
		if !errors.Is(err, os.ErrExist) {
			return os.Rename(o.file.Name(), o.name)
		}
		return err
	}
	return nil
}

// discard removes what commit has left.
func (o *output) discard() {
	_ = o.file.Close()
	_ = os.Remove(o.file.Name())
}

// A countingWriter counts lines.
type countingWriter struct {
	w     io.Writer
	lines *atomic.Int64
}

func (w *countingWriter) Write(p []byte) (int, error) {
	n, err := w.w.Write(p)
	w.lines.Add(int64(bytes.Count(p[:n], []byte("\n"))))
	return n, err
}
