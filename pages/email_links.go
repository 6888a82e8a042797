package pages

import (
	"errors"
	"net/http"

	"github.com/gosignup/signup"
)

// The pages of the links in the mails about a change of address. Both links work in any
// browser, without a log-in.
var emailLinkPages = []page{
	{
		path: "email-confirm", is: canMail, purposes: []signup.Purpose{signup.PurposeChangeEmail},
		get: getEmailLink, post: postEmailConfirm, again: []string{"email", "log-in"},
	},
	{
		path: "email-undo", is: canMail, purposes: []signup.Purpose{signup.PurposeUndoEmail},
		get: getEmailLink, post: postEmailUndo, again: []string{"forgot", "log-in"},
	},
	{path: "email-undone", is: canMail, get: getEmailUndone},
}

func getEmailLink(q *request) error { return q.showEmailLink(nil) }

// showEmailLink sends the page of a link. Its Data is the address that the account has, or
// had before the change.
func (q *request) showEmailLink(err error) error {
	p, _, invalid := q.linkPage()
	if invalid != nil {
		return invalid
	}
	return q.showFormPage(p, err)
}

func postEmailConfirm(q *request) error {
	token, err := q.postedToken()
	if err != nil {
		return err
	}
	u, err := q.accounts.ConfirmEmailChange(q.r.Context(), token)
	if errors.Is(err, signup.ErrExists) {
		q.forgetToken()
		q.message(http.StatusConflict, "page_email_taken")
		return nil
	}
	if err != nil {
		return q.formOr(err, q.showEmailLink)
	}
	q.forgetToken()
	if q.user != nil && q.user.ID != u.ID {
		return q.redirect("profile?" + done("other_email_changed"))
	}
	if err := q.clear(); err != nil {
		return err
	}
	return q.redirect("log-in?" + done("email_changed"))
}

func postEmailUndo(q *request) error {
	token, err := q.postedToken()
	if err != nil {
		return err
	}
	u, err := q.accounts.UndoEmailChange(q.r.Context(), token)
	if err != nil {
		return err
	}
	q.forgetToken()
	if q.user != nil && q.user.ID == u.ID {
		if err := q.clear(); err != nil {
			return err
		}
	}
	return q.redirect("email-undone")
}

// getEmailUndone shows what follows an undo: no password works until the user has chosen
// one. It says nothing about any account, so that any client may open it.
func getEmailUndone(q *request) error {
	q.message(http.StatusOK, "email_undone", "forgot")
	return nil
}

// clear removes the Session of the client, if there is one.
func (q *request) clear() error {
	if _, ok := q.sessions.Current(q.r); !ok {
		return nil
	}
	return q.endSession()
}
