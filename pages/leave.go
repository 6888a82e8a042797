package pages

import (
	"context"
	"net/http"

	"github.com/gosignup/signup"
)

var leavePages = []page{
	{path: "deactivate", need: fresh, get: getDeactivate, post: postDeactivate},
	{path: "delete", need: fresh, get: getDelete, post: postDelete},
	{path: "goodbye", get: getGoodbye},
}

// fieldSure is the checkbox by which a user confirms what can't be taken back.
const fieldSure = "sure"

var sureInputs = []input{{name: fieldSure, kind: "checkbox"}}

func getDeactivate(q *request) error { return q.showLeave("deactivate", nil) }
func getDelete(q *request) error     { return q.showLeave("delete", nil) }

func (q *request) showLeave(name string, err error) error {
	p := q.userPage(name)
	p.Fields = q.fields(sureInputs, nil)
	p.Fields[0].Label = q.text(name + "_sure")
	return q.showFormPage(p, err)
}

func postDeactivate(q *request) error {
	return q.leave("deactivate", "deactivated", q.accounts.Deactivate)
}

func postDelete(q *request) error { return q.leave("delete", "deleted", q.accounts.DeleteAccount) }

// leave calls act, which ends the account, if the checkbox is checked. Then it removes the
// Session and says goodbye. name is the page with the checkbox.
func (q *request) leave(name, what string, act func(context.Context, signup.Session) error) error {
	if q.form[fieldSure] == "" {
		return q.showLeave(name, fieldError(fieldSure, "not_sure"))
	}
	if err := act(q.r.Context(), q.session); err != nil {
		return q.showLeave(name, err)
	}
	if err := q.clear(); err != nil {
		q.logFailure(err) // the account has ended, and so has the Session
	}
	return q.redirect("goodbye?" + done(what))
}

// getGoodbye shows what has become of the account. It says nothing about any account, so
// that any client may open it.
func getGoodbye(q *request) error {
	switch q.r.URL.Query().Get(parameterDone) {
	case "deactivated":
		q.message(http.StatusOK, "goodbye_deactivated")
	case "deleted":
		q.message(http.StatusOK, "goodbye_deleted", "sign-up")
	default:
		return q.redirect("log-in")
	}
	return nil
}
