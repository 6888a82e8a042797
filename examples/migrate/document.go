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
	"net/http"
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
	rest        string    // a digest of those fields' values
	// stray reports that the document has another _id than its address. Either may be
	// the user's.
	stray bool
}

// same reports whether two documents have the same fields. They may be in different
// places. A field that is null is absent, and times and booleans are compared as
// values.
func (d document) same(other document) bool {
	return d.email == other.email && d.hash == other.hash && d.first == other.first && d.last == other.last &&
		d.active == other.active && d.created.Equal(other.created) && d.rest == other.rest
}

// A place is where a document is in the source.
type place struct {
	Index string `json:"_index,omitempty"`
	ID    string `json:"_id,omitempty"`
	Line  int64  `json:"line,omitempty"` // in a file, counted from 1
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

// notUser is the problem of a document that isn't a user's.
const notUser = "its " + fieldType + " is not user"

// parse reads a document: a hit of a search, which has the document as _source, or
// the document alone. A field that is null is absent. If the document can't become a
// user, problem is the reason, without any value of the document. Then d has only its
// place and email, as far as they are known. If the document isn't a user's, problem is
// notUser.
func parse(text []byte, now time.Time) (d document, problem string) {
	d, hitType, source, problem := parseHit(text)
	if problem != "" {
		return d, problem
	}
	if problem := findTypeProblem(hitType, source); problem != "" {
		return d, problem
	}
	texts, problem := parseTexts(source)
	d.email = texts[fieldEmail]
	if problem == "" {
		problem = findProblem(source, texts)
	}
	if problem != "" {
		return d, problem
	}
	switch d.ID {
	case "":
	case d.email:
		d.ID = d.email // the same text, and once in memory
	default:
		d.stray = true
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
	d.rest = digestRest(d, source)
	return d, ""
}

// digestRest returns a digest of the fields that d doesn't have as values, or "" if
// there is none.
func digestRest(d document, source map[string]json.RawMessage) string {
	rest := map[string]any{}
	for name, raw := range source {
		if !slices.Contains(fields, name) || name == fieldCreated && d.created.IsZero() {
			rest[name] = decode(raw)
		}
	}
	if len(rest) == 0 {
		return ""
	}
	text, err := json.Marshal(rest) // sorts the names of all objects
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(text)
	return string(sum[:])
}

// decode returns the value of valid JSON, with numbers as they are written.
func decode(raw json.RawMessage) (value any) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(&value); err != nil {
		panic(err)
	}
	return value
}

// parseHit returns the fields of a document and, if text is a hit, its place in d, and
// its _type.
func parseHit(text []byte) (d document, hitType string, source map[string]json.RawMessage, problem string) {
	hit, problem := parseObject(text)
	if problem != "" {
		return document{}, "", nil, problem
	}
	raw, is := hit["_source"]
	if !is {
		return document{}, "", hit, ""
	}
	for name, text := range map[string]*string{"_index": &d.Index, "_id": &d.ID, fieldType: &hitType} {
		value, ok := parseText(hit[name])
		if !ok {
			return document{}, "", nil, "its " + name + " is not a string"
		}
		*text = value
	}
	if source, problem = parseObject(raw); problem != "" {
		return d, "", nil, "in its _source, " + problem
	}
	return d, hitType, source, ""
}

// findTypeProblem returns notUser if the document is of another type than a user. The
// service wrote the type twice: as the type of Elasticsearch, of which a copy in a later
// version has only "_doc" or "doc", and as a field. If only one of them is a user's, the
// problem is another one. It is "" for a user.
func findTypeProblem(hitType string, source map[string]json.RawMessage) string {
	const user = "user"
	field, ok := parseText(source[fieldType])
	isOther := hitType != "" && hitType != "_doc" && hitType != "doc" && hitType != user
	switch {
	case !ok:
		return fieldType + " is not a string"
	case source[fieldType] == nil && !isOther, field == user && !isOther:
		return ""
	case source[fieldType] != nil && field == "":
		return fieldType + " is empty"
	case field == user, hitType == user:
		return "its " + fieldType + " in its _source is not that of the hit, and only one of them is user"
	}
	return notUser
}

// parseTexts returns the fields that must be strings. A field that isn't one is ""
// and a problem.
func parseTexts(source map[string]json.RawMessage) (texts map[string]string, problem string) {
	texts = map[string]string{}
	for _, name := range []string{fieldEmail, fieldHash, fieldFirst, fieldLast} {
		value, ok := parseText(source[name])
		if !ok && problem == "" {
			problem = name + " is not a string"
		}
		texts[name] = value
	}
	return texts, problem
}

// findProblem returns the reason why a document with these fields can't become a user,
// or "".
func findProblem(source map[string]json.RawMessage, texts map[string]string) string {
	_, ok := parseBool(source[fieldActive])
	switch {
	case texts[fieldEmail] == "":
		return "it has no " + fieldEmail
	case texts[fieldHash] == "":
		return "it has no " + fieldHash
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

// timeLayouts has the forms of a time as a string: those of ISO 8601 that Python and
// databases write, and that of HTTP (RFC 9110, section 5.6.7), which Flask writes in
// JSON. A time without a zone is in UTC, because the service stored datetime.utcnow().
// A date without a time is its midnight in UTC.
var timeLayouts = func() []string {
	all := []string{time.DateOnly, http.TimeFormat}
	for _, zone := range []string{"", "Z07:00", "Z0700", "Z07", "Z07:00:00", " Z07:00", " Z0700", " UTC"} {
		for _, clock := range []string{"15:04:05", "15:04"} {
			all = append(all, "2006-01-02T"+clock+zone, "2006-01-02 "+clock+zone)
		}
	}
	return all
}()

// parseTimeText returns the time in one of timeLayouts.
func parseTimeText(text string) (at time.Time, ok bool) {
	for _, layout := range timeLayouts {
		if at, err := time.Parse(layout, text); err == nil { // with any fraction of a second
			return at, true
		}
	}
	return time.Time{}, false
}

// parseTime returns the time in raw, to the millisecond. It accepts seconds since
// 1970, as a number or a string, and a string in one of timeLayouts. For any other
// value, and for a time that isn't between 1970 and tomorrow, it returns the zero
// time.
func parseTime(raw json.RawMessage, now time.Time) time.Time {
	text := string(raw)
	if strings.HasPrefix(text, `"`) {
		if json.Unmarshal(raw, &text) != nil {
			return time.Time{}
		}
		text = strings.TrimSpace(text)
	}
	at, ok := parseTimeText(text)
	if !ok {
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
// unknown, the user was created now. A hash in no known format is left out, because it
// may be the password itself.
func (d document) user(now time.Time) signup.User {
	u := signup.User{
		ID: d.accountID(), Email: d.email, FirstName: d.first, LastName: d.last,
		PasswordHash: signup.Hash(d.hash), Active: d.active, CreatedAt: d.created,
	}
	if email, err := signup.NormalizeEmail(d.email); err == nil {
		u.Email = email // without white space around it, for example
	}
	if !isKnown(d.hash) {
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
