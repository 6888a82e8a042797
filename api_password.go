package signup

var apiPassword = []apiEndpoint{{
	path: "send-password-reset", text: "Sends a mail with a link for a new password.",
	fields: []apiField{fieldEmail}, configured: (*Accounts).checkMail,
	results: []apiResult{resultRequested, resultThrottled},
	serve:   (*api).sendPasswordReset,
}, {
	path: "reset-password", text: "Sets a new password with the token of such a link, and ends all sessions.",
	fields: []apiField{fieldToken, fieldPassword}, hashes: true, configured: (*Accounts).checkMail,
	results: []apiResult{success(CodePasswordChanged), resultToken},
	serve:   (*api).resetPassword,
}, {
	path: "change-password", text: "Changes the password, and ends all other sessions.",
	fields: []apiField{fieldOldPassword, fieldPassword}, session: withSession, hashes: true,
	results: []apiResult{success(CodePasswordChanged), resultBadCredentials},
	cookies: true,
	serve:   (*api).changePassword,
}}

func (p *api) sendPasswordReset(q *request) (response, error) {
	return q.mailed(CodeMailRequested), p.accounts.SendPasswordReset(q.ctx, q.in.get(FieldEmail), p.client(q.r))
}

func (p *api) resetPassword(q *request) (response, error) {
	u, err := p.accounts.ResetPassword(q.ctx, q.in.get(FieldToken), q.in.get(FieldPassword))
	if err != nil {
		return response{}, err
	}
	res := q.succeeded(CodePasswordChanged)
	res.userID = u.ID
	return res, nil
}

func (p *api) changePassword(q *request) (response, error) {
	s, err := p.accounts.ChangeOwnPassword(q.ctx, q.session, q.in.get(FieldOldPassword), q.in.get(FieldPassword))
	if err != nil {
		return response{}, err
	}
	return q.succeeded(CodePasswordChanged), p.keep(q, s)
}
