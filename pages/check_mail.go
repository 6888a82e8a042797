package pages

import (
	"net/http"

	"github.com/gosignup/signup"
)

// The pages that ask for a mail, and the one that follows. Each says the same whether or
// not the address has a user.
var checkMailPages = []page{
	{path: "check-mail", get: getCheckMail, is: canMail},
	askPage("verify-mail", func(q *request, email string) error {
		if err := q.accounts.SendEmailVerification(q.r.Context(), email, q.client()); err != nil {
			return err
		}
		return q.mailed("check-mail", parameterFor, "verify-mail")
	}),
	askPage("forgot", func(q *request, email string) error {
		if err := q.accounts.SendPasswordReset(q.r.Context(), email, q.client()); err != nil {
			return err
		}
		return q.mailed("check-mail", parameterFor, "forgot")
	}),
	askPage("log-in-mail", sendLogIn),
}

// parameterFor names the page by which a mail was asked for.
const parameterFor = "for"

// CheckMail is the Data of the page "check-mail".
type CheckMail struct {
	// Text says what the mail is for.
	Text string
	// Again is the link to ask for another mail, or nil.
	Again *PageLink
}

// getCheckMail serves the page that follows when a mail was asked for. The URL, which
// any client can write, only chooses among the texts and pages that there are.
func getCheckMail(q *request) error {
	asked := q.r.URL.Query().Get(parameterFor)
	p := q.newPage("check-mail")
	data := CheckMail{Text: p.T("check_mail_any")}
	_, isPage := q.pages[asked]
	code := "check_mail_for_" + underscored(asked)
	if _, ok := q.texts.english[code]; ok && isPage {
		data.Text = p.T(code)
		data.Again = &PageLink{URL: p.URL(asked), Text: p.T("check_mail_again")}
	}
	p.Data = data
	return q.show(http.StatusOK, p)
}

// askPage returns a page with a form for an address. send sends the mail and redirects.
func askPage(name string, send func(q *request, email string) error) page {
	show := func(q *request, err error) error {
		p := q.newPage(name)
		values := make(map[string]string)
		if q.user != nil {
			values[signup.FieldEmail] = q.user.Email
		}
		p.Fields = q.fields([]input{firstEmailInput}, values)
		p.Notice = q.notice()
		return q.showFormPage(p, err)
	}
	return page{
		path: name, is: canMail,
		get: func(q *request) error { return show(q, nil) },
		post: func(q *request) error {
			if err := send(q, q.form[signup.FieldEmail]); err != nil {
				return show(q, err)
			}
			return nil
		},
	}
}
