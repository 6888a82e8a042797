package pages

import (
	"cmp"
	"net/http"
	"time"

	"github.com/gosignup/signup"
)

var activityPages = []page{
	{path: "activity", need: loggedIn, get: getActivity},
}

// An Activity is an event as the page "activity" shows it. The Data of the page is a
// list of them, the newest first.
type Activity struct {
	// What and How are texts: what has happened, and how or why. How may be empty.
	What, How string
	// Device is the label of the device, or "" if it has none or isn't listed any more.
	// It is text from the client.
	Device string
	// At is when it happened, in UTC.
	At time.Time
}

func getActivity(q *request) error {
	events, err := q.accounts.Events(q.r.Context(), q.session)
	if err != nil {
		return err
	}
	devices, err := q.accounts.Devices(q.r.Context(), q.session)
	if err != nil {
		return err
	}
	labels := make(map[string]string, len(devices))
	for _, d := range devices {
		labels[d.ID] = d.Label
	}
	p := q.userPage("activity")
	list := make([]Activity, 0, len(events))
	for _, e := range events {
		list = append(list, Activity{What: eventText(p, e.Kind), How: p.T("reason_" + string(e.Reason)), Device: labels[e.Device], At: e.At})
	}
	p.Data = list
	return q.show(http.StatusOK, p)
}

// eventText returns what has happened in an event of the kind. A kind of a later version
// of package signup has no text of its own.
func eventText(p *Page, kind signup.EventKind) string {
	return cmp.Or(p.T("event_"+string(kind)), p.T("event_other"))
}
