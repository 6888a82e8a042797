package elastic

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

// A document is a user as esstore sends it.
type document struct{ id, body string }

// documentsOf returns what esstore sends to create the users.
func documentsOf(b *testing.B, users []signup.User) []document {
	b.Helper()
	docs := make([]document, 0, len(users))
	store := esstore.New(transportFunc(func(r *http.Request) (*http.Response, error) {
		if r.Method == http.MethodGet { // for the index, which isn't compared
			return response(http.StatusForbidden, "{}"), nil
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		docs = append(docs, document{path.Base(r.URL.Path), string(body)})
		return response(http.StatusCreated, created(path.Base(r.URL.Path))), nil
	}), nil)
	for _, u := range users {
		if err := store.Create(b.Context(), &u); err != nil {
			b.Fatal(err)
		}
	}
	return docs
}

var yes = true // because requests need a pointer

// create sends the request that esstore sends.
func (d document) create(ctx context.Context, t esapi.Transport, alias string) error {
	return send(ctx, t, esapi.IndexRequest{
		Index: alias, DocumentID: d.id, OpType: "create", RequireAlias: &yes, Body: strings.NewReader(d.body),
	}, http.StatusCreated)
}

func (d document) get(ctx context.Context, t esapi.Transport, alias string) error {
	return send(ctx, t, esapi.GetRequest{Index: alias, DocumentID: d.id}, http.StatusOK)
}

// decode is get with the response decoded.
func (d document) decode(ctx context.Context, t esapi.Transport, alias string) error {
	var body struct {
		Source plainUser `json:"_source"`
	}
	return ask(ctx, t, esapi.GetRequest{Index: alias, DocumentID: d.id}, &body)
}

// A plainUser is the document, as a program without esstore would declare it.
type plainUser struct {
	ID        string    `json:"id"`
	Key       string    `json:"key"`
	KeyRule   string    `json:"key_rule"`
	Email     string    `json:"email_address"`
	Password  string    `json:"password"`
	FirstName string    `json:"first_name"`
	LastName  string    `json:"last_name"`
	Active    bool      `json:"is_active"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	Token     string    `json:"write_token"`
}

// create makes the document, with the same id as esstore, and sends the request.
func (u *plainUser) create(ctx context.Context, t esapi.Transport, alias string) error {
	body, err := json.Marshal(u)
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(u.Key))
	return send(ctx, t, esapi.IndexRequest{
		Index: alias, DocumentID: base64.RawURLEncoding.EncodeToString(sum[:]), OpType: "create", RequireAlias: &yes,
		Body: bytes.NewReader(body),
	}, http.StatusCreated)
}

// A transportFunc is a transport without a network.
type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) Perform(r *http.Request) (*http.Response, error) { return f(r) }

func response(status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status,
		Header:     http.Header{"Content-Length": {fmt.Sprint(len(body))}},
		Body:       io.NopCloser(strings.NewReader(body)),
	}
}

// Responses of Elasticsearch 8.19.7.
func created(id string) string {
	return `{"_index":"users-000001","_id":"` + id + `","_version":1,` +
		`"result":"created","_shards":{"total":1,"successful":1,"failed":0},"_seq_no":4711,"_primary_term":1}`
}

func (d document) found() string {
	return `{"_index":"users-000001","_id":"` + d.id + `","_version":1,"_seq_no":4711,"_primary_term":1,` +
		`"found":true,"_source":` + d.body + `}`
}
