package mailer

import (
	"embed"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"path"
	"slices"
	"strings"
	"text/template"
	"time"

	bcp47 "golang.org/x/text/language"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/overlay"
)

//go:embed templates
var embedded embed.FS

const (
	directory  = "templates"
	commonFile = "common.txt"
	english    = "en"
)

// allMails has a mail for each template.
var allMails = []signup.Mail{
	{Purpose: signup.PurposeVerifyEmail},
	{Purpose: signup.PurposeRegister},
	{Purpose: signup.PurposeResetPassword},
	{Purpose: signup.PurposeChangeEmail},
	{Purpose: signup.PurposeUndoEmail},
	{Purpose: signup.PurposeLogIn},
	{Purpose: signup.PurposeInvite},
	{Notice: signup.NoticePasswordChanged},
	{Notice: signup.NoticeAlreadyRegistered},
	{Notice: signup.NoticeNoAccount},
	{Notice: signup.NoticeAlreadyVerified},
	{Notice: signup.NoticeDeactivated},
	{Notice: signup.NoticeDeleted},
	{Notice: signup.NoticeEmailChangeRequested, Purpose: signup.PurposeUndoEmail},
	{Notice: signup.NoticeEmailChanged, Purpose: signup.PurposeUndoEmail},
	{Notice: signup.NoticeEmailChanged},
	{Notice: signup.NoticeEmailChangeUndone},
}

// templateName returns the name of the template of m.
func templateName(m signup.Mail) string {
	if m.Notice != "" {
		return string(m.Notice)
	}
	return string(m.Purpose)
}

// templates has those of all languages.
type templates struct {
	files      overlay.FS
	layoutText *template.Template
	layoutHTML *htmltemplate.Template
	languages  []*language // the first is English
}

// A language has the templates of one.
type language struct {
	tag    string
	parsed bcp47.Tag
	texts  map[string]*template.Template
	html   map[string]*htmltemplate.Template // of mails with a whole HTML of their own
}

// functions are what templates can call.
var functions = template.FuncMap{
	// choose returns the text with a number, from 1 on: choose .Expires.Month "January" …
	"choose": func(n time.Month, texts ...string) (string, error) {
		if n < 1 || int(n) > len(texts) {
			return "", fmt.Errorf("there are %d texts", len(texts))
		}
		return texts[n-1], nil
	},
}

// loadTemplates reads all templates.
func loadTemplates(files fs.FS) (t *templates, err error) {
	t = &templates{files: overlay.FS{Top: files, Bottom: embedded}}
	if t.layoutText, err = t.parse("layout.txt"); err != nil {
		return nil, err
	}
	if t.layoutHTML, err = t.parseHTML("layout.html"); err != nil {
		return nil, err
	}
	entries, err := t.files.ReadDir(directory)
	if err != nil {
		return nil, fmt.Errorf("mailer: %w", err)
	}
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		tag, err := bcp47.Parse(e.Name())
		if err != nil {
			return nil, fmt.Errorf("mailer: %s/%s isn't named after a language: %w", directory, e.Name(), err)
		}
		l, err := t.loadLanguage(e.Name())
		if err != nil {
			return nil, err
		}
		l.tag, l.parsed = tag.String(), tag
		if e.Name() == english { // the default is the first one
			t.languages = slices.Insert(t.languages, 0, l)
		} else {
			t.languages = append(t.languages, l)
		}
	}
	return t, nil
}

// loadLanguage reads the templates in the directory name. Each mail has a set with the
// common ones.
func (t *templates) loadLanguage(name string) (*language, error) {
	entries, err := t.files.ReadDir(path.Join(directory, name))
	if err != nil {
		return nil, fmt.Errorf("mailer: %w", err)
	}
	common := path.Join(name, commonFile)
	l := &language{texts: make(map[string]*template.Template), html: make(map[string]*htmltemplate.Template)}
	for _, e := range entries {
		file := path.Join(name, e.Name())
		mail, kind := strings.TrimSuffix(e.Name(), path.Ext(file)), path.Ext(file)
		if file == common || kind != ".txt" && kind != ".html" {
			continue
		}
		if !slices.ContainsFunc(allMails, func(m signup.Mail) bool { return templateName(m) == mail }) {
			return nil, fmt.Errorf("mailer: %s/%s has the name of no purpose and no notice", directory, file)
		}
		if kind == ".txt" {
			l.texts[mail], err = t.parse(common, file)
		} else {
			l.html[mail], err = t.parseHTML(file)
		}
		if err != nil {
			return nil, err
		}
	}
	return l, nil
}

// parse returns the templates of files, as one set.
func (t *templates) parse(files ...string) (*template.Template, error) {
	set := template.New(files[len(files)-1]).Funcs(functions)
	for _, name := range files {
		b, err := fs.ReadFile(t.files, path.Join(directory, name))
		if err == nil {
			_, err = set.New(name).Parse(string(b))
		}
		if err != nil {
			return nil, fmt.Errorf("mailer: %w", err)
		}
	}
	return set, nil
}

// parseHTML returns the template of a file.
func (t *templates) parseHTML(name string) (*htmltemplate.Template, error) {
	b, err := fs.ReadFile(t.files, path.Join(directory, name))
	if err != nil {
		return nil, fmt.Errorf("mailer: %w", err)
	}
	set, err := htmltemplate.New(name).Parse(string(b))
	if err != nil {
		return nil, fmt.Errorf("mailer: %w", err)
	}
	return set, nil
}
