package main

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"strings"

	"github.com/elastic/elastic-transport-go/v8/elastictransport"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
	"github.com/gosignup/signup/memstore"
	"github.com/gosignup/signup/sqlstore"
)

// open returns the store of the users, and the counter of attempts that goes with it. db
// is a URL, or "" for memory. The caller calls closeStore in the end.
func open(ctx context.Context, db string) (store signup.Store, counter signup.Counter, closeStore func(), err error) {
	none := func() {}
	file, isFile := strings.CutPrefix(db, "sqlite:")
	switch {
	case db == "":
		return memstore.New(), nil, none, nil
	case isFile:
		f, err := os.OpenFile(file, os.O_CREATE, 0o600) // only the owner may read the hashes
		if err != nil {
			return nil, nil, none, err
		}
		_ = f.Close()
		name := url.URL{Scheme: "file", Opaque: url.PathEscape(file)}
		return openSQL(ctx, "sqlite", name.String()+"?_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)")
	case strings.HasPrefix(db, "postgres:"), strings.HasPrefix(db, "postgresql:"):
		return openSQL(ctx, "pgx", db)
	}
	u, err := url.Parse(db)
	if err != nil || u.Host == "" || !strings.HasPrefix(u.Scheme, "http") {
		return nil, nil, none, errors.New("-db: want sqlite:users.db, postgres://… or http://… (of an Elasticsearch)")
	}
	client, err := elastictransport.NewClient(elastictransport.WithURLs(u), elastictransport.WithRetryOnError(esstore.RetryOnError))
	if err != nil {
		return nil, nil, none, err
	}
	s, c := esstore.New(client, nil), esstore.NewCounter(client, nil)
	return s, c, none, errors.Join(s.Setup(ctx), c.Setup(ctx))
}

func openSQL(ctx context.Context, driver, source string) (signup.Store, signup.Counter, func(), error) {
	db, err := sql.Open(driver, source)
	if err != nil {
		return nil, nil, func() {}, err
	}
	db.SetMaxOpenConns(20)
	db.SetMaxIdleConns(20)
	store := sqlstore.New(db, nil)
	if err := store.Setup(ctx); err != nil {
		_ = db.Close()
		return nil, nil, func() {}, err
	}
	return store, sqlstore.NewCounter(db, nil), func() { _ = db.Close() }, nil
}
