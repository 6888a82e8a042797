package pages

import (
	"cmp"
	"net/url"
	"path"
	"strings"

	"github.com/gosignup/signup/internal/webclient"
)

// checkOptions panics if an option is wrong, and sets the defaults.
func (s *site) checkOptions() {
	base, err := url.Parse(s.opts.BaseURL)
	switch {
	case s.opts.Name == "":
		panic("pages: Options.Name is empty")
	case err != nil || base.Host == "" || base.Scheme != "https" && base.Scheme != "http" ||
		strings.Trim(base.Path, "/") != "" || base.RawQuery != "" || base.Fragment != "":
		panic("pages: Options.BaseURL is not a scheme and a host, such as https://example.org")
	}
	s.cookies.Insecure = base.Scheme == "http"
	s.opts.Path = cmp.Or(s.opts.Path, defaultPath)
	if !isMountable(s.opts.Path) {
		panic("pages: Options.Path must begin and end with one slash, and be as in the path of a request, decoded")
	}
	s.opts.Home = cmp.Or(s.opts.Home, s.url("profile"))
	if webclient.LocalURL(s.opts.Home) == "" {
		panic("pages: Options.Home must be a path of the site")
	}
	for _, f := range s.accounts.Fields {
		if f.Name == fieldRemember || f.Name == fieldNext {
			panic("pages: forms have a field " + f.Name + " of their own: give that of Accounts.Fields another name")
		}
	}
	if s.opts.Origin == nil {
		s.opts.Origin = webclient.Origin
	}
}

// originOf returns the Origin header of pages at baseURL, as browsers write it: in lower
// case, and without the port that the scheme implies.
func originOf(baseURL string) string {
	u, err := url.Parse(strings.ToLower(baseURL))
	if err != nil {
		return baseURL // checkOptions has refused it
	}
	port := map[string]string{"http": ":80", "https": ":443"}[u.Scheme]
	return u.Scheme + "://" + strings.TrimSuffix(u.Host, port)
}

// isMountable reports whether requests can have paths that begin with p: as they are
// decoded, and without the elements that clients and [http.ServeMux] remove.
func isMountable(p string) bool {
	u, err := url.Parse(webclient.LocalURL(p))
	return err == nil && u.Path == p && (p == "/" || path.Clean(p)+"/" == p)
}
