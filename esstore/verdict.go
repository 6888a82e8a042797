package esstore

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/gosignup/signup"
)

// If Elasticsearch doesn't acknowledge a write, the document is read. The tables
// decide by how the write ended and by what is stored then.

// An outcome is how a write ended that wasn't acknowledged and may have been made.
type outcome int

const (
	outcomeRefused outcome = iota // because of what is stored
	outcomeResent                 // refused, but an earlier attempt may have been carried out
	outcomeOpen                   // the write may have been made
)

// A storedState is what is stored after a write.
type storedState int

const (
	storedOwn        storedState = iota // what the write was to store
	storedBefore                        // the version that an Update or Delete was to change
	storedConfirmed                     // that version, after a Create has confirmed it
	storedSameUser                      // another state of a user with this ID
	storedOtherUser                     // a user with another ID
	storedNothing                       // no document
	storedUnreadable                    // it couldn't be read
)

// A verdict is what follows.
type verdict int

const (
	thenFail          verdict = iota // return the error of the write
	thenSucceed                      // return nil
	thenExists                       // return ErrExists
	thenConflict                     // return ErrConflict
	thenNotFound                     // return ErrNotFound
	thenConfirm                      // confirm the document of this write, and return nil
	thenConfirmReplay                // confirm the stored document, and return ErrReplayed
	thenResend                       // send the write again
	thenFollow                       // send it to where the version is now
)

// A verdictTable has a verdict for each stored state and each outcome: refused,
// resent, open.
type verdictTable [storedUnreadable + 1][outcomeOpen + 1]verdict

// A copy that lags may show the former user of the address. So ErrExists takes a
// refusal that can't be due to an earlier attempt, or a second refusal. If the
// address is held and no holder is found, the holder was deleted just now.
var onCreate = verdictTable{
	storedOwn:        {thenConfirm, thenConfirm, thenConfirm},
	storedSameUser:   {thenConfirmReplay, thenConfirmReplay, thenFail},
	storedOtherUser:  {thenExists, thenResend, thenResend},
	storedNothing:    {thenResend, thenResend, thenFail},
	storedUnreadable: {thenFail, thenFail, thenFail},
}

// A refusal means that the version isn't where it was. Only the document shows
// whether it was changed, whether an earlier attempt changed it, or whether a Create
// has confirmed it elsewhere. So a document that can't be read is no conflict.
var onUpdate = verdictTable{
	storedOwn:        {thenConfirm, thenConfirm, thenConfirm},
	storedBefore:     {thenConflict, thenFail, thenFail},
	storedConfirmed:  {thenFollow, thenFollow, thenFail},
	storedSameUser:   {thenConflict, thenConflict, thenFail},
	storedOtherUser:  {thenConflict, thenConflict, thenFail},
	storedNothing:    {thenNotFound, thenNotFound, thenFail},
	storedUnreadable: {thenFail, thenFail, thenFail},
}

// A Delete that may have been carried out before can't distinguish its own deletion
// from another one, and needn't: the user is deleted. After a lost response, a
// primary that was cut off may show the same, so the Delete is sent again.
var onDelete = verdictTable{
	storedBefore:     {thenConflict, thenFail, thenFail},
	storedConfirmed:  {thenFollow, thenFollow, thenFail},
	storedSameUser:   {thenConflict, thenConflict, thenFail},
	storedOtherUser:  {thenConflict, thenSucceed, thenResend},
	storedNothing:    {thenNotFound, thenSucceed, thenResend},
	storedUnreadable: {thenFail, thenFail, thenFail},
}

// outcome returns how the write that failed with e ended.
func (e *Error) outcome() outcome {
	switch {
	case !e.isRefusal():
		return outcomeOpen
	case e.attempts > 1:
		return outcomeResent
	}
	return outcomeRefused
}

// A target is the document that a write changes.
type target struct {
	key, id string
	token   string  // of the document to be stored; "" for a Delete
	at      version // the version to be changed; zero for a Create
	place   version // where that version is expected to be stored
}

// state compares what was read with t.
func (t target) state(stored storedUser, err error) storedState {
	switch {
	case errors.Is(err, signup.ErrNotFound):
		return storedNothing
	case err != nil:
		return storedUnreadable
	case t.token != "" && plainToken(stored.WriteToken) == t.token:
		return storedOwn
	case stored.version.is(t.at) && t.place.isBefore(stored.place):
		return storedConfirmed
	case stored.version.is(t.at):
		return storedBefore
	case stored.ID == t.id:
		return storedSameUser
	}
	return storedOtherUser
}

// judge reads what is stored after a write that failed with e. It returns the
// verdict of the table, and what is stored.
func (s *Store) judge(ctx context.Context, table verdictTable, e *Error, t target) (verdict, storedUser) {
	for pause := firstPause; ; pause *= 2 {
		stored, err := s.readAfter(ctx, e, t.key)
		state := t.state(stored, err)
		if state == storedUnreadable && ctx.Err() != nil {
			return thenFail, storedUser{}
		}
		// After a 409, a copy that still shows the version before lags.
		if lags := state == storedBefore && e.Status == http.StatusConflict; !lags || pause > lastPause {
			return table[state][e.outcome()], stored
		}
		if !sleep(ctx, pause) {
			return thenFail, storedUser{}
		}
	}
}

// errorAfter returns what a method returns at a verdict on a write that failed with
// e. If ctx is done, that is an error that wraps the context's.
func (v verdict) errorAfter(ctx context.Context, e *Error) error {
	var err error
	switch v {
	case thenSucceed:
		return nil
	case thenExists:
		err = signup.ErrExists
	case thenConflict:
		err = signup.ErrConflict
	case thenNotFound:
		err = signup.ErrNotFound
	default:
		if ctx.Err() == nil || errors.Is(e, ctx.Err()) {
			return e
		}
		return e.ended(ctx)
	}
	return fmt.Errorf("esstore: %s: %w", e.Op, err)
}
