package main

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gosignup/signup"
)

// A document is what the source has of one user.
type document struct {
	place
	email, hash string
	first, last string
	active      bool
	created     time.Time // zero: unknown
	more        []string  // names of fields that a User hasn't
}

// A place tells where a document is in the source.
type place struct {
	ID   string `json:"_id,omitempty"`
	Line int64  `json:"line,omitempty"` // of a file, from 1
}

// The fields of the tutorial's documents.
const (
	fieldEmail   = "email_address"
	fieldHash    = "password"
	fieldFirst   = "first_name"
	fieldLast    = "last_name"
	fieldType    = "_type"
	fieldActive  = "is_active"
	fieldCreated = "created_at"
)

var fields = []string{fieldEmail, fieldHash, fieldFirst, fieldLast, fieldType, fieldActive, fieldCreated}

// parse reads a document: a hit of a search, which has the document as _source, or
// the document alone. A field that is null is absent. If it can't be taken for a
// user, problem says why, without quoting it; of d then only ID and email are set,
// as far as they are known.
func parse(text []byte, now time.Time) (d document, problem string) {
	hit, problem := parseObject(text)
	if problem != "" {
		return document{}, problem
	}
	source := hit
	if raw, is := hit["_source"]; is {
		id, ok := parseText(hit["_id"])
		if !ok {
			return document{}, "its _id is not a text"
		}
		d.ID = id
		if source, problem = parseObject(raw); problem != "" {
			return d, "in its _source, " + problem
		}
	}
	texts := map[string]string{}
	for _, name := range []string{fieldEmail, fieldHash, fieldFirst, fieldLast, fieldType} {
		value, ok := parseText(source[name])
		if !ok && problem == "" {
			problem = name + " is not a text"
		}
		texts[name] = value
	}
	d.email = texts[fieldEmail]
	active, ok := parseBool(source[fieldActive])
	switch {
	case problem != "":
	case d.email == "":
		problem = "it has no " + fieldEmail
	case d.ID != "" && d.ID != d.email:
		problem = "its _id is not its " + fieldEmail + ", and either may be the user's"
	case texts[fieldHash] == "":
		problem = "it has no " + fieldHash
	case source[fieldType] != nil && texts[fieldType] != "user":
		problem = "its " + fieldType + " is another than user"
	case !ok:
		problem = fieldActive + " is neither true nor false"
	}
	if problem != "" {
		return d, problem
	}
	if d.ID != "" {
		d.ID = d.email // the same text, and once in memory
	}
	d.hash, d.first, d.last, d.active = texts[fieldHash], texts[fieldFirst], texts[fieldLast], active
	d.created = parseTime(source[fieldCreated], now)
	for name := range source {
		if !slices.Contains(fields, name) {
			d.more = append(d.more, name)
		}
	}
	slices.Sort(d.more)
	return d, ""
}

// parseObject returns the members of an object but for those that are null.
func parseObject(text []byte) (members map[string]json.RawMessage, problem string) {
	const bad = "it is not one object of JSON"
	if !utf8.Valid(text) {
		return nil, "it is not UTF-8"
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	if token, err := dec.Token(); err != nil || token != json.Delim('{') {
		return nil, bad
	}
	members = map[string]json.RawMessage{}
	seen := map[string]bool{}
	for dec.More() {
		token, err := dec.Token()
		name, is := token.(string)
		var value json.RawMessage
		if err != nil || !is || dec.Decode(&value) != nil {
			return nil, bad
		}
		if seen[name] {
			return nil, "a field stands there twice"
		}
		seen[name] = true
		if string(value) != "null" {
			members[name] = value
		}
	}
	if _, err := dec.Token(); err != nil {
		return nil, bad
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, bad
	}
	return members, ""
}

// parseText returns a text, or "" for an absent one. One that encoding/json would
// change, as it escapes half a character, is none.
func parseText(raw json.RawMessage) (string, bool) {
	var text string
	if raw == nil {
		return "", true
	}
	if json.Unmarshal(raw, &text) != nil {
		return "", false
	}
	const replacement = "\uFFFD"
	written := strings.Count(string(raw), replacement) + strings.Count(strings.ToLower(string(raw)), `\ufffd`)
	return text, strings.Count(text, replacement) <= written
}

// parseBool returns a truth value, as which Elasticsearch takes some texts, too.
// An absent one is true: the tutorial knows nothing else.
func parseBool(raw json.RawMessage) (value, ok bool) {
	switch string(raw) {
	case "", "true", `"true"`:
		return true, true
	case "false", `"false"`:
		return false, true
	}
	return false, false
}

// parseTime returns the time that raw has in seconds since 1970, as a number or as
// text, or as text of RFC 3339, to the millisecond; zero for any other, and for
// one that isn't between 1970 and tomorrow.
func parseTime(raw json.RawMessage, now time.Time) time.Time {
	text := string(raw)
	if strings.HasPrefix(text, `"`) {
		if json.Unmarshal(raw, &text) != nil {
			return time.Time{}
		}
		text = strings.TrimSpace(text)
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		seconds, err := strconv.ParseFloat(text, 64)
		if err != nil || strings.Trim(text, "0123456789+-.eE") != "" || math.Abs(seconds) > 1e12 {
			return time.Time{}
		}
		at = time.UnixMilli(int64(math.Round(seconds * 1000)))
	}
	at = at.Round(time.Millisecond).UTC()
	if at.UnixMilli() <= 0 || at.After(now.Add(24*time.Hour)) {
		return time.Time{}
	}
	return at
}

// user returns the user whom the document becomes. Whoever has no known time of
// creation is as old as now. A password in the place of a hash is left out: no
// log-in takes it.
func (d document) user(now time.Time) signup.User {
	u := signup.User{
		ID: d.accountID(), Email: d.email, FirstName: d.first, LastName: d.last,
		PasswordHash: signup.Hash(d.hash), Active: d.active, CreatedAt: d.created,
	}
	if isPassword(d.hash) {
		u.PasswordHash = ""
	}
	if d.created.IsZero() {
		u.CreatedAt = now.UTC().Truncate(time.Millisecond)
	}
	u.UpdatedAt = u.CreatedAt
	return u
}

// accountID returns the ID of the user. It is the same in each run, so that a user
// who was migrated before is recognized. It is derived from the address and the
// hash, whose salt makes it unguessable. Without a salt, the password could be
// guessed from the ID, so it is random then.
func (d document) accountID() string {
	if !isSalted(d.hash) {
		return rand.Text()
	}
	sum := sha256.Sum256([]byte("github.com/gosignup/signup/examples/migrate: ID of\x00" + d.email + "\x00" + d.hash))
	return base32.StdEncoding.EncodeToString(sum[:])[:26] // as long as a random one: 130 bits
}
