package signup

import (
	"log/slog"
	"net/http"

	"github.com/gosignup/signup/internal/webclient"
)

// client returns what is known about the client of r.
func (p *api) client(r *http.Request) Client {
	return Client{
		Cookie: p.cookies.Get(r, webclient.Device), Origin: p.origin(r), Label: webclient.Label(r.UserAgent()),
	}
}

// start keeps the Session s of a log-in for the client of q, and makes the device known.
// Its response has the address email.
func (p *api) start(q *request, s Session, email string) (response, error) {
	s.Remember = q.in.get(FieldRemember) != ""
	if err := p.keep(q, s); err != nil {
		return response{}, err
	}
	if cookie := p.accounts.DeviceCookie(s); cookie != "" {
		p.cookies.Set(&q.w, webclient.Device, cookie, webclient.DeviceLife)
	}
	if p.cookies.Get(q.r, webclient.Challenge) != "" {
		p.cookies.Set(&q.w, webclient.Challenge, "", 0)
	}
	return loggedIn(email, s.ID), nil
}

// keep keeps s for the client of q, in the place of the Session before.
func (p *api) keep(q *request, s Session) error {
	if err := p.sessions.Set(&q.w, q.r, s); err != nil {
		return sessionError(err)
	}
	return nil
}

// clear removes the Session of q, which has ended. If that fails, the Session stays, and
// the next request is refused as well.
func (p *api) clear(q *request) {
	if err := p.sessions.Clear(&q.w, q.r); err != nil {
		p.other.log(q.ctx, slog.LevelError, "ended session not removed", "error", err)
	}
}

// succeeded returns a response with status 200 and the text of code.
func (q *request) succeeded(code string) response {
	return response{status: http.StatusOK, message: Message{Code: code}, outcome: "succeeded", userID: q.session.ID}
}

// found returns a response with data.
func (q *request) found(m members) response {
	res := q.succeeded(CodeDone)
	res.members = &m
	return res
}

// mailed returns a response with status 202 and the text of code.
func (q *request) mailed(code string) response {
	res := q.succeeded(code)
	res.status, res.outcome = http.StatusAccepted, "mailed"
	return res
}
