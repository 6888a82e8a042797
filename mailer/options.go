package mailer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/gosignup/signup"
)

// Options are the options of [New]. Name, From, BaseURL and Server must be set; the zero
// value of every other field selects the default that its comment names.
type Options struct {
	// Name is the name of the site, as the mails give it: one line of at most 100 bytes.
	Name string
	// From is the sender: an address, or a name and an address, such as
	// "Orchard <no-reply@orchard.example>". The address has only ASCII characters before
	// the @. Mail servers return there what they can't deliver. Its domain is also that of
	// the Message-ID.
	From string
	// BaseURL is the scheme and host of the site, such as "https://orchard.example".
	// Links begin with it.
	BaseURL string
	// Path is where the handler of package pages is mounted. "" is "/account/".
	Path string
	// Server gets the mails: an [SMTP], or what [Print] returns.
	Server Server
	// Support is where a user gets help, for example to make a deactivated account active
	// again: an address or URL. "" is BaseURL.
	Support string
	// Link returns the URL that the mail has, for sites with pages of their own: for
	// m.Token, or for a Notice without Token the page where the user can act. "" is no
	// link. The scheme is https or http. Link is called by several goroutines at once.
	//
	// Nil is for package pages: pages.Link(BaseURL, Path, m.Token), and the pages for a
	// log-in or a forgotten password for notices.
	Link func(m signup.Mail) string
	// Language returns the BCP 47 tag of the language of a mail, from m.User.Profile for
	// example, or "" if it is unknown. Nil, and "", are [signup.Languages] of ctx. Of the
	// languages that have templates for the mail, the nearest is used, and English if none
	// is near. Language is called by several goroutines at once.
	Language func(ctx context.Context, m signup.Mail) string
	// Location is the time zone in which mails give times. Nil is UTC.
	Location *time.Location
	// Files replaces files of this package, those in its directory templates, and adds
	// languages; see docs/mail.md. Nil replaces nothing.
	Files fs.FS
	// QueueSize is how many mails may wait or be on their way at once. 0 is 1000.
	QueueSize int
	// Workers is how many mails are sent at once, each over a connection of its own. 0
	// is 2.
	Workers int
	// RetryAfter is the wait after a first attempt that has failed. It doubles with each
	// attempt, up to 5 minutes. A random part, up to a half, is taken off. 0 is 2 seconds.
	RetryAfter time.Duration
	// Logger gets a record of each attempt. Nil is slog.Default().
	Logger *slog.Logger
}

// maxName is the greatest length of Options.Name in bytes. Subjects have it.
const maxName = 100

// check returns what is wrong with o, or sets the defaults and returns nil.
func (o *Options) check() error {
	base, err := url.Parse(o.BaseURL)
	switch {
	case o.Name == "" || len(o.Name) > maxName || clean(o.Name) != o.Name:
		return fmt.Errorf("mailer: Options.Name must be one line of 1 to %d bytes, without invisible characters and \"=?\"", maxName)
	case err != nil || base.Host == "" || base.Scheme != "https" && base.Scheme != "http" ||
		base.User != nil || base.Path != "" && base.Path != "/" || strings.ContainsAny(o.BaseURL, "?#"):
		return errors.New("mailer: Options.BaseURL must be a scheme and a host, such as https://example.org")
	case o.Path != "" && !isPath(o.Path):
		return errors.New("mailer: Options.Path must be a path that begins and ends with a slash")
	case clean(o.Support) != o.Support:
		return errors.New("mailer: Options.Support must be one line, without invisible characters and \"=?\"")
	case o.Server == nil:
		return errors.New("mailer: Options.Server is nil")
	case o.QueueSize < 0 || o.Workers < 0 || o.RetryAfter < 0:
		return errors.New("mailer: Options.QueueSize, Workers and RetryAfter must not be negative")
	}
	o.BaseURL = strings.TrimSuffix(o.BaseURL, "/")
	o.Path = cmp.Or(o.Path, "/account/")
	o.Support = cmp.Or(o.Support, o.BaseURL)
	o.Location = cmp.Or(o.Location, time.UTC)
	o.QueueSize = cmp.Or(o.QueueSize, 1000)
	o.Workers = cmp.Or(o.Workers, 2)
	o.RetryAfter = cmp.Or(o.RetryAfter, 2*time.Second)
	o.Logger = cmp.Or(o.Logger, slog.Default())
	return nil
}

// isPath reports whether s can follow a host in a URL, and other elements can follow s.
func isPath(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.EscapedPath() == s && strings.HasPrefix(s, "/") && strings.HasSuffix(s, "/")
}
