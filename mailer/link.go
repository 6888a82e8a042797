package mailer

import (
	"context"
	"errors"
	"net/url"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/pages"
)

// The pages of package pages where a user acts on a notice without a token.
var noticePages = map[signup.Notice]string{
	signup.NoticePasswordChanged:   "forgot",
	signup.NoticeEmailChangeUndone: "forgot",
	signup.NoticeAlreadyRegistered: "log-in",
	signup.NoticeAlreadyVerified:   "log-in",
	signup.NoticeNoAccount:         "log-in",
	signup.NoticeEmailChanged:      "log-in",
}

var errLink = errors.New("mailer: Options.Link has returned something else than an https or http URL")

// link returns the URL of mail, or "" if it has none.
func (m *Mailer) link(mail signup.Mail) (string, error) {
	if m.opts.Link != nil {
		link := m.opts.Link(mail)
		if link == "" {
			return "", nil
		}
		u, err := url.Parse(link)
		if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			return "", errLink // without link, which has the token
		}
		return u.String(), nil
	}
	if mail.Token != "" {
		return pages.Link(m.opts.BaseURL, m.opts.Path, mail.Token), nil
	}
	if page := noticePages[mail.Notice]; page != "" {
		return m.opts.BaseURL + m.opts.Path + page, nil
	}
	return "", nil
}

// languages returns the languages that mail should be in, the preferred one first.
func (m *Mailer) languages(ctx context.Context, mail signup.Mail) []string {
	if m.opts.Language != nil {
		if tag := m.opts.Language(ctx, mail); tag != "" {
			return []string{tag}
		}
	}
	return signup.Languages(ctx)
}
