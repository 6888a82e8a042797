package mailer

import (
	"fmt"
	"net/mail"
	"time"

	"github.com/gosignup/signup"
)

// try writes each mail in each language, with and without the parts that it may lack, and
// returns what goes wrong, such as a field that a template misspells.
func (t *templates) try(opts Options) error {
	m := &Mailer{opts: opts, templates: t}
	now := time.Now()
	for _, l := range t.languages {
		for _, sample := range allMails {
			if sample.Purpose != "" {
				sample.Token, sample.Code, sample.Expires = "token", "12345678", now.Add(time.Hour)
			}
			for _, q := range []*queued{
				{link: opts.BaseURL, to: mail.Address{Name: "Name"}, mail: sample},
				{mail: signup.Mail{Purpose: sample.Purpose, Notice: sample.Notice}},
			} {
				q.language, q.template = l, templateName(sample)
				if err := m.tryMail(q, now); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// tryMail writes q, and returns what goes wrong or is missing.
func (m *Mailer) tryMail(q *queued, now time.Time) error {
	if _, err := m.write(q, now); err != nil {
		return err
	}
	l, err := m.templates.layout(q.language, q.template, m.data(q, now))
	if err != nil {
		return err
	}
	missing := ""
	switch {
	case l.Subject == "":
		missing = "subject"
	case l.Button == "" && q.link != "" && (q.mail.Token != "" || noticePages[q.mail.Notice] != ""):
		missing = "button"
	case l.CodeHint == "" && q.mail.Code != "":
		missing = "code" // the layouts show the code only with it
	default:
		return nil
	}
	return fmt.Errorf("mailer: templates/%s/%s.txt has no %s, and common.txt has none", l.Language, q.template, missing)
}
