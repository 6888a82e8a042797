package mailer

import (
	"net/mail"
	"time"

	"github.com/gosignup/signup"
)

// A queued mail is one in the queue.
type queued struct {
	mail     signup.Mail
	template string
	language *language
	link     string
	to       mail.Address
	id       string    // the local part of the Message-ID
	at       time.Time // when it was queued

	attempts int
	due      time.Time
	number   uint64 // the order of mails that are due at once
}

// maxAge is for how long a mail without a Token is tried. A Token may expire earlier.
const maxAge = 24 * time.Hour

// deadline returns when q is given up.
func (q *queued) deadline() time.Time {
	d := q.at.Add(maxAge)
	if e := q.mail.Expires; !e.IsZero() && e.Before(d) {
		return e
	}
	return d
}

// byDue is a heap.
type byDue []*queued

func (b byDue) Len() int      { return len(b) }
func (b byDue) Swap(i, j int) { b[i], b[j] = b[j], b[i] }
func (b *byDue) Push(x any)   { *b = append(*b, x.(*queued)) }

func (b byDue) Less(i, j int) bool {
	if !b[i].due.Equal(b[j].due) {
		return b[i].due.Before(b[j].due)
	}
	return b[i].number < b[j].number
}

func (b *byDue) Pop() any {
	old := *b
	m := old[len(old)-1]
	old[len(old)-1] = nil
	*b = old[:len(old)-1]
	return m
}
