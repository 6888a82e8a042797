package main

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// A kind is a kind of store.
type kind string

const (
	postgreSQL    kind = "PostgreSQL"
	sqLite        kind = "SQLite"
	elasticsearch kind = "Elasticsearch"
)

// A target is the store that the flags and the environment name.
type target struct {
	kind   kind
	url    *url.URL // of PostgreSQL or Elasticsearch
	file   string   // of SQLite
	query  url.Values
	alias  string // of Elasticsearch; "" is the default
	prefix string // of the tables; "" is the default
}

// target returns the store that is named. It connects to nothing.
func (c *call) target() (target, error) {
	text := c.store
	if text == "" {
		var err error
		if text, err = c.secret("SIGNUP_STORE"); err != nil {
			return target{}, err
		}
	}
	if text == "" {
		return target{}, usageError{"no store: set -store or SIGNUP_STORE, such as postgres://user@host/database, sqlite:users.db or https://host:9200"}
	}
	var t target
	var err error
	if file, ok := strings.CutPrefix(text, "sqlite:"); ok {
		t, err = sqliteTarget(file)
	} else {
		t, err = c.serverTarget(text)
	}
	if err != nil {
		return target{}, err
	}
	return t, c.name(&t)
}

// sqliteTarget returns the target for a file: its name, taken as it is, and parameters
// after the first "?".
func sqliteTarget(text string) (target, error) {
	file, parameters, _ := strings.Cut(text, "?")
	query, err := url.ParseQuery(parameters)
	if err != nil {
		return target{}, usageError{"the store's URL has malformed parameters"} // err quotes them
	}
	file = strings.TrimPrefix(file, "//") // sqlite:///var/users.db
	if file == "" || strings.HasPrefix(file, ":memory:") {
		return target{}, usageError{"the store's URL has no file: write sqlite:users.db, for example"}
	}
	return target{kind: sqLite, file: file, query: query}, nil
}

// serverTarget returns the target for the URL of a server. No error quotes text, which
// may have a password.
func (c *call) serverTarget(text string) (target, error) {
	u, err := url.Parse(text)
	if err != nil {
		return target{}, usageError{"the store's URL is malformed: special characters must be escaped, such as %40 for @"}
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return target{}, usageError{"the store's URL has malformed parameters"}
	}
	inURL := passwords(u)
	for _, password := range inURL {
		if c.store != "" {
			return target{}, usageError{refusedPassword}
		}
		c.keepSecret(password)
	}
	if len(inURL) > 0 {
		c.noteExposed(c.env("SIGNUP_STORE_FILE"))
	}
	t := target{url: u, query: query}
	switch u.Scheme {
	case "postgres", "postgresql":
		t.kind = postgreSQL
	case "http", "https":
		t.kind = elasticsearch
	default:
		return target{}, usageError{"the store's URL must begin with postgres://, sqlite:, https:// or http://"}
	}
	if t.kind == elasticsearch && u.Hostname() == "" {
		return target{}, usageError{"the store's URL has no host: write https://host:9200, for example"}
	}
	return t, nil
}

// checkParameters returns an error if the URL has a parameter that SQLite doesn't know, and
// so ignores, such as a misspelled prefix. Those of the driver begin with "_". PostgreSQL
// refuses unknown parameters itself.
func (t *target) checkParameters() error {
	known := []string{"prefix", "mode", "immutable", "cache", "nolock", "psow", "modeof", "vfs"}
	for _, name := range slices.Sorted(maps.Keys(t.query)) {
		if t.kind == postgreSQL || strings.HasPrefix(name, "_") || slices.Contains(known, name) {
			continue
		}
		if near := nearest(name, known); near != "" {
			return usageError{fmt.Sprintf("the store's URL has the parameter %q: did you mean %s?", name, near)}
		}
		return usageError{fmt.Sprintf("the store's URL has the parameter %q: SQLite has %s", name, strings.Join(known, ", "))}
	}
	return nil
}

// name sets what the users are kept under: by the flag, or else the parameter of the URL,
// which it removes.
func (c *call) name(t *target) error {
	parameter := func(name string) string {
		value := t.query.Get(name)
		t.query.Del(name)
		return value
	}
	if t.kind != elasticsearch {
		t.prefix = cmp.Or(c.prefix, parameter("prefix"))
		if c.alias != "" || c.ca != "" {
			return usageError{"-alias and -ca are for Elasticsearch, and the store is " + string(t.kind)}
		}
		if err := t.checkParameters(); err != nil {
			return err
		}
		_, err := t.tables()
		return err
	}
	t.alias = cmp.Or(c.alias, parameter("alias"))
	if c.prefix != "" {
		return usageError{"-prefix is for PostgreSQL and SQLite, and the store is Elasticsearch"}
	}
	if len(t.query) > 0 {
		names := slices.Sorted(maps.Keys(t.query))
		return usageError{fmt.Sprintf("the store's URL has the parameter %q: Elasticsearch has only alias", names[0])}
	}
	return nil
}
