package mailer

import (
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"path"
	"slices"
	"text/template"
	"time"

	bcp47 "golang.org/x/text/language"

	"github.com/gosignup/signup"
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
	files      overlay
	layoutText *template.Template
	layoutHTML *htmltemplate.Template
	languages  []*language // in the order of the matcher's tags; the first is English
	matcher    bcp47.Matcher
}

// A language has the templates of one.
type language struct {
	tag   string
	texts map[string]*template.Template
	html  map[string]*htmltemplate.Template // of mails with a whole HTML of their own
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
	t = &templates{files: overlay{files, embedded}}
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
	var tags []bcp47.Tag
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
		l.tag = tag.String()
		if e.Name() == english { // the default is the first one
			t.languages, tags = slices.Insert(t.languages, 0, l), slices.Insert(tags, 0, tag)
		} else {
			t.languages, tags = append(t.languages, l), append(tags, tag)
		}
	}
	t.matcher = bcp47.NewMatcher(tags)
	return t, nil
}

// loadLanguage reads the templates in the directory name. Each mail has a set with the
// common ones.
func (t *templates) loadLanguage(name string) (*language, error) {
	l := &language{texts: make(map[string]*template.Template), html: make(map[string]*htmltemplate.Template)}
	for _, m := range allMails {
		file := path.Join(name, templateName(m))
		text, err := t.parse(path.Join(name, commonFile), file+".txt")
		if err == nil {
			l.texts[templateName(m)] = text
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		html, err := t.parseHTML(file + ".html")
		if err == nil {
			l.html[templateName(m)] = html
		} else if !errors.Is(err, fs.ErrNotExist) {
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
