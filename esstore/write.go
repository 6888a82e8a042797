package esstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup"
)

// If Elasticsearch doesn't acknowledge a write, the document is read. The tables
// decide by the response to the write and by what is stored then.

// A reply is the response to a write that wasn't acknowledged and may have been
// made.
type reply int

const (
	refused reply = iota // because of what is stored
	resent               // refused, but an earlier sending of the request may have been carried out
	open                 // the write may have been made
)

// A finding is what is stored after a write.
type finding int

const (
	own       finding = iota // what the write was to store
	before                   // the version that an Update or Delete was to change
	elsewhere                // that version, after a Create has confirmed it
	same                     // another state of a user with this ID
	another                  // a user with another ID
	nothing
	unreadable // it couldn't be read
)

// A verdict is what follows.
type verdict int

const (
	fail      verdict = iota // return the write's error
	deleted                  // return nil
	exists                   // return ErrExists
	conflict                 // return ErrConflict
	notFound                 // return ErrNotFound
	confirm                  // make sure of this write's document, and return nil
	confirmed                // make sure of the stored document, and return ErrReplayed
	again                    // send the write again
	follow                   // send it to where the version is now
)

// A table has a verdict for each finding and each reply: refused, resent, open.
type table [unreadable + 1][open + 1]verdict

// A copy that lags may show the former user of the address. So ErrExists takes a
// refusal that can't be due to an earlier sending, or a second refusal. If the
// address is held and no holder is found, the holder was deleted just now.
var onCreate = table{
	own:        {confirm, confirm, confirm},
	same:       {confirmed, confirmed, fail},
	another:    {exists, again, again},
	nothing:    {again, again, fail},
	unreadable: {fail, fail, fail},
}

// A refusal means that the version isn't where it was. Only the document shows
// whether it was changed, whether an earlier sending changed it, or whether a
// Create has confirmed it elsewhere. So a document that can't be read is no
// conflict.
var onUpdate = table{
	own:        {confirm, confirm, confirm},
	before:     {conflict, fail, fail},
	elsewhere:  {follow, follow, fail},
	same:       {conflict, conflict, fail},
	another:    {conflict, conflict, fail},
	nothing:    {notFound, notFound, fail},
	unreadable: {fail, fail, fail},
}

// A Delete that may have been carried out before can't distinguish its own
// deletion from another one, and needn't: the user is gone. After a lost response
// a primary that was cut off may show that, so it is sent again.
var onDelete = table{
	before:     {conflict, fail, fail},
	elsewhere:  {follow, follow, fail},
	same:       {conflict, conflict, conflict},
	another:    {conflict, deleted, again},
	nothing:    {notFound, deleted, again},
	unreadable: {fail, fail, fail},
}

// reply returns what f means for a table.
func (f *failure) reply() reply {
	switch {
	case !f.isRefusal():
		return open
	case f.attempts > 1:
		return resent
	}
	return refused
}

// A target is what a write is about.
type target struct {
	key, id string
	token   string  // of the document to be stored; "" for a Delete
	at      version // the one to be changed; zero for a Create
	place   version // where it is thought to be stored
}

// finding compares what was read with t.
func (t target) finding(stored found, err error) finding {
	switch {
	case errors.Is(err, signup.ErrNotFound):
		return nothing
	case err != nil:
		return unreadable
	case t.token != "" && plainToken(stored.WriteToken) == t.token:
		return own
	case stored.version.is(t.at) && t.place.isBefore(stored.place):
		return elsewhere
	case stored.version.is(t.at):
		return before
	case stored.ID == t.id:
		return same
	}
	return another
}

// judge reads what is stored after a write that ended in f, and returns what by
// the table follows.
func (s *Store) judge(ctx context.Context, by table, f *failure, t target) (verdict, found) {
	for pause := firstPause; ; pause *= 2 {
		stored, err := s.settle(ctx, f, t.key)
		is := t.finding(stored, err)
		if is == unreadable && ctx.Err() != nil {
			return fail, found{}
		}
		// After a 409, a copy that still shows the version before lags.
		if lags := is == before && f.status == http.StatusConflict; !lags || pause > lastPause {
			return by[is][f.reply()], stored
		}
		if !sleep(ctx, pause) {
			return fail, found{}
		}
	}
}

// error returns what a method returns at a verdict on a write that ended in f.
func (v verdict) error(ctx context.Context, f *failure) error {
	var err error = f
	switch {
	case v == deleted:
		return nil
	case v == exists:
		err = signup.ErrExists
	case v == conflict:
		err = signup.ErrConflict
	case v == notFound:
		err = signup.ErrNotFound
	case ctx.Err() == nil || errors.Is(f, ctx.Err()):
		return f
	default:
		err = ctx.Err()
	}
	return fmt.Errorf("esstore: %s: %w", f.op, err)
}

// write sends a write of doc and returns the Version that it made.
func (s *Store) write(ctx context.Context, op string, doc document, req esapi.Request) (signup.Version, *failure) {
	ans, f := s.call(ctx, op, req)
	if f != nil {
		return "", f
	}
	v, err := s.version(ans, doc)
	if err != nil {
		return "", &failure{op: op, status: ans.status, err: err}
	}
	return signup.Version(v.String()), nil
}

// replace writes doc, as body, in the place of the version at.
func (s *Store) replace(ctx context.Context, op string, doc document, body []byte, at version) (signup.Version, *failure) {
	return s.write(ctx, op, doc, esapi.IndexRequest{
		Index: ownAlias(at.index), DocumentID: documentID(doc.Key), RequireAlias: &yes,
		IfSeqNo: &at.seqNo, IfPrimaryTerm: &at.primaryTerm,
		Body: bytes.NewReader(body), Header: plain(), Instrument: s.instrument,
	})
}

// stale returns the error for a Version that can't be the stored user's: it isn't
// one of this user, or, after the failure f, its index is gone.
func (s *Store) stale(ctx context.Context, op string, u signup.User, at version, f *failure) error {
	stored, err := s.get(ctx, u.Key())
	switch {
	case errors.Is(err, signup.ErrNotFound):
		return fmt.Errorf("esstore: %s: %w", op, signup.ErrNotFound)
	case err != nil:
		return err
	case f != nil && stored.version.is(at):
		return f // it is there, but the index has no alias of its own
	}
	return fmt.Errorf("esstore: %s: %w", op, signup.ErrConflict)
}
