package signup

var apiDevices = []apiEndpoint{{
	path: "devices", text: "Returns the devices in which the user has logged in.", isGet: true,
	session: withSession, results: []apiResult{resultDone}, returns: []apiMember{{"devices", false}},
	serve: (*api).devices,
}, {
	path: "end-device", text: "Ends the sessions of a device, and removes it from the list.",
	fields: []apiField{{FieldDevice, kindText, true}}, session: withSession,
	results: []apiResult{success(CodeDeviceEnded)},
	cookies: true,
	serve:   (*api).endDevice,
}, {
	path: "end-other-sessions", text: "Ends all sessions except this one.",
	session: withSession, results: []apiResult{success(CodeSessionsEnded)},
	cookies: true,
	serve:   (*api).endOtherSessions,
}, {
	path: "events", text: "Returns the latest events of the account.", isGet: true,
	session: withSession, results: []apiResult{resultDone}, returns: []apiMember{{"events", false}},
	serve: (*api).events,
}}

func (p *api) devices(q *request) (response, error) {
	list, err := p.accounts.Devices(q.ctx, q.session)
	return q.found(members{Devices: list}), err
}

func (p *api) events(q *request) (response, error) {
	list, err := p.accounts.Events(q.ctx, q.session)
	return q.found(members{Events: list}), err
}

func (p *api) endDevice(q *request) (response, error) {
	device := q.in.get(FieldDevice)
	if err := p.accounts.EndDevice(q.ctx, q.session, device); err != nil {
		return response{}, err
	}
	if device == q.session.Device {
		p.clear(q)
	}
	return q.succeeded(CodeDeviceEnded), nil
}

func (p *api) endOtherSessions(q *request) (response, error) {
	s, err := p.accounts.EndOtherSessions(q.ctx, q.session)
	if err != nil {
		return response{}, err
	}
	return q.succeeded(CodeSessionsEnded), p.keep(q, s)
}
