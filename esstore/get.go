package esstore

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore/internal/es"
)

// Get implements [signup.Store], in real time and one round trip.
func (s *Store) Get(ctx context.Context, key string) (signup.User, error) {
	stored, err := s.read(ctx, "get", key)
	if err != nil {
		return signup.User{}, err
	}
	u := stored.user()
	u.Version = signup.Version(stored.version.String())
	return u, nil
}

// A storedUser is a document that was read, with its version.
type storedUser struct {
	document
	version
	place  version // where it is stored: later than version if it was confirmed
	source []byte  // the document as it is stored
}

var (
	errOtherDocument = errors.New("the document is not the user with this key")
	errNoVersion     = errors.New("the response has no version")
)

// read reads the document of key for the method op.
func (s *Store) read(ctx context.Context, op, key string) (storedUser, error) {
	r, e := s.sendDocument(ctx, op, esapi.GetRequest{
		Index: s.alias, DocumentID: documentID(key), Instrument: s.instrument,
	})
	switch {
	case e != nil && e.Status == http.StatusNotFound && r.Found == false && !isIndexOf(r.Index, s.alias):
		return storedUser{}, &Error{Op: op, Status: e.Status, err: s.errNotBehind(r.Index)}
	case e != nil && e.Status == http.StatusNotFound && r.Found == false:
		return storedUser{}, fmt.Errorf("esstore: %s: %w", op, signup.ErrNotFound)
	case e != nil:
		return storedUser{}, e
	case r.Source.Key != key || r.Source.ID == "":
		return storedUser{}, &Error{Op: op, Status: r.Status, err: errOtherDocument}
	}
	doc := r.Source
	doc.more = hasUnknown(r.Raw)
	v, err := s.versionOf(r, doc)
	if err != nil {
		return storedUser{}, &Error{Op: op, Status: r.Status, err: err}
	}
	return storedUser{doc, firstVersion(doc.WriteToken, v), v, r.Raw}, nil
}

// versionOf returns the Version of doc, which r is about.
func (s *Store) versionOf(r es.Document[document], doc document) (version, error) {
	switch {
	case !r.SeqNo.IsSet || !r.PrimaryTerm.IsSet:
		return version{}, errNoVersion
	case !isIndexOf(r.Index, s.alias):
		return version{}, s.errNotBehind(r.Index)
	}
	more := doc.more || doc.KeyRule != signup.EmailRule
	return version{r.Index, r.SeqNo.Value, r.PrimaryTerm.Value, ownerOf(doc.Key, doc.ID), more}, nil
}

// errNotBehind returns the error for a response from an index that Setup doesn't name so.
// If something wrote to the alias while no index was behind it, Elasticsearch has made an
// index with the name of the alias.
func (s *Store) errNotBehind(index string) error {
	if index == s.alias {
		return fmt.Errorf("%s is an index, but must be an alias", index)
	}
	return fmt.Errorf("the index behind the alias %s must be named %s- and a number", s.alias, s.alias)
}
