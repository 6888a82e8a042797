package pages

import (
	"errors"
	"log/slog"
	"net/http"

	"github.com/gosignup/signup"
)

// fail responds to an error of Accounts or Sessions that the page itself doesn't handle.
func (q *request) fail(err error) {
	status := q.setRetryAfter(err)
	switch {
	case status == http.StatusTooManyRequests:
		q.message(status, "page_throttled")
	case status == http.StatusServiceUnavailable:
		q.message(status, "page_busy")
	case errors.Is(err, signup.ErrToken):
		q.linkInvalid()
	case errors.Is(err, errNoToken):
		q.message(http.StatusBadRequest, "page_link_again", q.page.again...)
	case errors.Is(err, signup.ErrEnded):
		_ = q.redirect("log-in" + comeBack(q.r))
	case errors.Is(err, signup.ErrStale):
		_ = q.redirect("confirm" + comeBack(q.r))
	case q.r.Context().Err() != nil: // the client has gone
		q.message(http.StatusServiceUnavailable, "page_busy")
	default:
		q.logFailure(err)
		q.message(http.StatusInternalServerError, "page_failed")
	}
}

// retryStatus returns the status of the response to a request that can be sent again soon,
// and the value of Retry-After. After another error than those, it returns 0.
func retryStatus(err error) (status int, after string) {
	switch {
	case errors.Is(err, signup.ErrThrottled):
		return http.StatusTooManyRequests, "60"
	case errors.Is(err, signup.ErrBusy):
		return http.StatusServiceUnavailable, "5"
	}
	return 0, ""
}

// setRetryAfter sets the header of that response, and returns its status. It logs ErrBusy.
func (q *request) setRetryAfter(err error) (status int) {
	status, after := retryStatus(err)
	if status != 0 {
		q.w.Header().Set("Retry-After", after)
	}
	q.logBusy(err)
	return status
}

// logFailure logs an error that isn't the client's.
func (q *request) logFailure(err error) {
	q.logger().LogAttrs(q.r.Context(), slog.LevelError, "signup: page failed",
		slog.String("http.request.method", q.r.Method), slog.Any("error", err))
}

// logBusy logs a refusal for lack of capacity, if err is one.
func (q *request) logBusy(err error) {
	if !errors.Is(err, signup.ErrBusy) {
		return
	}
	q.overload.Note(q.r.Context(), q.logger(), "page", err)
	q.logger().LogAttrs(q.r.Context(), slog.LevelDebug, "signup: page refused",
		slog.String("http.request.method", q.r.Method), slog.Any("error", err))
}

// notAllowed responds to a method that p doesn't have.
func (q *request) notAllowed(p page) {
	allow := "GET, HEAD, POST"
	switch {
	case p.post == nil:
		allow = "GET, HEAD"
	case p.get == nil:
		allow = "POST"
	}
	q.w.Header().Set("Allow", allow)
	q.message(http.StatusMethodNotAllowed, "page_method_not_allowed")
}
