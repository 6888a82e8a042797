package signup

import (
	"context"
	"net/http"
)

var apiAccount = []apiEndpoint{{
	path: "export", text: "Returns all that is stored about the user, as a file: see ExportData.", isGet: true,
	session: withFreshSession, results: []apiResult{{http.StatusOK, ""}},
	serve: (*api).export,
}, {
	path: "deactivate", text: "Makes the account inactive, and ends all sessions.",
	session: withFreshSession, results: []apiResult{success(CodeDeactivated)},
	cookies: true,
	serve:   closeBy(CodeDeactivated, (*Accounts).Deactivate),
}, {
	path: "delete", text: "Deletes the account and all that is stored with it.",
	session: withFreshSession, results: []apiResult{success(CodeDeleted)},
	cookies: true,
	serve:   closeBy(CodeDeleted, (*Accounts).DeleteAccount),
}}

func (p *api) export(q *request) (response, error) {
	file, err := p.accounts.ExportData(q.ctx, q.session)
	return response{status: http.StatusOK, file: file, outcome: "succeeded", userID: q.session.ID}, err
}

// closeBy returns the function that closes the account of the Session by call. The
// Session has ended then.
func closeBy(code string, call func(*Accounts, context.Context, Session) error) func(*api, *request) (response, error) {
	return func(p *api, q *request) (response, error) {
		if err := call(p.accounts, q.ctx, q.session); err != nil {
			return response{}, err
		}
		p.clear(q)
		return q.succeeded(code), nil
	}
}
