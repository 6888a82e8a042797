package signup

var apiUser = []apiEndpoint{{
	path: "user", text: "Returns the user, and until when the proof of the identity is fresh.", isGet: true,
	session: withSession, results: []apiResult{resultDone}, returns: []apiMember{{"user", false}, {"fresh_until", false}},
	serve: (*api).user,
}, {
	path: "change-profile", text: "Changes the fields that are present. A null removes the value.",
	fields: []apiField{fieldFirstName, fieldLastName}, declared: true, keepNull: true, session: withSession,
	results: []apiResult{success(CodeProfileChanged)}, returns: []apiMember{{"user", false}},
	serve: (*api).changeProfile,
}}

func (p *api) user(q *request) (response, error) {
	u, err := p.accounts.Resume(q.ctx, q.session)
	if err != nil {
		return response{}, err
	}
	public := p.accounts.Public(u)
	return q.found(members{User: &public, FreshUntil: q.session.At.Add(maxFresh).UTC()}), nil
}

func (p *api) changeProfile(q *request) (response, error) {
	u, err := p.accounts.ChangeProfile(q.ctx, q.session, func(u *User) error {
		for _, t := range q.in {
			switch t.name {
			case FieldFirstName:
				u.FirstName = t.value
			case FieldLastName:
				u.LastName = t.value
			default:
				u.Profile[t.name] = t.value
			}
		}
		return nil
	})
	if err != nil {
		return response{}, err
	}
	public := p.accounts.Public(u)
	res := q.succeeded(CodeProfileChanged)
	res.members = &members{User: &public}
	return res, nil
}
