package signup

import "net/http"

var apiSignUp = []apiEndpoint{{
	path: "sign-up", text: "Registers a user, or sends a mail for that, which needs only the address.",
	fields:   []apiField{fieldEmail, fieldPassword, fieldFirstName, fieldLastName},
	declared: true, idempotencyKey: true, ownChecks: true, hashes: true,
	results: []apiResult{
		success(CodeRegistered), {http.StatusAccepted, CodeMailSent}, {http.StatusConflict, CodeExists},
		{http.StatusUnprocessableEntity, CodeIdempotencyKeyReused}, resultThrottled,
	},
	serve: func(p *api, q *request) (response, error) { return serveRegister(p.accounts, p.client(q.r), q) },
}, {
	path: "complete-registration", text: "Registers a user with a token from a mail.",
	fields:   []apiField{fieldToken, fieldPassword, fieldFirstName, fieldLastName},
	declared: true, hashes: true, configured: (*Accounts).checkTokens,
	results: []apiResult{success(CodeRegistered), resultToken, resultThrottled},
	serve:   (*api).completeRegistration,
}}

func (p *api) completeRegistration(q *request) (response, error) {
	u, err := p.accounts.CompleteRegistration(q.ctx, q.in.get(FieldToken), registration(p.client(q.r), q))
	if err != nil {
		return response{}, err
	}
	res := q.succeeded(CodeRegistered)
	res.message.Value, res.userID = u.Email, u.ID
	return res, nil
}
