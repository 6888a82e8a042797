package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/gosignup/signup/sqlstore"
)

// A sqlStore is a store in PostgreSQL or SQLite.
type sqlStore struct {
	*sqlstore.Store
	db *sql.DB
}

// maxConns is enough for one command.
const maxConns = 4

func newSQLStore(db *sql.DB, d sqlstore.Dialect, prefix string) store {
	db.SetMaxOpenConns(maxConns)
	db.SetMaxIdleConns(maxConns)
	return sqlStore{sqlstore.New(db, &sqlstore.Options{Dialect: d, Prefix: prefix}), db}
}

func (s sqlStore) close() { _ = s.db.Close() }

func (s sqlStore) findings(ctx context.Context) ([]finding, error) {
	found, err := s.Check(ctx)
	all := make([]finding, len(found))
	for i, f := range found {
		all[i] = finding{f.Code, string(f.Severity), f.Problem, f.Remedy, ""}
	}
	return all, err
}

// connectTimeout is for each address of a server.
const connectTimeout = 10 * time.Second

func (c *call) openPostgreSQL(t target) (store, error) {
	u := *t.url
	u.RawQuery = t.query.Encode()
	config, err := pgx.ParseConfig(u.String())
	if err != nil {
		return nil, usageError{"PostgreSQL: " + err.Error()} // pgx masks passwords, as does c.fail
	}
	c.keepSecret(config.Password)
	c.noteExposedByPostgreSQL(t, config)
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "signup"
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	return newSQLStore(stdlib.OpenDB(*config), sqlstore.PostgreSQL, t.prefix), nil
}

// createPrivate makes an empty file that only its owner can read, unless there is a file.
// SQLite gives its other files the same mode.
func createPrivate(name string) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// openSQLite opens the file. A file that doesn't exist is made only if create is true, so
// that a misspelled name is an error and no empty database.
func (c *call) openSQLite(t target, create bool) (store, error) {
	info, err := os.Stat(t.file)
	switch {
	case err != nil && !create:
		return nil, usageError{fmt.Sprintf("SQLite: %v: correct the name, or make the database with signup setup", err)}
	case err == nil && info.IsDir():
		return nil, usageError{fmt.Sprintf("SQLite: %s is a directory", t.file)}
	}
	if create {
		if err := createPrivate(t.file); err != nil {
			return nil, usageError{fmt.Sprintf("SQLite: %v", err)}
		}
	}
	query := t.query
	pragmas := []string{"busy_timeout(10000)"}
	if create {
		query.Set("mode", "rwc")
		pragmas = append(pragmas, "journal_mode(WAL)")
	} else if !query.Has("mode") {
		query.Set("mode", "rw")
	}
	query["_pragma"] = append(pragmas, query["_pragma"]...)
	name := "file:" + strings.ReplaceAll(url.PathEscape(t.file), "%2F", "/") + "?" + query.Encode()
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return nil, fmt.Errorf("SQLite: %w", err)
	}
	return newSQLStore(db, sqlstore.SQLite, t.prefix), nil
}
