package esstore

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"

	"github.com/gosignup/signup/esstore/internal/es"
)

// A newer version of this package may store members that this version doesn't know.
// Update and the writes that confirm keep them as they are.

// known is the set of the names of the members of a document.
var known = memberNames()

func memberNames() map[string]bool {
	names := map[string]bool{}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[document]()) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" {
			names[name] = true
		}
	}
	return names
}

// hasUnknown reports whether source, a document in JSON, has members that this
// version doesn't know.
func hasUnknown(source []byte) bool {
	for name := range es.Members(source) {
		if !isKnown(name) {
			return true
		}
	}
	return false
}

func isKnown(name []byte) bool {
	if known[string(name[1:len(name)-1])] { // without its quotes
		return true
	}
	var text string
	return bytes.IndexByte(name, '\\') >= 0 && json.Unmarshal(name, &text) == nil && known[text]
}

// withUnknown returns body, a document in JSON, with the members of source that
// this version doesn't know.
func withUnknown(body, source []byte) []byte {
	all := bytes.TrimSuffix(bytes.Clone(body), []byte("}"))
	for name, value := range es.Members(source) {
		if !isKnown(name) {
			all = append(append(append(append(all, ','), name...), ':'), value...)
		}
	}
	return append(all, '}')
}

// withToken returns source, a document in JSON, with another write token.
func withToken(source []byte, token string) []byte {
	all := []byte("{")
	for name, value := range es.Members(source) {
		if string(name) != `"write_token"` {
			all = append(append(append(append(all, name...), ':'), value...), ',')
		}
	}
	text, err := json.Marshal(token)
	if err != nil { // which no string makes
		panic(err)
	}
	return append(append(append(all, `"write_token":`...), text...), '}')
}
