package pages

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/gosignup/signup/internal/overlay"
)

//go:embed templates static texts
var embedded embed.FS

const (
	layoutFile = "layout.html"
	partsFile  = "parts.html"
)

// loadFiles reads the templates, the static files and the texts. It panics if one of
// them is wrong, since templates are part of the program.
func (s *site) loadFiles() {
	s.texts = loadTexts(s)
	s.templates = make(map[string]*template.Template)
	common := template.Must(template.New(partsFile).Parse(s.file("templates/" + partsFile)))
	template.Must(common.New(layoutFile).Parse(s.file("templates/" + layoutFile)))
	for _, name := range s.names("templates") {
		if name == layoutFile || name == partsFile {
			continue
		}
		t := template.Must(template.Must(common.Clone()).New(name).Parse(s.file("templates/" + name)))
		if s.opts.Files != nil { // the embedded ones are tested
			checkTemplate(name, t)
		}
		s.templates[strings.TrimSuffix(name, ".html")] = t
	}
	s.static = make(map[string]staticFile)
	for _, name := range s.names("static") {
		s.static[name] = newStaticFile(name, s.file("static/"+name))
	}
}

// checkTemplate panics if t uses a template that isn't defined, or has an action in a place
// for which it can't be escaped. html/template finds both before t is executed. Without
// data, the execution itself ends at once.
func checkTemplate(name string, t *template.Template) {
	err := t.ExecuteTemplate(io.Discard, layoutFile, nil)
	if wrong, ok := errors.AsType[*template.Error](err); ok {
		panic(fmt.Sprintf("pages: templates/%s: %v", name, wrong))
	}
}

// files has Options.Files over the embedded ones.
func (s *site) files() overlay.FS { return overlay.FS{Top: s.opts.Files, Bottom: embedded} }

// file returns the content of a file.
func (s *site) file(name string) string {
	b, err := fs.ReadFile(s.files(), name)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// names returns the names of the files in dir.
func (s *site) names(dir string) (names []string) {
	entries, err := s.files().ReadDir(dir)
	if err != nil {
		panic(err)
	}
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}

// A staticFile is a style sheet, script or image.
type staticFile struct {
	name, etag string
	content    []byte
}

func newStaticFile(name, content string) staticFile {
	sum := sha256.Sum256([]byte(content))
	return staticFile{path.Base(name), `"` + hex.EncodeToString(sum[:8]) + `"`, []byte(content)}
}

// serve sends the file. It is no secret, so caches may keep it; they ask whether it has
// changed.
func (f staticFile) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("ETag", f.etag)
	http.ServeContent(w, r, f.name, time.Time{}, bytes.NewReader(f.content))
}
