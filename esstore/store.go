package esstore

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup/esstore/internal/es"
)

const defaultAlias = "users"

// Options are the options of [New]. The zero value has the defaults.
type Options struct {
	// Alias is the alias of the index that holds the users. "" means "users".
	// It consists of a-z, 0-9, ".", "-" and "_", begins with a letter or digit,
	// and has at most 200 characters. Stores with different aliases share nothing.
	Alias string
	// Logger receives the progress of a migration: its start, how much is copied,
	// and for how long writes were refused. If it is nil, nothing is logged.
	Logger *slog.Logger
}

// A Store is a [signup.Store] in Elasticsearch. Make one with [New]. It is safe for
// concurrent use if its transport is, as the official client is.
type Store struct {
	client     es.Client
	documents  es.Documents[document]
	instrument esapi.Instrumentation // the transport's, or nil
	alias      string
	logger     *slog.Logger
	searchable atomic.Bool // the index is known to have the schema that Search needs
	served     *served     // what is known of the index behind the alias
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
	s := &Store{client: es.Client{Transport: t}, alias: defaultAlias, logger: slog.New(slog.DiscardHandler), served: &served{}}
	s.documents.Client = &s.client
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
		s.client.Err = fmt.Errorf("invalid alias %q: it must consist of a-z, 0-9, \".\", \"-\" and \"_\", begin with a letter or digit, and have at most 200 characters", s.alias)
	}
	if t == nil {
		s.client.Err = errors.New("the transport is nil")
	}
	return s
}

// isAlias reports whether name, which is not empty, can be the alias of a Store.
func isAlias(name string) bool {
	const punctuation = ".-_"
	return len(name) <= 200 && !strings.ContainsAny(name[:1], punctuation) &&
		strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789"+punctuation) == ""
}

var yes = true // requests have pointers to booleans
