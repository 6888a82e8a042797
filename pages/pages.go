// Package pages serves the pages that a person needs to have an account: sign up, log
// in, a forgotten password, the profile, another address, devices, export, deletion.
// They work without JavaScript. One line mounts them:
//
//	mux.Handle("/account/", pages.New(accounts, sessions, &pages.Options{Name: "Orchard", BaseURL: "https://orchard.example"}))
//
// # Pages
//
// Each page is one path element beneath Options.Path, such as /account/log-in. The path
// itself leads to the profile. A page that needs something which isn't configured, such as
// [signup.Accounts].Send, is 404, and no page links to it. The handler of
// /.well-known/change-password, which password managers open, is the same one:
//
//	mux.Handle("/.well-known/change-password", accountPages)
//
// # Links in mails
//
// A mail with a Token has the link that [Link] returns. A GET of it changes nothing, so
// that programs that scan mail do no harm: it moves the token from the URL to a cookie
// and redirects to the page for its [signup.Purpose]. The button of that page uses the
// token. The cookie lasts for 15 minutes; after that, or if the browser keeps no cookies,
// the page says what to do, and the link can still be used.
//
// # Making them one's own
//
// Options.Files replaces templates, the style sheet and the texts, file by file; see
// [Options]. [Page] is what a template gets. In its forms, it repeats Page.Next, Page.Mark
// or Page.UserMark by one of these lines, as the template that it replaces does:
//
//	{{template "next" .}}
//	{{template "link-mark" .}}
//	{{template "user-mark" .}}
//
// If another user has logged in since the page was opened, as in another tab, a form of
// the user changes nothing. The same holds for the form of a link if another link has been
// opened.
//
// # Security
//
// A page may not be framed, sends no path in a Referer, isn't stored by caches, and loads scripts
// and styles only from its own files (Content-Security-Policy). POST requests from other
// sites are refused by [http.CrossOriginProtection]. A page redirects only to paths of
// its own site. No URL, and no log record, has a password or address.
package pages

import (
	"cmp"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/outage"
	"github.com/gosignup/signup/internal/webclient"
)

// Options are the options of [New]. Name and BaseURL must be set; the zero value of every
// other field selects the default that its comment names.
type Options struct {
	// Name is the name of the site, as the pages show it.
	Name string
	// BaseURL is the scheme and host of the site, such as "https://orchard.example". If
	// the scheme is http, as in development, cookies are set without Secure.
	BaseURL string
	// Path is where the pages are mounted, as browsers see it: the whole path, also behind
	// [http.StripPrefix]. It begins and ends with a slash, and has no query and no escaped
	// characters such as "%20". "" is "/account/".
	Path string
	// Home is the path of the page that a user comes to after a log-in, if no other page
	// had sent them. "" is the profile page.
	Home string
	// Origin returns where a request comes from, for [signup.Limits].PerOrigin, or "" if
	// that is unknown. Nil takes the address in RemoteAddr, which is right unless the
	// program runs behind a proxy: then it is the proxy's, and all clients share one
	// limit. A header such as X-Forwarded-For is only right if the proxy sets it.
	Origin func(r *http.Request) string
	// Files replaces and adds files, in the directories that this package has:
	//
	//   - templates: "templates/log-in.html" is the page to log in, "templates/layout.html"
	//     what surrounds each page, and "templates/parts.html" has what several pages have.
	//   - static: "static/style.css" is the style sheet. Other files of this directory are
	//     served as well.
	//   - texts: "texts/fr.json" adds French, or replaces some of its texts. The name is a
	//     BCP 47 tag. Texts that a language leaves out are in English.
	//
	// Nil replaces nothing. A file that can't be parsed is a panic of New. If a template
	// fails later, as by a field that the Page doesn't have, the response is 500, and the
	// log says why.
	Files fs.FS
	// Translate returns the text of m in one of languages, as that of
	// [signup.HandlerOptions] does, or "" for the text of this package. The Code is that
	// of the texts in texts/en.json. Nil replaces no text.
	Translate func(languages []string, m signup.Message) string
	// Logger gets a record of each request that fails, without addresses. If requests are
	// refused for lack of capacity, it gets a warning when that begins, with the cause,
	// and another when none was refused for 10 seconds, with their number; the record of
	// each such request has the level DEBUG. Nil is slog.Default().
	Logger *slog.Logger
}

// Link returns the URL that a mail with the token has. baseURL and path are those of
// [Options]; the path "" is "/account/".
func Link(baseURL, path, token string) string {
	return strings.TrimSuffix(baseURL, "/") + cmp.Or(path, defaultPath) + linkPage + "?" + tokenParameter + "=" + url.QueryEscape(token)
}

const (
	defaultPath    = "/account/"
	linkPage       = "link"
	tokenParameter = "token"
	changePassword = "/.well-known/change-password"
)

// site is the handler that New returns.
type site struct {
	accounts  *signup.Accounts
	sessions  signup.Sessions
	opts      Options
	cookies   webclient.Cookies
	texts     *texts
	templates map[string]*template.Template
	static    map[string]staticFile
	pages     map[string]page
	handlers  map[string]http.Handler // of the pages
	guard     *signup.Guard
	overload  outage.Overload
}

// New returns the handler of the pages for the users of a. The log-ins are kept in s. New
// panics if one of them is nil or can't be used, if opts is wrong, or if a field of
// [signup.Accounts].Fields is called "next" or "remember", as that is a mistake in the
// program.
func New(a *signup.Accounts, s signup.Sessions, opts *Options) http.Handler {
	if a == nil || s == nil || opts == nil {
		panic("pages: New without Accounts, Sessions or Options")
	}
	site := &site{accounts: a, sessions: s, opts: *opts}
	site.checkOptions()
	site.loadFiles()
	site.guard = &signup.Guard{
		Accounts: a, Sessions: s, Logger: opts.Logger,
		LogInURL: site.url("log-in"), ReauthenticateURL: site.url("confirm"),
		Translate: site.translate,
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			site.newRequest(w, r).fail(err)
		},
	}
	site.pages, site.handlers = make(map[string]page), make(map[string]http.Handler)
	for _, p := range allPages {
		if p.is == nil || p.is(site) {
			site.pages[p.path], site.handlers[p.path] = p, site.handler(p) // panics if the Accounts can't be used
		}
	}
	protection := http.NewCrossOriginProtection()
	// Behind a proxy that changes the Host header, it isn't that of the Origin header.
	if err := protection.AddTrustedOrigin(originOf(opts.BaseURL)); err != nil {
		panic(err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if webclient.CheckOrigin(protection, r) != nil {
			site.denyCrossOrigin(w, r)
			return
		}
		site.ServeHTTP(w, r)
	})
}

// url returns the path of a page.
func (s *site) url(page string) string { return s.opts.Path + page }

func (s *site) logger() *slog.Logger { return cmp.Or(s.opts.Logger, slog.Default()) }
