package esstore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup"
)

// Options are the options of New. The zero value has the defaults.
type Options struct {
	// Index is the alias of the index that holds the users. "" is "users".
	// Stores of different aliases share nothing.
	Index string
}

// A Store is a signup.Store in Elasticsearch, to be made by New. It is safe for
// concurrent use if its transport is, as the official client is.
type Store struct {
	transport esapi.Transport
	alias     string
	invalid   error // what is wrong with the options
}

// New returns the Store that t leads to. It makes no request: Setup tells
// whether the Store can be used. An Index that can't be a name in Elasticsearch
// makes every method fail.
func New(t esapi.Transport, opts *Options) *Store {
	s := &Store{transport: t, alias: "users"}
	if opts != nil && opts.Index != "" {
		s.alias = opts.Index
	}
	const punctuation = ".-_"
	ok := len(s.alias) <= 200 && !strings.ContainsAny(s.alias[:1], punctuation) &&
		strings.Trim(s.alias, "abcdefghijklmnopqrstuvwxyz0123456789"+punctuation) == ""
	if !ok {
		s.invalid = fmt.Errorf("%q can't be an index: it must be of a-z, 0-9, \".\", \"-\" and \"_\", and begin with a letter or digit", s.alias)
	}
	if t == nil {
		s.invalid = errors.New("the transport is nil")
	}
	return s
}

const (
	// settleTimeout bounds how long a method goes on, beyond its context, to
	// find out what became of a write.
	settleTimeout = 2 * time.Second
	// conflictTimeout is for a server that has answered 409, and so is there,
	// if under load, while the caller still waits.
	conflictTimeout = 10 * time.Second
	// The pauses, each twice the one before, after which to ask again.
	firstPause, lastPause = 10 * time.Millisecond, 500 * time.Millisecond
)

var yes = true // for requests, which want its address

// Create implements signup.Store, in one round trip.
func (s *Store) Create(ctx context.Context, u *signup.User) error {
	doc, body, err := encode(*u)
	if err != nil {
		return err
	}
	var earlier int64 // attempts that may have stored the user
	for pause := firstPause; ; pause *= 2 {
		ans, f := s.call(ctx, "create", esapi.IndexRequest{
			Index: s.alias, DocumentID: documentID(doc.Key), OpType: "create", RequireAlias: &yes,
			Body: bytes.NewReader(body),
		})
		if f == nil {
			f = s.written("create", doc, ans, u)
		}
		if f != nil {
			f.attempts += earlier
		}
		if f == nil || f.status != http.StatusConflict && !f.isOpen() {
			return orNil(f)
		}
		stored, err := s.settle(ctx, f, doc.Key)
		switch {
		case err == nil && stored.ID != doc.ID:
			return fmt.Errorf("esstore: create: %w", signup.ErrExists)
		case err == nil:
			u.Version = superseded
			if v := stored.user(); v.Equal(*u) {
				u.Version = stored.version
			}
			return nil
		case f.status != http.StatusConflict || !errors.Is(err, signup.ErrNotFound) || pause > lastPause:
			return f
		}
		// The address is held, and it is not: the holder was just deleted, or
		// is on its way to the copy that was read.
		if !sleep(ctx, pause) {
			return fmt.Errorf("esstore: create: %w", ctx.Err())
		}
		earlier = max(0, f.attempts-1) // the last one has not, as the 409 says
	}
}

// Get implements signup.Store, in real time and one round trip.
func (s *Store) Get(ctx context.Context, key string) (signup.User, error) {
	stored, err := s.get(ctx, key)
	if err != nil {
		return signup.User{}, err
	}
	u := stored.user()
	u.Version = stored.version
	return u, nil
}

// Update implements signup.Store, in one round trip.
func (s *Store) Update(ctx context.Context, u *signup.User) error {
	v, ok := parseVersion(*u, s.alias)
	if !ok {
		return s.conflict(ctx, "update", *u, nil)
	}
	doc, body, err := encode(*u)
	if err != nil {
		return err
	}
	ans, f := s.call(ctx, "update", esapi.IndexRequest{
		Index: ownAlias(v.index), DocumentID: documentID(doc.Key), RequireAlias: &yes,
		IfSeqNo: &v.seqNo, IfPrimaryTerm: &v.primaryTerm,
		Body: bytes.NewReader(body),
	})
	switch {
	case f == nil:
		f = s.written("update", doc, ans, u)
	case f.noIndex() && f.attempts <= 1:
		return s.conflict(ctx, "update", *u, f)
	}
	if f == nil || f.status != http.StatusConflict && !f.isOpen() {
		return orNil(f)
	}
	stored, err := s.settleChange(ctx, f, *u)
	switch {
	case err == nil && stored.WriteToken == doc.WriteToken:
		u.Version = stored.version
		return nil
	case f.status != http.StatusConflict:
		return f
	case errors.Is(err, signup.ErrNotFound):
		return gone("update")
	case err != nil && errors.Is(err, ctx.Err()):
		return fmt.Errorf("esstore: update: %w", err)
	case err == nil && stored.version != u.Version, f.attempts <= 1:
		return fmt.Errorf("esstore: update: %w", signup.ErrConflict)
	}
	return f
}

