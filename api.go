package signup

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/gosignup/signup/internal/webclient"
)

// APIOptions are the options of [NewAPI]. Nil and the zero value select the defaults.
type APIOptions struct {
	// MaxBodyBytes, Logger and Translate are those of [HandlerOptions]. A GET request
	// that succeeds is logged at the level Debug.
	MaxBodyBytes int64
	Logger       *slog.Logger
	Translate    func(languages []string, m Message) string
	// Origin returns where a request comes from, for [Limits].PerOrigin, or "" if that
	// is unknown. Nil takes the address in RemoteAddr, of IPv6 its first 64 bits. That
	// is right unless the program runs behind a proxy: then it is the proxy's, and all
	// clients share one limit. A header such as X-Forwarded-For is only right if the
	// proxy sets it.
	Origin func(r *http.Request) string
	// InsecureCookies is for servers without TLS, as in development. It sets the cookies
	// of the device and of the log-in by mail without Secure and without the prefix
	// "__Host-".
	InsecureCookies bool
	// TrustedOrigins are the origins of front ends that may send POST requests, beside
	// the server's own, such as "https://app.example.org". The server's own is that of the
	// Host header; behind a proxy that changes it, list the public one as well. See
	// [http.CrossOriginProtection.AddTrustedOrigin]. A browser also needs CORS headers
	// from the application then, and sends cookies only if both are of the same site.
	TrustedOrigins []string
}

// NewAPI returns a handler that serves the whole life of an account as JSON, for a front
// end: sign-up, log-in, log-out, verification, a forgotten password, changes of password,
// profile and address, devices, events, export and deletion. docs/api.md lists the
// endpoints, with their fields and responses. Mount it beneath any prefix, in any router,
// with or without [http.StripPrefix]:
//
//	mux.Handle("/account/", signup.NewAPI(accounts, sessions, nil))
//
// The last element of a request's path selects the endpoint, such as /account/log-in.
// What only reads is GET, and everything else is POST with a JSON object, by the rules of
// [NewHandler]. An endpoint without fields needs the empty object {}. The form of the
// responses is that of NewHandler; an endpoint that returns data adds members such as
// "user". An endpoint that needs something which isn't configured, such as
// [Accounts].Send, is 404, like every unknown path.
//
// A log-in keeps a [Session] in s, and sets the cookie of [Accounts.DeviceCookie]. A
// request that needs a log-in gets 401 without one, with a challenge as from a [Guard]. If
// the identity has to be proved again, the challenge is that of RFC 9470, section 3.
//
// A Session that has ended stays in s until the next log-in or until it expires there, as
// with a [Guard]: another request of the client may be about to renew it.
//
// POST requests from pages of other origins are refused with 403
// ([http.CrossOriginProtection]). All calls of a get the languages of the request
// ([Languages]).
//
// NewAPI panics if a or s is nil or can't be used, if a trusted origin isn't one, or if a
// has a field that is named "token", as these are mistakes in the program.
func NewAPI(a *Accounts, s Sessions, opts *APIOptions) http.Handler {
	if a == nil || s == nil {
		panic("signup: NewAPI without Accounts or Sessions")
	}
	if err := a.setUp(); err != nil {
		panic(err)
	}
	for _, f := range a.Fields {
		if f.Name == FieldToken {
			panic("signup: NewAPI needs another name than token for a field of Accounts.Fields")
		}
	}
	if opts == nil {
		opts = new(APIOptions)
	}
	p := &api{
		accounts: a, sessions: s, origin: opts.Origin, cookies: webclient.Cookies{Insecure: opts.InsecureCookies},
		protection: http.NewCrossOriginProtection(), endpoints: make(map[string]*endpoint),
	}
	if p.origin == nil {
		p.origin = webclient.Origin
	}
	for _, origin := range opts.TrustedOrigins {
		if err := p.protection.AddTrustedOrigin(origin); err != nil {
			panic(err)
		}
	}
	shared := HandlerOptions{MaxBodyBytes: opts.MaxBodyBytes, Logger: opts.Logger, Translate: opts.Translate, Client: p.client}
	for _, e := range apiEndpoints {
		if e.configured == nil || e.configured(a) == nil {
			p.endpoints[e.path] = p.newEndpoint(e, &shared)
		}
	}
	p.other = newEndpoint("api", a, &shared, nil)
	p.other.codes = true
	return p
}

// An api is the handler that NewAPI returns.
type api struct {
	accounts   *Accounts
	sessions   Sessions
	origin     func(r *http.Request) string
	cookies    webclient.Cookies
	protection *http.CrossOriginProtection
	endpoints  map[string]*endpoint
	other      *endpoint // for requests that no endpoint gets
}

var (
	noSuchEndpoint = httpError(http.StatusNotFound, Message{Code: CodeNotFound})
	crossOrigin    = httpError(http.StatusForbidden, Message{Code: CodeCrossOrigin})
)

func (p *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := webclient.CheckOrigin(p.protection, r); err != nil {
		p.other.log(r.Context(), slog.LevelDebug, "refused", "http.response.status_code", crossOrigin.status, "error", err)
		crossOrigin.write(w, r, p.other.wording())
		return
	}
	e, ok := p.endpoints[r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]]
	if !ok {
		noSuchEndpoint.write(w, r, p.other.wording())
		return
	}
	e.ServeHTTP(w, r)
}

// newEndpoint returns the endpoint that e describes.
func (p *api) newEndpoint(e apiEndpoint, opts *HandlerOptions) *endpoint {
	required := e.required()
	h := newEndpoint(e.path, p.accounts, opts, func(q *request) (response, error) {
		if err := missing(q.in, required...); err != nil {
			return response{}, err
		}
		res, err := e.serve(p, q)
		if err != nil {
			return response{}, explainAPI(err)
		}
		return res, nil
	})
	h.isGet, h.keepNull, h.codes = e.isGet, e.keepNull, true
	h.fields, h.booleans = e.members(p.accounts)
	h.admit = func(q *request) error { return p.admit(e, q) }
	return h
}

// admit sets the Session of q, if e needs one, and decides whether there is capacity.
func (p *api) admit(e apiEndpoint, q *request) error {
	if e.session != withoutSession {
		s, ok := p.sessions.Current(q.r)
		if !ok {
			return explainAPI(ErrEnded)
		}
		q.session = s
	}
	if e.hashes {
		return p.accounts.admit()
	}
	return nil
}

// explainAPI returns err with its response, if that isn't the one for every handler.
func explainAPI(err error) error {
	if _, ok := errors.AsType[*responseError](err); ok {
		return err
	}
	refuse := func(level slog.Level, res response) error { return &responseError{err, level, res} }
	switch {
	case errors.Is(err, ErrEnded):
		return refuse(slog.LevelDebug, notLoggedIn)
	case errors.Is(err, ErrStale):
		return refuse(slog.LevelDebug, notFresh)
	case errors.Is(err, ErrToken):
		return refuse(slog.LevelInfo, response{status: http.StatusBadRequest, message: Message{Code: CodeTokenInvalid}})
	case errors.Is(err, ErrExists):
		return refuse(slog.LevelDebug, response{status: http.StatusConflict, message: Message{Code: CodeAddressTaken}})
	}
	return credentialsError(err)
}
