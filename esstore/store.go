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

const defaultAlias = "users"

// Options are the options of New. The zero value has the defaults.
type Options struct {
	// Alias is the alias of the index that holds the users. "" means "users".
	// It consists of a-z, 0-9, ".", "-" and "_", begins with a letter or digit,
	// and has at most 200 characters. Stores with different aliases share nothing.
	Alias string
	// Logger receives the progress of a migration: its start, how much is copied,
	// and for how long writes were refused. If it is nil, nothing is logged.
	Logger *slog.Logger
}

// A Store is a signup.Store in Elasticsearch. Make one with New. It is safe for
// concurrent use if its transport is, as the official client is.
type Store struct {
	transport  esapi.Transport
	instrument esapi.Instrumentation // the transport's, or nil
	alias      string
	incoming   sync.Pool // of *incoming
	logger     *slog.Logger
	invalid    error       // what is wrong with the options
	searchable atomic.Bool // the index is known to have what Search needs
}

// New returns a Store that sends its requests to t. New itself sends none: call
// [Store.Setup] to find out whether the Store can be used. New copies opts; nil
// means the defaults. If t is nil or opts.Alias is not a valid name, every method
// fails.
//
// If t sends a request more than once, it must do so with net/http: the Store
// counts the attempts with net/http/httptrace. A proxy between t and
// Elasticsearch must not repeat requests.
func New(t esapi.Transport, opts *Options) *Store {
	s := &Store{transport: t, alias: defaultAlias, logger: slog.New(slog.DiscardHandler)}
	if opts != nil && opts.Alias != "" {
		s.alias = opts.Alias
	}
	if opts != nil && opts.Logger != nil {
		s.logger = opts.Logger
	}
	if i, ok := t.(esapi.Instrumented); ok {
		s.instrument = i.InstrumentationEnabled()
	}
	if !isAlias(s.alias) {
		s.invalid = fmt.Errorf("invalid alias %q: it must consist of a-z, 0-9, \".\", \"-\" and \"_\", begin with a letter or digit, and have at most 200 characters", s.alias)
	}
	if t == nil {
		s.invalid = errors.New("the transport is nil")
	}
	return s
}

// isAlias reports whether name, which is not empty, can be the alias of a Store.
func isAlias(name string) bool {
	const punctuation = ".-_"
	return len(name) <= 200 && !strings.ContainsAny(name[:1], punctuation) &&
		strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789"+punctuation) == ""
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
