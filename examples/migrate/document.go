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
	more        []string  // names of fields that a User doesn't have
}

// A place is where a document is in the source.
type place struct {
	ID   string `json:"_id,omitempty"`
	Line int64  `json:"line,omitempty"` // in a file, counted from 1
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
// the document alone. A field that is null is absent. If the document can't become a
// user, problem is the reason, without any value of the document. Then d has only ID
// and email, as far as they are known.
func parse(text []byte, now time.Time) (d document, problem string) {
	d, source, problem := parseHit(text)
	if problem != "" {
		return d, problem
	}
	texts, problem := parseTexts(source)
	d.email = texts[fieldEmail]
	if problem == "" {
		problem = findProblem(d.ID, source, texts)
	}
	if problem != "" {
		return d, problem
	}
	if d.ID != "" {
		d.ID = d.email // the same text, and once in memory
	}
	d.hash, d.first, d.last = texts[fieldHash], texts[fieldFirst], texts[fieldLast]
	d.active, _ = parseBool(source[fieldActive])
	d.created = parseTime(source[fieldCreated], now)
	for name := range source {
		if !slices.Contains(fields, name) {
			d.more = append(d.more, name)
		}
	}
	slices.Sort(d.more)
	return d, ""
}

// parseHit returns the fields of a document and, if text is a hit, the hit's _id
// in d.
func parseHit(text []byte) (d document, source map[string]json.RawMessage, problem string) {
	hit, problem := parseObject(text)
	if problem != "" {
		return document{}, nil, problem
	}
	raw, is := hit["_source"]
	if !is {
		return document{}, hit, ""
	}
	id, ok := parseText(hit["_id"])
	if !ok {
		return document{}, nil, "its _id is not a string"
	}
	d.ID = id
	if source, problem = parseObject(raw); problem != "" {
		return d, nil, "in its _source, " + problem
	}
	return d, source, ""
}

// parseTexts returns the fields that must be strings. A field that isn't one is ""
// and a problem.
func parseTexts(source map[string]json.RawMessage) (texts map[string]string, problem string) {
	texts = map[string]string{}
	for _, name := range []string{fieldEmail, fieldHash, fieldFirst, fieldLast, fieldType} {
		value, ok := parseText(source[name])
		if !ok && problem == "" {
			problem = name + " is not a string"
		}
		texts[name] = value
	}
	return texts, problem
}

// findProblem returns the reason why a document with this _id and these fields can't
// become a user, or "".
func findProblem(id string, source map[string]json.RawMessage, texts map[string]string) string {
	_, ok := parseBool(source[fieldActive])
	switch {
	case texts[fieldEmail] == "":
		return "it has no " + fieldEmail
	case id != "" && id != texts[fieldEmail]:
		return "its _id is not its " + fieldEmail + ", and either may be the user's"
	case texts[fieldHash] == "":
		return "it has no " + fieldHash
	case source[fieldType] != nil && texts[fieldType] != "user":
		return "its " + fieldType + " is not user"
	case !ok:
		return fieldActive + " is neither true nor false"
	}
	return ""
}

// parseObject returns the members of an object, except those that are null.
func parseObject(text []byte) (members map[string]json.RawMessage, problem string) {
	const bad = "it is not a single JSON object"
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
			return nil, "a field occurs twice"
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

// parseText returns a string, or "" if it is absent. It refuses a string that
// encoding/json would change, because it escapes one half of a surrogate pair.
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

// parseBool returns a boolean. It accepts the strings that Elasticsearch accepts
// as booleans. An absent value is true, because the tutorial stores no other.
func parseBool(raw json.RawMessage) (value, ok bool) {
	switch string(raw) {
	case "", "true", `"true"`:
		return true, true
	case "false", `"false"`:
		return false, true
	}
	return false, false
}

// parseTime returns the time in raw, to the millisecond. It accepts seconds since
// 1970, as a number or a string, and a string in the format of RFC 3339. For any
// other value, and for a time that isn't between 1970 and tomorrow, it returns the
// zero time.
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

// user returns the user that the document becomes. If the time of creation is
// unknown, the user was created now. If the hash is the password itself, it is left
// out, because a log-in never accepts such a hash.
func (d document) user(now time.Time) signup.User {
	u := signup.User{
		ID: d.accountID(), Email: d.email, FirstName: d.first, LastName: d.last,
		PasswordHash: signup.Hash(d.hash), Active: d.active, CreatedAt: d.created,
	}
	if email, err := signup.NormalizeEmail(d.email); err == nil {
		u.Email = email // without white space around it, for example
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

// accountID returns the ID of the user. It is the same in each run, so that a
// migrated user is recognized. It is derived from the address and the hash, whose
// salt makes it impossible to guess. Without a long enough salt, the password could
// be guessed from such an ID, so the ID is random.
func (d document) accountID() string {
	if !isSalted(d.hash) {
		return rand.Text()
	}
	sum := sha256.Sum256([]byte("github.com/gosignup/signup/examples/migrate: ID of\x00" + d.email + "\x00" + d.hash))
	return base32.StdEncoding.EncodeToString(sum[:])[:26] // as long as a random one: 130 bits
}
