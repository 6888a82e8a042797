package signup

import (
	"net/http"

	"github.com/gosignup/signup/internal/webclient"
)

var apiLogIn = []apiEndpoint{{
	path: "log-in", text: "Logs the user in with the password.",
	fields: []apiField{fieldEmail, fieldPassword, fieldRemember}, hashes: true,
	results: []apiResult{success(CodeLoggedIn), resultBadCredentials, {http.StatusForbidden, CodeUnverified}, resultThrottled},
	cookies: true,
	serve:   (*api).logIn,
}, {
	path: "send-log-in", text: "Sends a mail with a link and a code for a log-in without a password.",
	fields: []apiField{fieldEmail}, configured: (*Accounts).checkMail,
	results: []apiResult{resultRequested, resultThrottled},
	cookies: true,
	serve:   (*api).sendLogIn,
}, {
	path: "log-in-by-token", text: "Logs the user in with the token of such a link.",
	fields: []apiField{fieldToken, fieldRemember}, configured: (*Accounts).checkTokens,
	results: []apiResult{success(CodeLoggedIn), resultToken, resultThrottled},
	cookies: true,
	serve:   (*api).logInByToken,
}, {
	path: "log-in-by-code", text: "Logs the user in with such a code, in the browser that has asked for it.",
	fields: []apiField{fieldCode, fieldRemember}, configured: (*Accounts).checkTokens,
	results: []apiResult{success(CodeLoggedIn), resultToken, resultThrottled},
	cookies: true,
	serve:   (*api).logInByCode,
}, {
	path: "log-out", text: "Logs the user out. It succeeds without a log-in as well.",
	results: []apiResult{success(CodeLoggedOut)},
	cookies: true,
	serve:   (*api).logOut,
}, {
	path: "reauthenticate", text: "Proves the identity again, before a sensitive change.",
	fields: []apiField{fieldPassword}, session: withSession, hashes: true,
	results: []apiResult{success(CodeReauthenticated), resultBadCredentials},
	cookies: true,
	serve:   (*api).reauthenticate,
}}

func (p *api) logIn(q *request) (response, error) {
	s, err := p.accounts.LogIn(q.ctx, q.in.get(FieldEmail), q.in.get(FieldPassword), p.client(q.r))
	if err != nil {
		return response{}, err
	}
	return p.start(q, s, q.in.get(FieldEmail))
}

func (p *api) sendLogIn(q *request) (response, error) {
	challenge, err := p.accounts.SendLogIn(q.ctx, q.in.get(FieldEmail), p.client(q.r))
	if err != nil {
		return response{}, err
	}
	if challenge != "" { // otherwise the one before is still good
		p.cookies.Set(&q.w, webclient.Challenge, challenge, p.accounts.tokenLife())
	}
	return q.mailed(CodeMailRequested), nil
}

func (p *api) logInByToken(q *request) (response, error) {
	s, err := p.accounts.LogInByToken(q.ctx, q.in.get(FieldToken), p.client(q.r))
	if err != nil {
		return response{}, err
	}
	return p.start(q, s, s.Key)
}

func (p *api) logInByCode(q *request) (response, error) {
	challenge := p.cookies.Get(q.r, webclient.Challenge)
	s, err := p.accounts.LogInByCode(q.ctx, challenge, q.in.get(FieldCode), p.client(q.r))
	if err != nil {
		return response{}, err
	}
	return p.start(q, s, s.Key)
}

// logOut leaves the device in the list, so that it stays known. The Session is kept on
// the server, and so no copy of it remains.
func (p *api) logOut(q *request) (response, error) {
	if err := p.sessions.Clear(&q.w, q.r); err != nil {
		return response{}, sessionError(err)
	}
	return q.succeeded(CodeLoggedOut), nil
}

func (p *api) reauthenticate(q *request) (response, error) {
	s, err := p.accounts.Reauthenticate(q.ctx, q.session, q.in.get(FieldPassword))
	if err != nil {
		return response{}, err
	}
	return q.succeeded(CodeReauthenticated), p.keep(q, s)
}
