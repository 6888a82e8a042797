package signup

import (
	"context"
	"net/http"
)

var apiEmail = []apiEndpoint{{
	path: "send-verification", text: "Sends a mail with a link that verifies the address.",
	fields: []apiField{fieldEmail}, configured: (*Accounts).checkMail,
	results: []apiResult{resultRequested, resultThrottled},
	serve:   (*api).sendVerification,
}, {
	path: "verify-email", text: "Verifies the address with the token of such a link.",
	fields: []apiField{fieldToken}, configured: (*Accounts).checkTokens,
	results: []apiResult{success(CodeEmailVerified), resultToken},
	serve:   byToken(CodeEmailVerified, (*Accounts).VerifyEmail),
}, {
	path: "send-email-change", text: "Asks for another address, by a mail to both.",
	fields: []apiField{fieldEmail}, session: withFreshSession, configured: (*Accounts).checkMail,
	results: []apiResult{{http.StatusAccepted, CodeMailSent}, resultTaken},
	serve:   (*api).sendEmailChange,
}, {
	path: "confirm-email-change", text: "Changes the address with the token from the mail to the new one, and ends all sessions.",
	fields: []apiField{fieldToken}, configured: (*Accounts).checkMail,
	results: []apiResult{success(CodeEmailChanged), resultToken, resultTaken},
	serve:   byToken(CodeEmailChanged, (*Accounts).ConfirmEmailChange),
}, {
	path: "undo-email-change", text: "Cancels or undoes the change with the token from the mail to the old one.",
	fields: []apiField{fieldToken}, configured: (*Accounts).checkTokens,
	results: []apiResult{success(CodeEmailChangeUndone), resultToken},
	serve:   byToken(CodeEmailChangeUndone, (*Accounts).UndoEmailChange),
}, {
	path: "peek-token", text: "Returns what a token is for, and changes nothing. For change_email there is no address.",
	fields: []apiField{fieldToken}, configured: (*Accounts).checkTokens,
	results: []apiResult{resultDone, resultToken}, returns: []apiMember{{"purpose", false}, {"email_address", true}},
	serve: (*api).peekToken,
}}

func (p *api) sendVerification(q *request) (response, error) {
	return q.mailed(CodeMailRequested), p.accounts.SendEmailVerification(q.ctx, q.in.get(FieldEmail), p.client(q.r))
}

func (p *api) sendEmailChange(q *request) (response, error) {
	return q.mailed(CodeMailSent), p.accounts.SendEmailChange(q.ctx, q.session, q.in.get(FieldEmail))
}

// byToken returns the function that uses a token by call.
func byToken(code string, call func(*Accounts, context.Context, string) (User, error)) func(*api, *request) (response, error) {
	return func(p *api, q *request) (response, error) {
		u, err := call(p.accounts, q.ctx, q.in.get(FieldToken))
		res := q.succeeded(code)
		res.userID = u.ID
		return res, err
	}
}

// peekToken leaves the address out for PurposeChangeEmail: it would be the present one,
// and the mail has gone to the new one.
func (p *api) peekToken(q *request) (response, error) {
	purpose, u, err := p.accounts.PeekToken(q.ctx, q.in.get(FieldToken))
	if err != nil {
		return response{}, err
	}
	m := members{Purpose: purpose, Email: u.Email}
	if purpose == PurposeChangeEmail {
		m.Email = ""
	}
	return q.found(m), nil
}
