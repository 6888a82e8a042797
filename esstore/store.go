package esstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup"
)

const defaultIndex = "users"

// Options are the options of New. The zero value has the defaults.
type Options struct {
	// Index is the alias of the index that holds the users. "" is "users".
	// Stores of different aliases share nothing.
	Index string
	// Logger is told how a migration goes: when it begins, how far it is, and for
	// how long writes were refused. Nil: nobody is.
	Logger *slog.Logger
}

// A Store is a signup.Store in Elasticsearch, to be made by New. It is safe for
// concurrent use if its transport is, as the official client is.
type Store struct {
	transport  esapi.Transport
	instrument esapi.Instrumentation // the transport's, or nil
	alias      string
	incoming   sync.Pool // of *incoming
	logger     *slog.Logger
	invalid    error       // what is wrong with the options
	searchable atomic.Bool // the index was seen to have what Search needs
}

// New returns the Store that t leads to. It makes no request: Setup tells
// whether the Store can be used. An Index that can't be a name in Elasticsearch
// makes every method fail.
//
// If t sends a request more than once, it must do so with net/http, by which the
// Store knows (see net/http/httptrace). So must no proxy, of its own accord.
func New(t esapi.Transport, opts *Options) *Store {
	s := &Store{transport: t, alias: defaultIndex, logger: slog.New(slog.DiscardHandler)}
	if opts != nil && opts.Index != "" {
		s.alias = opts.Index
	}
	if opts != nil && opts.Logger != nil {
		s.logger = opts.Logger
	}
	if i, ok := t.(esapi.Instrumented); ok {
		s.instrument = i.InstrumentationEnabled()
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

var yes = true // for requests, which want its address

// Get implements signup.Store, in real time and one round trip.
func (s *Store) Get(ctx context.Context, key string) (signup.User, error) {
	stored, err := s.get(ctx, key)
	if err != nil {
		return signup.User{}, err
	}
	u := stored.user()
	u.Version = signup.Version(stored.version.String())
	return u, nil
}

// A found document, with its version.
type found struct {
	document
	version
	place  version // where it is stored: later than version if it was confirmed
	source []byte  // the document as it is stored
}

// get reads the document of key.
func (s *Store) get(ctx context.Context, key string) (found, error) {
	ans, f := s.call(ctx, "get", esapi.GetRequest{
		Index: s.alias, DocumentID: documentID(key), Header: plain(), Instrument: s.instrument,
	})
	switch {
	case f != nil && f.status == http.StatusNotFound && ans.Found == false:
		return found{}, fmt.Errorf("esstore: get: %w", signup.ErrNotFound)
	case f != nil:
		return found{}, f
	case ans.Source.Key != key || ans.Source.ID == "":
		return found{}, errors.New("esstore: get: the document is not of the user whose key was asked for")
	}
	doc := ans.Source
	doc.more = hasUnknown(ans.source)
	v, err := s.version(ans, doc)
	if err != nil {
		return found{}, fmt.Errorf("esstore: get: %w", err)
	}
	return found{doc, firstVersion(doc.WriteToken, v), v, ans.source}, nil
}

// version returns the Version of the document that ans is about.
func (s *Store) version(ans answer, doc document) (version, error) {
	switch {
	case !ans.SeqNo.is || !ans.PrimaryTerm.is:
		return version{}, errors.New("the answer has no version")
	case !isIndexOf(ans.Index, s.alias):
		return version{}, fmt.Errorf("the index behind the alias %s must be named %s- and a number", s.alias, s.alias)
	}
	more := doc.more || doc.KeyRule != signup.EmailRule
	return version{ans.Index, ans.SeqNo.value, ans.PrimaryTerm.value, ownerOf(doc.Key, doc.ID), more}, nil
}