// Delete implements signup.Store, in one round trip.
func (s *Store) Delete(ctx context.Context, u signup.User) error {
	key := u.Key()
	v, ok := parseVersion(u, s.alias)
	if !ok {
		return s.missing(s.conflict(ctx, "delete", u, nil))
	}
	ans, f := s.call(ctx, "delete", esapi.DeleteRequest{
		Index: v.index, DocumentID: documentID(key), IfSeqNo: &v.seqNo, IfPrimaryTerm: &v.primaryTerm,
	})
	switch {
	case f == nil && ans.Result != "deleted":
		f = &failure{op: "delete", status: ans.status, err: errNotElasticsearch}
	case f.noIndex() && f.attempts <= 1:
		return s.missing(s.conflict(ctx, "delete", u, f))
	}
	absent := f != nil && f.status == http.StatusNotFound && ans.Result == "not_found"
	if f == nil || f.status != http.StatusConflict && !absent && !f.isOpen() {
		return orNil(f)
	}
	// Whoever may have sent the request before can't tell its own deletion
	// from another's, and needn't: the user is gone.
	again := f.attempts > 1 || f.isOpen()
	stored, err := s.settleChange(ctx, f, u)
	switch {
	case errors.Is(err, signup.ErrNotFound) && again, err == nil && stored.ID != u.ID && again:
		return nil
	case errors.Is(err, signup.ErrNotFound):
		return fmt.Errorf("esstore: delete: %w", signup.ErrNotFound)
	case err != nil && errors.Is(err, ctx.Err()):
		return fmt.Errorf("esstore: delete: %w", err)
	case err == nil && stored.version != u.Version, f.status == http.StatusConflict && !again:
		return fmt.Errorf("esstore: delete: %w", signup.ErrConflict)
	}
	return f
}

// conflict returns the error for a Version that can't be the stored user's: its
// form is wrong, or else its index is gone, as f tells.
func (s *Store) conflict(ctx context.Context, op string, u signup.User, f *failure) error {
	stored, err := s.get(ctx, u.Key())
	switch {
	case errors.Is(err, signup.ErrNotFound):
		return gone(op)
	case err != nil:
		return err
	case f != nil && stored.version == u.Version:
		return f // it is there, but the alias of its own is missing
	}
	return fmt.Errorf("esstore: %s: %w", op, signup.ErrConflict)
}

// missing returns err as Delete tells it: who isn't there is just not found.
func (s *Store) missing(err error) error {
	if errors.Is(err, signup.ErrNotFound) {
		return fmt.Errorf("esstore: delete: %w", signup.ErrNotFound)
	}
	return err
}

func gone(op string) error {
	return fmt.Errorf("esstore: %s: %w: %w", op, signup.ErrConflict, signup.ErrNotFound)
}

// A found document, with its version.
type found struct {
	document
	version string
}

// get reads the document of key.
func (s *Store) get(ctx context.Context, key string) (found, error) {
	ans, f := s.call(ctx, "get", esapi.GetRequest{Index: s.alias, DocumentID: documentID(key)})
	switch {
	case f != nil && f.status == http.StatusNotFound && ans.Found != nil && !*ans.Found:
		return found{}, fmt.Errorf("esstore: get: %w", signup.ErrNotFound)
	case f != nil:
		f.attempts = 0 // an earlier one has left nothing behind
		return found{}, f
	case ans.Source.Key != key || ans.Source.ID == "":
		return found{}, errors.New("esstore: get: the document is not of the user whose key was asked for")
	}
	v, err := s.version(ans, ans.Source)
	if err != nil {
		return found{}, fmt.Errorf("esstore: get: %w", err)
	}
	return found{ans.Source, v}, nil
}

// settle reads the document of key after a write that ended in f, whether or not
// ctx is done.
func (s *Store) settle(ctx context.Context, f *failure, key string) (found, error) {
	bound := settleTimeout
	if f.status == http.StatusConflict {
		bound = conflictTimeout
	}
	detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), bound)
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(settleTimeout, cancel) })()
	return s.get(detached, key)
}

// settleChange reads u's document after an Update or Delete of u that ended in
// f. After a 409, u's own Version can't be the newest: a copy that still has it
// lags behind, and is asked again.
func (s *Store) settleChange(ctx context.Context, f *failure, u signup.User) (found, error) {
	for pause := firstPause; ; pause *= 2 {
		stored, err := s.settle(ctx, f, u.Key())
		lags := err == nil && f.status == http.StatusConflict && stored.version == u.Version
		if !lags || pause > lastPause {
			return stored, err
		}
		if !sleep(ctx, pause) {
			return found{}, ctx.Err()
		}
	}
}

// written sets u's Version to what a write's answer tells.
func (s *Store) written(op string, doc document, ans answer, u *signup.User) *failure {
	v, err := s.version(ans, doc)
	if err != nil {
		return &failure{op: op, status: ans.status, err: err}
	}
	u.Version = v
	return nil
}

// version returns the Version of the document that ans is about.
func (s *Store) version(ans answer, doc document) (string, error) {
	switch {
	case ans.SeqNo == nil || ans.PrimaryTerm == nil:
		return "", errors.New("the answer has no version")
	case !isIndexOf(ans.Index, s.alias):
		return "", fmt.Errorf("the index behind the alias %s must be named %s- and a number", s.alias, s.alias)
	}
	return version{ans.Index, *ans.SeqNo, *ans.PrimaryTerm, ownerOf(doc.Key, doc.ID)}.String(), nil
}

func encode(u signup.User) (document, []byte, error) {
	doc, err := newDocument(u)
	if err != nil {
		return document{}, nil, err
	}
	body, err := json.Marshal(doc)
	if err != nil {
		return document{}, nil, fmt.Errorf("esstore: %w", err)
	}
	if len(body) > maxDocument {
		return document{}, nil, fmt.Errorf("esstore: a user of more than %d bytes: %w", maxDocument, signup.ErrInvalid)
	}
	return doc, body, nil
}

// orNil keeps a nil *failure from becoming an error that isn't nil.
func orNil(f *failure) error {
	if f == nil {
		return nil
	}
	return f
}

// sleep reports whether ctx wasn't done before d was over.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
