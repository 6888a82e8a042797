package transfer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/strictjson"
	"github.com/gosignup/signup/internal/userjson"
)

// lineFormat is for errors that follow "line 1: " and quote nothing of a user. A
// profile may have many fields.
var lineFormat = strictjson.Format{Text: "it", JSON: "it", MaxMembers: maxLine}

// members are the names of the members of a line, in their order.
var members = memberNames()

func memberNames() (names []string) {
	for _, f := range reflect.VisibleFields(reflect.TypeFor[userjson.Record]()) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}

// stored are the members that a document of package esstore has and a line has not. An
// error names them.
var stored = []string{"placeholder", "write_token"}

func parseLine(text []byte) (signup.User, error) {
	object, err := lineFormat.Object(text)
	if err != nil {
		return signup.User{}, fmt.Errorf("%w: %w", err, signup.ErrInvalid)
	}
	values := object.Map()
	var r userjson.Record
	wrong := ""
	// The errors of encoding/json may quote the line.
	if failed := json.Unmarshal(text, &r) != nil; failed || r.ID == "" || r.Key == "" {
		wrong = undecodable(values)
	} else if wrong = unlike(values, r); wrong == "" {
		return inRange(r.User())
	}
	return signup.User{}, fmt.Errorf("it is not a user as Export writes one%s: %w", wrong, signup.ErrInvalid)
}

// inRange returns u, or ErrInvalid if no Store accepts its times.
func inRange(u signup.User) (signup.User, error) {
	if year, wrong := userjson.WrongYear(u); wrong {
		return signup.User{}, fmt.Errorf("it has a time in the year %d: %w", year, signup.ErrInvalid)
	}
	return u, nil
}

// undecodable says which of the members that an export writes can't be decoded, or which
// one is missing without which there is no user. It returns "" if there is none.
func undecodable(values map[string]json.RawMessage) string {
	for _, name := range slices.Sorted(slices.Values(members)) {
		value, exists := values[name]
		var r userjson.Record
		if exists && json.Unmarshal(fmt.Appendf(nil, "{%q:%s}", name, value), &r) != nil {
			return wrongMember(name)
		}
		if name == "id" && r.ID == "" || name == "key" && r.Key == "" {
			return wrongMember(name)
		}
	}
	return ""
}

// unlike says which member is not as an export writes it for r; "" if all are as it
// writes them. encoding/json also accepts members in another case, null, and values that
// it reads only in part.
func unlike(values map[string]json.RawMessage, r userjson.Record) string {
	text, err := json.Marshal(&r)
	var written map[string]json.RawMessage
	if err != nil || json.Unmarshal(text, &written) != nil {
		return ": it can't be encoded"
	}
	for _, name := range members {
		if value, exists := written[name]; exists && !isSameJSON(values[name], value) {
			return wrongMember(name)
		}
	}
	unknown := ""
	for _, name := range slices.Sorted(maps.Keys(values)) {
		switch _, exists := written[name]; {
		case exists:
		case slices.Contains(members, name), slices.Contains(stored, name):
			return wrongMember(name)
		default: // the name may be anything, so the error leaves it out
			unknown = ": it has a member that Export doesn't write"
		}
	}
	return unknown
}

// wrongMember returns the part of an error about a member of this name.
func wrongMember(name string) string { return ": the member " + name + " is missing or wrong" }

// isSameJSON reports whether two values are the same, however they are written. The
// first may be missing.
func isSameJSON(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}
