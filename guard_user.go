package signup

import "context"

// A logIn is what a Guard knows about a request.
type logIn struct {
	accounts *Accounts // that have the user
	session  Session
	user     User
}

type logInKey struct{}

// CurrentUser returns the user of a request that a [Guard] has let through, as stored
// when the request began, and reports whether there is one. ctx is the request's.
func CurrentUser(ctx context.Context) (User, bool) {
	l, ok := ctx.Value(logInKey{}).(*logIn)
	if !ok {
		return User{}, false
	}
	return l.user, true
}

// CurrentSession returns the Session of a request that a [Guard] has let through, and
// reports whether there is one. ctx is the request's.
func CurrentSession(ctx context.Context) (Session, bool) {
	l, ok := ctx.Value(logInKey{}).(*logIn)
	if !ok {
		return Session{}, false
	}
	return l.session, true
}
