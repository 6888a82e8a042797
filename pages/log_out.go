package pages

import (
	"net/http"

	"github.com/gosignup/signup"
)

var logOutPages = []page{
	{path: "log-out", need: anyway, get: getLogOut, post: postLogOut},
}

// getLogOut shows a button, for links from elsewhere: a GET request must not log out,
// since any site can cause one.
func getLogOut(q *request) error {
	if _, ok := q.sessions.Current(q.r); !ok {
		return q.redirect("log-in")
	}
	return q.show(http.StatusOK, q.newPage("log-out"))
}

// postLogOut removes the Session, which Sessions keeps on the server, so that the client
// has no copy of it. The device stays known, and its next log-in isn't a new one.
func postLogOut(q *request) error {
	if err := q.endSession(); err != nil {
		return err
	}
	return q.redirect("log-in?" + done("logged_out"))
}

// endSession removes the Session, and the pages that the browser keeps in memory to go
// back to, which no-store doesn't prevent.
func (q *request) endSession() error {
	q.user, q.session = nil, signup.Session{}
	q.w.Header().Set("Clear-Site-Data", `"cache"`)
	return q.sessions.Clear(q.w, q.r)
}
