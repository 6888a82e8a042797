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
		get: getEmailConfirm, post: postEmailConfirm,
	},
	{
		path: "email-undo", is: canMail, purposes: []signup.Purpose{signup.PurposeUndoEmail},
		get: getEmailUndo, post: postEmailUndo,
	},
	{path: "email-undone", is: canMail, get: func(q *request) error { return q.show(http.StatusOK, q.newPage("email-undone")) }},
}

func getEmailConfirm(q *request) error {
	_, u, err := q.token(signup.PurposeChangeEmail)
	if err != nil {
		return err
	}
	return q.showEmailLink("email-confirm", u, nil)
}

func getEmailUndo(q *request) error {
	_, u, err := q.token(signup.PurposeUndoEmail)
	if err != nil {
		return err
	}
	return q.showEmailLink("email-undo", u, nil)
}

// showEmailLink sends the page name for a link to u. Its Data is the address that the
// account has, or had before the change.
func (q *request) showEmailLink(name string, u signup.User, err error) error {
	p := q.newPage(name)
	p.Data = u.Email
	return q.showFormPage(p, err)
}

func postEmailConfirm(q *request) error {
	token, before, err := q.token(signup.PurposeChangeEmail)
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
		return q.showEmailLink("email-confirm", before, err)
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
	token, before, err := q.token(signup.PurposeUndoEmail)
	if err != nil {
		return err
	}
	u, err := q.accounts.UndoEmailChange(q.r.Context(), token)
	if err != nil {
		return q.showEmailLink("email-undo", before, err)
	}
	q.forgetToken()
	if q.user != nil && q.user.ID == u.ID {
		if err := q.clear(); err != nil {
			return err
		}
	}
	return q.redirect("email-undone")
}

// clear removes the Session of the client, if there is one.
func (q *request) clear() error {
	if _, ok := q.sessions.Current(q.r); !ok {
		return nil
	}
	q.user, q.session = nil, signup.Session{}
	return q.sessions.Clear(q.w, q.r)
}
