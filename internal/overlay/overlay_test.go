package overlay_test

import (
	"errors"
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/gosignup/signup/internal/overlay"
)

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

func TestFS(t *testing.T) {
	bottom := fstest.MapFS{"d/a": file("bottom"), "d/b": file("bottom")}
	for _, c := range []struct {
		name string
		top  fs.FS
		want map[string]string
	}{
		{"no top", nil, map[string]string{"d/a": "bottom", "d/b": "bottom"}},
		{"another directory", fstest.MapFS{"e/x": file("top")}, map[string]string{"d/a": "bottom", "d/b": "bottom"}},
		{"both", fstest.MapFS{"d/b": file("top"), "d/c": file("top")}, map[string]string{"d/a": "bottom", "d/b": "top", "d/c": "top"}},
	} {
		files := overlay.FS{Top: c.top, Bottom: bottom}
		entries, err := files.ReadDir("d")
		if err != nil || len(entries) != len(c.want) {
			t.Errorf("%s: ReadDir returned %v and %v, want %d entries", c.name, entries, err, len(c.want))
		}
		for name, want := range c.want {
			if got, err := fs.ReadFile(files, name); err != nil || string(got) != want {
				t.Errorf("%s: ReadFile(%s) returned %q and %v, want %q", c.name, name, got, err, want)
			}
		}
		if _, err := fs.ReadFile(files, "d/none"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: ReadFile of no file returned %v, want fs.ErrNotExist", c.name, err)
		}
	}
}
