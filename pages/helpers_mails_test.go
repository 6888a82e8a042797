package pages_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/wiretest"
	"github.com/gosignup/signup/pages"
)

// An outbox keeps the mails that Accounts.Send gets. Their tokens and codes are secrets
// of its site.
type outbox struct {
	site  *testSite
	mu    sync.Mutex
	mails []signup.Mail
	fail  error
}

func (o *outbox) send(_ context.Context, m signup.Mail) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fail != nil {
		return o.fail
	}
	o.mails = append(o.mails, m)
	o.site.hide(m.Token)
	o.site.hide(m.Code)
	return nil
}

// take returns the mails so far, and removes them.
func (o *outbox) take() []signup.Mail {
	o.mu.Lock()
	defer o.mu.Unlock()
	mails := o.mails
	o.mails = nil
	return mails
}

// one returns the only mail, which is for purpose, and removes it.
func (o *outbox) one(purpose signup.Purpose) signup.Mail {
	o.site.t.Helper()
	mails := o.take()
	if len(mails) != 1 || mails[0].Purpose != purpose {
		o.site.t.Fatalf("got the mails %v, want one for %q", mails, purpose)
	}
	return mails[0]
}

// link returns the path and query of the link in the only mail, which is for purpose.
func (o *outbox) link(purpose signup.Purpose) string {
	o.site.t.Helper()
	return strings.TrimPrefix(pages.Link(baseURL, "", o.one(purpose).Token), baseURL)
}

// A logBuffer keeps what is logged.
type logBuffer struct{ wiretest.Buffer }

func (b *logBuffer) logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
