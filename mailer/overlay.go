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
func (o overlay) ReadDir(name string) (all []fs.DirEntry, err error) {
	for _, files := range []fs.FS{o.bottom, o.top} {
		if files == nil {
			continue
		}
		entries, err := fs.ReadDir(files, name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for _, e := range entries {
			if !slices.ContainsFunc(all, func(f fs.DirEntry) bool { return f.Name() == e.Name() }) {
				all = append(all, e)
			}
		}
	}
	return all, nil
}
