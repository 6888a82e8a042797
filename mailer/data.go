package mailer

import (
	"time"

	"github.com/gosignup/signup"
)

// Data is what the templates of one mail get, such as templates/en/log_in.txt, and those
// of a language, in templates/en/common.txt.
type Data struct {
	// Site, BaseURL and Support are Name, BaseURL and Support of [Options].
	Site, BaseURL, Support string
	// Name is the user's name, as one line of at most 64 characters. It is empty if there
	// is no name, or if the mail goes to an address that the user hasn't verified.
	Name string
	// Link is the URL for the user, or empty if there is none.
	Link string
	// Code is Mail.Code in groups of four characters.
	Code string
	// Expires is when Link and Code stop being valid, in Options.Location. It is zero if
	// Mail has no Token.
	Expires time.Time
	// Hours and Minutes are the time until Expires. One of them is 0: it is in minutes up
	// to 100 minutes, and in hours, rounded down, up to 48 hours. Beyond that, both are 0.
	Hours, Minutes int
	// Mail is the mail. Its User may have names that a stranger has written: see Name.
	Mail signup.Mail
}

// Layout is what templates/layout.txt and templates/layout.html get, and a template for
// the HTML of one mail, such as templates/en/log_in.html. Its texts are those of the
// templates with the same names, in the mail's language. A text that isn't defined is
// empty.
type Layout struct {
	Data Data
	// Language is the BCP 47 tag of the mail's language.
	Language string
	Subject  string
	Hello    string
	// Before and After are the paragraphs before and after the button.
	Before, After []string
	// Button is the text of the button for Data.Link.
	Button string
	// Copy introduces the Link for readers whose button doesn't work.
	Copy string
	// CodeHint introduces Data.Code. It is empty if there is no code.
	CodeHint string
	// Validity says when the link, and the code, expire. It is empty if they don't.
	Validity string
	// Footer ends the mail.
	Footer string
}

// data returns the Data of q, at the time now.
func (m *Mailer) data(q *queued, now time.Time) Data {
	d := Data{
		Site: m.opts.Name, BaseURL: m.opts.BaseURL, Support: m.opts.Support,
		Name: q.to.Name, Link: q.link, Code: group(q.mail.Code), Mail: q.mail,
	}
	if e := q.mail.Expires; !e.IsZero() {
		d.Expires = e.In(m.opts.Location)
		d.Hours, d.Minutes = left(e.Sub(now))
	}
	return d
}

// left returns the fields Hours and Minutes for a duration.
func left(d time.Duration) (hours, minutes int) {
	d = max(d.Round(time.Minute), time.Minute)
	switch {
	case d > 48*time.Hour:
		return 0, 0
	case d > 100*time.Minute || d%time.Hour == 0:
		return int(d / time.Hour), 0
	}
	return 0, int(d / time.Minute)
}
