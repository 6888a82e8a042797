package pages

import "net/http"

var devicesPages = []page{
	{path: "devices", need: loggedIn, get: getDevices, post: postDevices},
}

// The buttons of the page: one for each device, with its ID, and one for all others.
const (
	fieldDevice = "device"
	fieldOthers = "others"
)

// getDevices shows the devices of the user. The Data of the page is a list of
// signup.DeviceInfo.
func getDevices(q *request) error {
	list, err := q.accounts.Devices(q.r.Context(), q.session)
	if err != nil {
		return err
	}
	p := q.userPage("devices")
	p.Data = list
	return q.show(http.StatusOK, p)
}

func postDevices(q *request) error {
	ctx := q.r.Context()
	if q.form[fieldOthers] != "" {
		s, err := q.accounts.EndOtherSessions(ctx, q.session)
		if err != nil {
			return err
		}
		if err := q.sessions.Set(q.w, q.r, s); err != nil {
			return err
		}
		return q.redirect("devices?" + done("others_ended"))
	}
	device := q.form[fieldDevice]
	if device == "" {
		return q.redirect("devices")
	}
	if err := q.accounts.EndDevice(ctx, q.session, device); err != nil {
		return err
	}
	if device == q.session.Device {
		if err := q.clear(); err != nil {
			return err
		}
		return q.redirect("log-in?" + done("logged_out"))
	}
	return q.redirect("devices?" + done("device_ended"))
}
