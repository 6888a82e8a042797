package signup

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
)

// NewHandler returns a handler that registers users with a. Mount it at any
// path, with the method POST, or without a method, so that it responds to
// OPTIONS and all other methods as well:
//
//	mux.Handle("/v1/users/new", signup.NewHandler(accounts, nil))
//
// The request is a JSON object (RFC 8259) of Content-Type application/json. It
// has the strings "email_address" and "password", and optionally "first_name",
// "last_name" and a's declared Fields. A null counts as absent. Other members
// are dropped. Names are case-sensitive, and a repeated name is an error. An
// object has at most 256 members, and objects and arrays nest at most 32 levels
// deep. A Content-Encoding is not accepted, except "identity".
//
// The response is a JSON object with "message" and "success":
//
//	200  the user is registered
//	202  a mail was sent, and nothing is stored yet ([VerifyBeforeRegistration])
//	400  the request or a field is not valid; "errors" lists each wrong field
//	     as a FieldError
//	405  the method is not POST; the response has Allow, as that to OPTIONS,
//	     which is 204
//	409  the address is registered already; with [Accounts].Discreet, it is 202
//	413  the body is too long
//	415  the body has a Content-Encoding
//	422  the Idempotency-Key was used with other data for the address
//	429  there are too many requests from the Origin of [HandlerOptions].Client;
//	     Retry-After says when to try again
//	500  the Store failed, or something panicked; the log has the details
//	503  there is no capacity now; Retry-After says when to try again
//
// A request that is refused with 503 for lack of capacity is refused before its
// body is read, so it may be wrong in other ways as well.
//
// A request with the header Idempotency-Key (IETF draft
// draft-ietf-httpapi-idempotency-key-header) can be repeated after a failure, to
// any process, for 24 hours; a repetition of a registration that succeeded gets
// 200 again. [Registration] describes the key, which may be in quotes, and
// [Accounts.Register] what counts as a repetition.
//
// With [VerifyBeforeRegistration], the request needs only the address, and nothing else
// of it is used.
//
// If the Accept header prefers application/problem+json, errors are sent as RFC
// 9457 problem details. No response contains the text of an inner error.
//
// NewHandler panics if a is nil or can't be used (it has no Store, for example),
// as that is a mistake in the program.
func NewHandler(a *Accounts, opts *HandlerOptions) http.Handler {
	var e *endpoint
	e = newEndpoint("sign-up", a, opts, func(q *request) (response, error) {
		return serveRegister(a, e.opts.client(q.r), q)
	})
	e.fields = append([]string{FieldEmail, FieldPassword, FieldFirstName, FieldLastName}, a.declaredFields()...)
	return e
}

// declaredFields returns the names of the declared fields that a user may set.
func (a *Accounts) declaredFields() (names []string) {
	for _, f := range a.Fields {
		if !f.ReadOnly {
			names = append(names, f.Name)
		}
	}
	return names
}

// registration returns the Registration that the request q of the client c describes.
func registration(c Client, q *request) Registration {
	return Registration{
		Email: q.in.get(FieldEmail), Password: q.in.get(FieldPassword),
		FirstName: q.in.get(FieldFirstName), LastName: q.in.get(FieldLastName),
		Profile: q.in.profile(), // Register takes only the declared fields of it
		Client:  c,
	}
}

// serveRegister registers the user that q describes, for the client c.
func serveRegister(a *Accounts, c Client, q *request) (response, error) {
	typed := strings.TrimSpace(q.in.get(FieldEmail))
	reg := registration(c, q)
	var wrong *FieldError
	if reg.IdempotencyKey, wrong = idempotencyKey(q.r.Header); wrong != nil {
		return response{}, &ValidationError{Fields: []FieldError{*wrong}}
	}
	u, replayed, err := a.register(q.ctx, reg)
	switch {
	case err == nil && a.EmailVerification == VerifyBeforeRegistration:
		return response{
			status: http.StatusAccepted, message: Message{Code: CodeMailSent}, outcome: "mailed",
		}, nil
	case errors.Is(err, ErrExists):
		return response{}, &responseError{err, slog.LevelDebug, response{
			status: http.StatusConflict, message: Message{Code: CodeExists, Value: typed},
		}}
	case errors.Is(err, ErrIdempotencyKeyReused):
		return response{}, &responseError{err, slog.LevelInfo, response{
			status: http.StatusUnprocessableEntity, message: Message{Code: CodeIdempotencyKeyReused},
		}}
	case err != nil:
		return response{}, err
	}
	res := response{status: http.StatusOK, message: Message{Code: CodeRegistered, Value: typed}, userID: u.ID, outcome: "succeeded"}
	if replayed {
		res.outcome = "replayed"
	}
	return res, nil
}

// idempotencyKey returns the key of a request's header, or what is wrong with
// it, or neither without the header. The draft puts the key in quotes (a string
// of RFC 9651, section 3.3.3), which many clients leave out.
func idempotencyKey(h http.Header) (string, *FieldError) {
	lines := h.Values(FieldIdempotencyKey)
	if len(lines) == 0 {
		return "", nil
	}
	key := lines[0]
	if len(lines) > 1 {
		key = "" // several lines are one value (RFC 9110, section 5.2), and then no key
	}
	if len(key) > 2 && key[0] == '"' && key[len(key)-1] == '"' {
		key = key[1 : len(key)-1]
	}
	return key, checkIdempotencyKey(key)
}
