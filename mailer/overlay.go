package mailer

import (
	"errors"
	"io/fs"
	"slices"
)

// An overlay has the files of top, which may be nil, and those of bottom that top
// hasn't.
type overlay struct{ top, bottom fs.FS }

func (o overlay) Open(name string) (fs.File, error) {
	if o.top != nil {
		if f, err := o.top.Open(name); !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
	}
	return o.bottom.Open(name)
}

// ReadDir returns the entries of both directories.
func (o overlay) ReadDir(name string) ([]fs.DirEntry, error) {
	all, err := fs.ReadDir(o.bottom, name)
	if err != nil || o.top == nil {
		return all, err
	}
	more, err := fs.ReadDir(o.top, name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, e := range more {
		if !slices.ContainsFunc(all, func(f fs.DirEntry) bool { return f.Name() == e.Name() }) {
			all = append(all, e)
		}
	}
	return all, nil
}
