package mailer

import (
	"fmt"
	"strings"
	"text/template"

	bcp47 "golang.org/x/text/language"
)

// has reports whether there is a template for the mail name.
func (t *templates) has(name string) bool { return t.languages[0].texts[name] != nil }

// language returns the language that is nearest to tags, of those that have the mail name,
// or English.
func (t *templates) language(tags []string, name string) *language {
	var wanted []bcp47.Tag
	for _, tag := range tags {
		if parsed, err := bcp47.Parse(tag); err == nil {
			wanted = append(wanted, parsed)
		}
	}
	if len(wanted) == 0 {
		return t.languages[0]
	}
	var having []*language // English has each mail
	var offered []bcp47.Tag
	for _, l := range t.languages {
		if l.texts[name] != nil {
			having, offered = append(having, l), append(offered, l.parsed)
		}
	}
	_, i, _ := bcp47.NewMatcher(offered).Match(wanted...)
	return having[i]
}

// layout returns what the layouts get for the mail name in the language l, or in English
// if l hasn't that mail.
func (t *templates) layout(l *language, name string, d Data) (*Layout, error) {
	if l.texts[name] == nil {
		l = t.languages[0]
	}
	set := l.texts[name]
	layout := &Layout{Data: d, Language: l.tag}
	var before, after string
	for _, f := range []struct {
		name  string
		field *string
		is    bool
	}{
		{"subject", &layout.Subject, true},
		{"hello", &layout.Hello, true},
		{"before", &before, true},
		{"button", &layout.Button, d.Link != ""},
		{"copy", &layout.Copy, d.Link != ""},
		{"code", &layout.CodeHint, d.Code != ""},
		{"validity", &layout.Validity, !d.Expires.IsZero()},
		{"after", &after, true},
		{"footer", &layout.Footer, true},
	} {
		if !f.is || set.Lookup(f.name) == nil {
			continue
		}
		var err error
		if *f.field, err = execute(set, f.name, d); err != nil {
			return nil, err
		}
	}
	layout.Subject = clean(layout.Subject)
	layout.Before, layout.After = paragraphs(before), paragraphs(after)
	return layout, nil
}

func execute(set *template.Template, name string, data any) (string, error) {
	var b strings.Builder
	if err := set.ExecuteTemplate(&b, name, data); err != nil {
		return "", fmt.Errorf("mailer: %w", err)
	}
	return strings.TrimSpace(b.String()), nil
}

// paragraphs returns the parts of s between empty lines.
func paragraphs(s string) (all []string) {
	for p := range strings.SplitSeq(s, "\n\n") {
		if p = strings.TrimSpace(p); p != "" {
			all = append(all, p)
		}
	}
	return all
}

// text returns the mail as text.
func (t *templates) text(l *Layout) (string, error) {
	s, err := execute(t.layoutText, "layout.txt", l)
	if err != nil {
		return "", err
	}
	blocks := paragraphs(s)
	for i := range blocks {
		blocks[i] = wrap(blocks[i])
	}
	return strings.Join(blocks, "\n\n") + "\n", nil
}

// html returns the mail name as HTML.
func (t *templates) html(l *Layout, name string) (string, error) {
	set := t.layoutHTML
	for _, language := range t.languages {
		if own := language.html[name]; own != nil && language.tag == l.Language {
			set = own
		}
	}
	var b strings.Builder
	if err := set.Execute(&b, l); err != nil {
		return "", fmt.Errorf("mailer: %w", err)
	}
	return b.String(), nil
}
