package signup

import "net/http"

// Sessions keeps a [Session] for each client, typically on the server, under a random
// token that the client has in a cookie. [NewAPI], [Guard] and package pages use it.
// Module scssession implements it with github.com/alexedwards/scs.
//
// Sessions decides for how long a Session is kept. Whether it goes on is decided by
// [Accounts.Resume], for each request. All methods are safe for concurrent use.
type Sessions interface {
	// Current returns the Session that is kept for the client of r, and reports whether
	// there is one.
	Current(r *http.Request) (Session, bool)
	// Set keeps s for the client of r, in the place of the Session before. The client
	// gets a new token, and the token before becomes void: a token that a stranger has
	// set or seen before a log-in is worth nothing after it (session fixation, RFC 6265,
	// section 8.4). If s.Remember is set, the client keeps its token when it is closed.
	// Of another user's Session, no data stays.
	//
	// Set is called before the response is written. After an error, none or either of
	// the two Sessions may be kept.
	Set(w http.ResponseWriter, r *http.Request, s Session) error
	// Clear removes the Session that is kept for the client of r, and all data that is
	// kept with it. The token becomes void. If there is no Session, the error is nil.
	Clear(w http.ResponseWriter, r *http.Request) error
}
