package signup

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/gosignup/signup/internal/mediatype"
)

// A response is what a client receives: the tutorial's JSON, or RFC 9457 problem
// details if the request prefers them.
type response struct {
	status     int
	message    Message // without English; not used if there are fields
	fields     []FieldError
	isHTTP     bool          // the message is HTTP's rather than the application's: "error" names the status
	retryAfter time.Duration // 0: no Retry-After
	challenge  string        // of WWW-Authenticate, with status 401
	members    *members      // beside the message, or nil
	file       []byte        // a JSON text that is sent in the place of the object, as a download

	outcome, userID string // for the log
}

// brokenResponse says that something failed, and nothing else.
var brokenResponse = response{status: http.StatusInternalServerError, message: Message{Code: CodeFailed}}

// busyResponse says that there is no capacity now.
var busyResponse = httpError(http.StatusServiceUnavailable, Message{Code: CodeBusy})

// httpError returns the response for an error of HTTP's own.
func httpError(status int, m Message) response {
	return response{status: status, message: m, isHTTP: true}
}

// A responseError is an error whose response is known where it occurs.
type responseError struct {
	error
	level    slog.Level // of the record
	response response
}

func (e *responseError) Unwrap() error { return e.error }

// badRequest returns the error for a request that isn't well formed.
func badRequest(res response) error {
	return &responseError{fmt.Errorf("malformed request: status %d", res.status), slog.LevelDebug, res}
}

// newErrorResponse returns the response for err, and the level and the outcome for
// the log. retryAfter is for ErrBusy.
func newErrorResponse(ctx context.Context, err error, retryAfter time.Duration) (res response, level slog.Level, outcome string) {
	if e, ok := errors.AsType[*responseError](err); ok {
		return e.response, e.level, cmp.Or(e.response.outcome, "refused")
	}
	if e, ok := errors.AsType[*ValidationError](err); ok && e != nil && len(e.Fields) > 0 {
		return response{status: http.StatusBadRequest, fields: e.Fields}, slog.LevelDebug, "refused"
	}
	if e, ok := asFieldError("", err); ok { // of Accounts.Before
		return response{status: http.StatusBadRequest, fields: []FieldError{e}}, slog.LevelDebug, "refused"
	}
	switch {
	case errors.Is(err, ErrThrottled):
		res = httpError(http.StatusTooManyRequests, Message{Code: CodeThrottled})
		res.retryAfter = originWindow
		return res, slog.LevelDebug, "refused" // strangers can cause any number
	case errors.Is(err, ErrBusy):
		res = busyResponse
		res.retryAfter = retryAfter
		return res, slog.LevelDebug, "refused" // an overload has its own records
	case ctx.Err() != nil:
		return busyResponse, slog.LevelInfo, "abandoned"
	}
	return brokenResponse, slog.LevelError, "failed"
}

type plainBody struct {
	Error   string       `json:"error,omitempty"`
	Message string       `json:"message"`
	Code    string       `json:"code,omitempty"`
	Success bool         `json:"success"`
	Errors  []FieldError `json:"errors,omitempty"`
	*members
}

// The members of successful responses, beside the message.
type members struct {
	User       *PublicUser  `json:"user,omitempty"`
	FreshUntil time.Time    `json:"fresh_until,omitzero"`
	Devices    []DeviceInfo `json:"devices,omitzero"`
	Events     []Event      `json:"events,omitzero"`
	Purpose    Purpose      `json:"purpose,omitempty"`
	Email      string       `json:"email_address,omitempty"`
}

// problemBody has the members of RFC 9457, section 3.1. The type is absent and so
// "about:blank", which means that the status says what kind of problem it is.
type problemBody struct {
	Title  string       `json:"title"`
	Status int          `json:"status"`
	Detail string       `json:"detail,omitempty"`
	Code   string       `json:"code,omitempty"`
	Errors []FieldError `json:"errors,omitempty"`
}

// write writes res to w, with the texts that t gives it.
//
// If a value of res has no JSON form, such as a time after the year 9999, it logs that and
// writes brokenResponse.
//
// It sets no Content-Language (RFC 9110, section 8.5): a Translate returns only texts,
// and some of them may be in English.
func (res response) write(w http.ResponseWriter, r *http.Request, t wording) {
	header := w.Header()
	contentType, text := mediatype.JSON, res.file
	if text == nil {
		var err error
		if contentType, text, err = res.encode(r, t); err != nil {
			l := cmp.Or(t.logger, slog.Default())
			l.LogAttrs(r.Context(), slog.LevelError, "signup: response without a JSON form", slog.Any("error", err))
			res = brokenResponse
			contentType, text, _ = res.encode(r, t) // it has texts only
		}
		res.setVary(header, t)
	} else {
		header.Set("Content-Disposition", `attachment; filename="account.json"`)
	}
	if res.retryAfter > 0 {
		header.Set("Retry-After", strconv.Itoa(int(math.Ceil(res.retryAfter.Seconds()))))
	}
	if res.challenge != "" {
		header.Set("WWW-Authenticate", res.challenge)
	}
	values := [...]string{contentType, strconv.Itoa(len(text)), "no-store", "nosniff"} // Set takes memory for each
	header["Content-Type"] = values[0:1:1]
	header["Content-Length"] = values[1:2:2]
	header["Cache-Control"] = values[2:3:3]
	header["X-Content-Type-Options"] = values[3:4:4]
	w.WriteHeader(res.status)
	_, _ = w.Write(text) // if it fails, the client has gone
}

// code returns the code of what text returns as the message of res.
func (res response) code() string {
	if len(res.fields) > 0 {
		return res.fields[0].Code
	}
	return res.message.Code
}

// setVary adds to Vary in header what the JSON text of res depends on.
func (res response) setVary(header http.Header, t wording) {
	if t.translate != nil {
		header.Add("Vary", "Accept-Language")
	}
	if res.status >= 400 {
		header.Add("Vary", "Accept")
	}
}

// encode returns the JSON text of res and its type.
func (res response) encode(r *http.Request, t wording) (contentType string, text []byte, err error) {
	message, fields := t.text(r, res)
	code := ""
	if t.codes {
		code = res.code()
	}
	contentType, body := mediatype.JSON, any(plainBody{
		Message: message, Code: code, Success: res.status < 400, Errors: fields, members: res.members,
	})
	if res.status >= 400 {
		title := http.StatusText(res.status)
		switch {
		case mediatype.PrefersProblem(r.Header["Accept"]):
			contentType = mediatype.ProblemJSON
			body = problemBody{title, res.status, message, code, fields}
		case res.isHTTP:
			body = plainBody{Error: fmt.Sprintf("%d: %s", res.status, title), Message: message, Code: code}
		}
	}
	text, err = json.Marshal(body)
	return contentType, append(text, '\n'), err
}
