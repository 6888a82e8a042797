package pages

import (
	"bytes"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gosignup/signup"
)

// A Page is what a template gets. Its methods make the texts, in the language of the
// page; {{.T "log_in_title"}} is the text of that code.
type Page struct {
	// Site is [Options].Name.
	Site string
	// Path is [Options].Path, which all URLs of pages begin with.
	Path string
	// Home is [Options].Home.
	Home string
	// Name is the name of the page, such as "log-in".
	Name string
	// Next is the path that the user is sent to after a log-in, or "" for Home. Forms
	// that lead to a log-in have it as a hidden field, and URL adds it.
	Next string
	// Mark is the value of the hidden field "link-mark" in a form that uses the token of
	// a link.
	Mark string
	// UserMark is the value of the hidden field "user-mark" in a form that is for User.
	UserMark string
	// User is the user that is logged in, or nil.
	User *signup.PublicUser
	// Fields are the fields of the form. If a form isn't accepted, the response is its
	// page, and the wrong fields have an Error.
	Fields []Field
	// Error is what is wrong with the form as a whole, or "".
	Error string
	// Notice is what was done just before, or "".
	Notice string
	// CanMail reports whether the site sends mails, and so has the pages that need them.
	CanMail bool
	// Data is what only this page has.
	Data any

	language *language
	site     *site
}

// T returns the text of code. If it quotes a value, that is the second argument.
func (p *Page) T(code string, value ...string) string {
	m := signup.Message{Code: code}
	if len(value) > 0 {
		m.Value = value[0]
	}
	return p.language.text(p.site, m)
}

// URL returns the path of a page, such as "log-in", with the parameter "next" if Next is
// set.
func (p *Page) URL(page string) string { return withNext(p.Path+page, p.Next, url.Values{}) }

// withNext returns path with the parameters v, and with next as another one if it is set.
func withNext(path, next string, v url.Values) string {
	if next != "" {
		v.Set(fieldNext, next)
	}
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

// Lang returns the BCP 47 tag of the page's language.
func (p *Page) Lang() string { return p.T("language") }

// Field returns the field name of the form, for a template that places fields itself.
func (p *Page) Field(name string) Field {
	for _, f := range p.Fields {
		if f.Name == name {
			return f
		}
	}
	return Field{Name: name}
}

// Wrong returns the fields that have an Error.
func (p *Page) Wrong() (wrong []Field) {
	for _, f := range p.Fields {
		if f.Error != "" {
			wrong = append(wrong, f)
		}
	}
	return wrong
}

// newPage returns the page name for q.
func (q *request) newPage(name string) *Page {
	p := &Page{
		Site: q.opts.Name, Path: q.opts.Path, Home: q.opts.Home, Name: name,
		Next: q.wanted(), CanMail: canMail(q.site), language: q.language, site: q.site,
	}
	if q.user != nil {
		u := q.accounts.Public(*q.user)
		p.User, p.UserMark = &u, userMark(u.ID)
	}
	return p
}

// text returns the text of code in the language of the page.
func (q *request) text(code string) string {
	return q.language.text(q.site, signup.Message{Code: code})
}

// show sends the page p.
func (q *request) show(status int, p *Page) error {
	t, ok := q.templates[p.Name]
	if !ok {
		panic("pages: no template " + p.Name)
	}
	return q.write(status, t, p)
}

// message sends a page that has only the text of code, and links to pages.
func (q *request) message(status int, code string, pages ...string) {
	p := q.newPage("message")
	p.Data = Text{Title: p.T(code + "_title"), Text: p.T(code + "_text"), Links: p.links(pages...)}
	if err := q.show(status, p); err != nil {
		q.logFailure(err)
		http.Error(q.w, p.T("page_failed_title"), http.StatusInternalServerError)
	}
}

// A Text is the Data of the page "message": a heading, a paragraph and links.
type Text struct {
	Title, Text string
	Links       []PageLink
}

// links returns links to those of pages that the site has. Their texts have the codes
// "go_" and the name of the page, with "_" for "-".
func (p *Page) links(pages ...string) (links []PageLink) {
	for _, page := range pages {
		if _, ok := p.site.pages[page]; ok {
			links = append(links, PageLink{URL: p.URL(page), Text: p.T("go_" + underscored(page))})
		}
	}
	return links
}

// underscored returns the name of a page as a part of codes.
func underscored(page string) string { return strings.ReplaceAll(page, "-", "_") }

// write sends what t makes of p. Nothing is sent of a template that fails.
func (q *request) write(status int, t *template.Template, p *Page) error {
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, layoutFile, p); err != nil {
		return err
	}
	// What a client has sent, or another program has stored, may be other bytes.
	content := bytes.ToValidUTF8(b.Bytes(), []byte("\ufffd"))
	h := q.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", p.Lang())
	h.Add("Vary", "Accept-Language")
	h.Set("Content-Length", strconv.Itoa(len(content)))
	q.w.WriteHeader(status)
	if q.r.Method != http.MethodHead {
		_, _ = q.w.Write(content) // if it fails, the client has gone
	}
	return nil
}
