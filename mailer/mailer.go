package mailer

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gosignup/signup"
)

// A Mailer sends mails. Its methods are safe for concurrent use.
type Mailer struct {
	opts      Options
	from      sender
	templates *templates
	queue     *queue

	ctx     context.Context // canceled when Close has to stop
	cancel  context.CancelCauseFunc
	workers sync.WaitGroup

	sent, retried, failed, expired, refused atomic.Int64

	finished sync.Once
	lost     atomic.Int64
	closeErr error
}

// New returns a Mailer, and starts its workers, which Close ends. It writes each mail in
// each language once, without sending it, and connects to no server. The error says what
// is wrong with opts: a field, or a template of Files.
func New(opts Options) (*Mailer, error) {
	m := &Mailer{opts: opts}
	if err := m.opts.check(); err != nil {
		return nil, err
	}
	var err error
	if m.from, err = parseSender(opts.From); err != nil {
		return nil, err
	}
	if m.templates, err = loadTemplates(opts.Files); err != nil {
		return nil, err
	}
	if err := m.templates.try(m.opts); err != nil {
		return nil, err
	}
	if err := m.opts.Server.check(m); err != nil {
		return nil, err
	}
	m.queue = newQueue(m.opts.QueueSize, m.opts.Workers)
	m.ctx, m.cancel = context.WithCancelCause(context.Background())
	for range m.opts.Workers {
		m.workers.Go(m.work)
	}
	return m, nil
}

// Send puts a mail into the queue. It is for [signup.Accounts].Send. It returns soon,
// after the same work for each mail, and doesn't wait for the server.
//
// If the queue is full, or Close was called, the error wraps [signup.ErrBusy]: a handler
// of package signup responds with 503, and the user may ask again. Any other error is a
// mistake in the program: no template for the mail, a link that isn't a URL, or a To that
// isn't an address.
func (m *Mailer) Send(ctx context.Context, mail signup.Mail) error {
	name := templateName(mail)
	if !m.templates.has(name) {
		return fmt.Errorf("mailer: no template %q", name)
	}
	l := m.templates.language(m.languages(ctx, mail), name)
	link, err := m.link(mail)
	if err != nil {
		return err
	}
	to, err := recipient(mail)
	if err != nil {
		return err
	}
	mail.User.PasswordHash, mail.User.Private = "", "" // no mail needs them
	now := time.Now()
	err = m.queue.put(&queued{
		mail: mail, template: name, language: l, link: link, to: to,
		id: rand.Text(), at: now, due: now,
	})
	if err != nil {
		m.refused.Add(1)
	}
	return err
}

// Close sends the mails in the queue, also those that wait for another attempt, until
// ctx is done. Give ctx a deadline, as a server that is down may keep mails waiting for a
// day, and don't derive it from a context that is canceled at the shutdown. From the
// beginning of Close on, Send returns an error. If mails are lost, the error says how
// many; it wraps that of ctx. A mail whose delivery is interrupted counts as lost, and
// may have been delivered. Another call waits as well, and returns the same: the first
// ctx that is done ends all calls.
func (m *Mailer) Close(ctx context.Context) error {
	m.queue.close()
	stop := context.AfterFunc(ctx, func() { m.cancel(ctx.Err()) })
	defer stop()
	m.workers.Wait()
	m.finished.Do(func() {
		m.cancel(nil)
		if n := m.queue.len(); n > 0 {
			m.lost.Store(int64(n))
			m.closeErr = fmt.Errorf("mailer: closed before %d mails were sent: %w", n, context.Cause(m.ctx))
			m.opts.Logger.LogAttrs(ctx, slog.LevelError, "mailer: mails lost", slog.Int("mails", n))
		}
	})
	return m.closeErr
}

// Stats are numbers of mails, since the Mailer was made.
type Stats struct {
	// Queued is how many mails are in the queue now, with those that are being sent.
	Queued int
	// Sent counts mails that the server has accepted.
	Sent int64
	// Retried counts attempts that have failed and were or are to be repeated.
	Retried int64
	// Failed counts mails that were given up: the server has refused them for good, or
	// for 24 hours.
	Failed int64
	// Expired counts mails whose token had expired before they could be sent.
	Expired int64
	// Refused counts calls of Send for which there was no place in the queue.
	Refused int64
	// Lost counts mails that were in the queue when Close had to stop.
	Lost int64
}

// Stats returns the present numbers.
func (m *Mailer) Stats() Stats {
	return Stats{
		Queued: m.queue.len(), Sent: m.sent.Load(), Retried: m.retried.Load(), Failed: m.failed.Load(),
		Expired: m.expired.Load(), Refused: m.refused.Load(), Lost: m.lost.Load(),
	}
}
