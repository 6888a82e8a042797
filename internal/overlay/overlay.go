// Package overlay lays an application's files over those of a package.
package overlay

import (
	"errors"
	"io/fs"
	"slices"
)

// An FS has the files of Top, which may be nil, and those of Bottom that Top hasn't.
type FS struct{ Top, Bottom fs.FS }

// Open implements fs.FS.
func (o FS) Open(name string) (fs.File, error) {
	if o.Top != nil {
		if f, err := o.Top.Open(name); !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
	}
	return o.Bottom.Open(name)
}

// ReadDir returns the entries of both directories.
func (o FS) ReadDir(name string) (all []fs.DirEntry, err error) {
	for _, files := range []fs.FS{o.Bottom, o.Top} {
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
