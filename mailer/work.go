package mailer

import (
	"context"
	"log/slog"
	"time"
)

// idleTime is how long a connection is kept after a mail, for the next one.
const idleTime = 5 * time.Second

// A Server takes the mails of a [Mailer]. It is an [SMTP], or what [Print] returns.
type Server interface {
	check(m *Mailer) error
	// connect returns what one worker sends with. It doesn't wait for the server.
	connect(m *Mailer) connection
}

// A connection is used by one worker.
type connection interface {
	// send returns nil if the server has accepted the mail. It ends soon if ctx is done.
	send(ctx context.Context, m *message) *failure
	close()
}

// A failure is why a mail was not sent. It has no text of the server.
type failure struct {
	code      int    // of the SMTP response, or 0
	cause     string // for the log
	permanent bool   // no other attempt can succeed
	outage    bool   // the server didn't get as far as the mail
}

// work sends mails until the queue is closed and empty, or Close has to stop.
func (m *Mailer) work() {
	c := m.opts.Server.connect(m)
	defer c.close()
	for {
		q, more := m.queue.take(m.ctx, idleTime)
		switch {
		case q != nil && m.ctx.Err() != nil:
			m.queue.putBack(q, q.due)
			return
		case q != nil:
			m.attempt(c, q)
		case !more:
			return
		default:
			c.close()
		}
	}
}

// attempt tries to send q, and decides what becomes of it.
func (m *Mailer) attempt(c connection, q *queued) {
	begin := time.Now()
	if !begin.Before(q.deadline()) {
		m.giveUp(q, &failure{cause: "expired"}, 0)
		return
	}
	q.attempts++
	f := m.deliver(c, q)
	took := time.Since(begin)
	if f == nil || f.code != 0 && !f.outage {
		m.queue.reached()
	}
	switch {
	case f == nil:
		m.log(slog.LevelInfo, "mailer: mail sent", q, &failure{}, took)
		m.sent.Add(1)
		m.queue.done()
	case m.ctx.Err() != nil: // interrupted: neither success nor failure
		m.queue.putBack(q, time.Time{})
	case f.permanent:
		m.giveUp(q, f, took)
	default:
		m.retry(q, f, took)
	}
}

// deliver writes the mail and sends it.
func (m *Mailer) deliver(c connection, q *queued) *failure {
	msg, err := m.write(q, time.Now())
	if err != nil { // which has no text of a template's data
		return &failure{cause: "template", permanent: true}
	}
	return c.send(m.ctx, msg)
}

// retry puts q back, unless it would come too late.
func (m *Mailer) retry(q *queued, f *failure, took time.Duration) {
	due, next := time.Now(), time.Time{}
	if f.outage {
		next = m.queue.outage(m.opts.RetryAfter)
	} else {
		due = due.Add(backoff(m.opts.RetryAfter, q.attempts))
		next = due
	}
	if !next.Before(q.deadline()) {
		m.giveUp(q, f, took)
		return
	}
	m.log(slog.LevelWarn, "mailer: mail not sent yet", q, f, took)
	m.retried.Add(1)
	m.queue.putBack(q, due)
}

// giveUp removes q.
func (m *Mailer) giveUp(q *queued, f *failure, took time.Duration) {
	if !f.permanent && q.deadline().Equal(q.mail.Expires) {
		m.log(slog.LevelError, "mailer: mail not sent before its token expired", q, f, took)
		m.expired.Add(1)
	} else {
		m.log(slog.LevelError, "mailer: mail not sent", q, f, took)
		m.failed.Add(1)
	}
	m.queue.done()
}

// log writes a record of an attempt.
func (m *Mailer) log(level slog.Level, text string, q *queued, f *failure, took time.Duration) {
	attrs := make([]slog.Attr, 0, 8)
	for _, a := range []slog.Attr{
		slog.String("purpose", string(q.mail.Purpose)),
		slog.String("notice", string(q.mail.Notice)),
		slog.String("enduser.pseudo.id", q.mail.User.ID),
		slog.String("cause", f.cause),
	} {
		if a.Value.String() != "" {
			attrs = append(attrs, a)
		}
	}
	if f.code != 0 {
		attrs = append(attrs, slog.Int("smtp.code", f.code))
	}
	attrs = append(attrs, slog.String("message_id", q.id), // without its domain
		slog.Int("attempt", q.attempts), slog.Duration("duration", took))
	m.opts.Logger.LogAttrs(context.WithoutCancel(m.ctx), level, text, attrs...)
}
