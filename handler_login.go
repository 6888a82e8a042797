package signup

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
)

// NewLoginHandler returns a handler that checks a user's address and password
// with a. Mount it like [NewHandler]:
//
//	mux.Handle("/v1/auth/login", signup.NewLoginHandler(accounts, startSession, nil))
//
// The request is a JSON object of Content-Type application/json with the strings
// "email_address" and "password". The response has the form of NewHandler's, with
// these statuses:
//
//	200  the user is logged in
//	400  the request is not valid, or the address and password log no user in;
//	     the response doesn't say which of the two is wrong
//	403  the address and password are right, and the address isn't verified yet
//	     ([Accounts].EmailVerification)
//	405  the method is not POST
//	413  the body is too long
//	415  the body has a Content-Encoding
//	429  there are too many requests from the Origin of [HandlerOptions].Client;
//	     Retry-After says when to try again
//	500  the Store or onSuccess failed, or something panicked
//	503  there is no capacity now; Retry-After says when to try again
//
// If the address and password are right, onSuccess is called before the response
// is written. It starts the session, and typically sets a cookie. If it returns
// an error or panics, the response is 500, without the headers that it has set,
// and the error is in the log. If it writes a response itself, a JSON object with
// a token for example, the handler adds nothing; an error after that cuts the
// connection. If onSuccess is nil, the handler only reports whether the password
// is right.
//
// How often a password may be guessed is limited ([Limits]). Over the limit of an
// account, the response is that of a wrong password. If [HandlerOptions].Client returns
// a device cookie, the limit is that of the device, as in [Accounts.LogIn].
//
// The handler makes no [Session], and so no device. An application that uses [Sessions]
// calls [Accounts.LogIn] in a handler of its own.
//
// NewLoginHandler panics if a is nil or can't be used.
func NewLoginHandler(a *Accounts, onSuccess func(w http.ResponseWriter, r *http.Request, u User) error, opts *HandlerOptions) http.Handler {
	var e *endpoint
	e = newEndpoint("log-in", a, opts, func(q *request) (response, error) {
		return serveLogin(a, e.opts.client(q.r), onSuccess, q)
	})
	e.fields = []string{FieldEmail, FieldPassword}
	return e
}

func serveLogin(a *Accounts, c Client, onSuccess func(http.ResponseWriter, *http.Request, User) error, q *request) (response, error) {
	if err := missing(q.in, FieldEmail, FieldPassword); err != nil {
		return response{}, err
	}
	u, err := a.authenticate(q.ctx, c, q.in.get(FieldEmail), q.in.get(FieldPassword))
	if err != nil {
		return response{}, credentialsError(err)
	}
	if onSuccess != nil {
		if err := onSuccess(&q.w, q.r, u); err != nil {
			return response{}, sessionError(err)
		}
	}
	return loggedIn(q.in.get(FieldEmail), u.ID), nil
}

// missing returns a *ValidationError of the fields of in that have no value, or nil.
func missing(in texts, fields ...string) error {
	var wrong []FieldError
	for _, name := range fields {
		if in.get(name) == "" || name == FieldEmail && isBlank(in.get(name)) {
			wrong = append(wrong, *required(name))
		}
	}
	if wrong == nil {
		return nil
	}
	return &ValidationError{Fields: wrong}
}

// credentialsError returns err, an error of a call with a password, with its response.
func credentialsError(err error) error {
	switch {
	case errors.Is(err, ErrBadCredentials):
		return &responseError{err, slog.LevelInfo, response{
			status: http.StatusBadRequest, message: Message{Code: CodeBadCredentials},
		}}
	case errors.Is(err, ErrUnverified):
		return &responseError{err, slog.LevelInfo, response{
			status: http.StatusForbidden, message: Message{Code: CodeUnverified},
		}}
	}
	return err
}

// sessionError returns err, which prevented that a session is kept, with its response.
func sessionError(err error) error {
	failed := brokenResponse
	failed.outcome = "failed"
	return &responseError{fmt.Errorf("start session: %w", err), slog.LevelError, failed}
}

// loggedIn returns the response to the log-in of the user with the ID id.
func loggedIn(email, id string) response {
	return response{
		status: http.StatusOK, message: Message{Code: CodeLoggedIn, Value: strings.TrimSpace(email)},
		userID: id, outcome: "succeeded",
	}
}
