package esstore

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
)

// The members are those that encoding/json finds, as they are written, and no
// text makes the functions panic.
func FuzzMembers(f *testing.F) {
	for _, text := range []string{
		"", "null", "1", `"a"`, "[]", "{}", " { } ", `{"a":1}`, `{"a":"b","c":[1,{"d":"}"}],"e":{"f":"\"}"}}`,
		` { "a" : -1.50e3 , "b" : null ,"\u0061b":"\\","":[ ]} `, `{"a`, `{"a":`, `{"a":"`, `{"a":[`, `{"_source":{"id":"x"}}`,
		`{"id":"x","Private":1}`, `{"\u0069d":"x"}`, `{"a":1 }`, `["a",1]`, `{"x":"<&>\u2028"}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got := map[string]json.RawMessage{}
		for name, value := range members(text) {
			var key string
			if err := json.Unmarshal(name, &key); err == nil {
				got[key] = value
			}
		}
		hasUnknown(text)
		sourceOf(text)
		want := map[string]json.RawMessage{}
		if json.Unmarshal(text, &want) != nil {
			return
		}
		if len(want) == 0 && len(got) == 0 {
			return
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("members(%q) = %q, want %q", text, got, want)
		}
		all := withUnknown([]byte(`{"id":"x"}`), text)
		var merged map[string]json.RawMessage
		if err := json.Unmarshal(all, &merged); err != nil {
			t.Fatalf("withUnknown(%q) = %q: %v", text, all, err)
		}
		for name, value := range want {
			if !known[name] && !bytes.Equal(merged[name], value) {
				t.Errorf("withUnknown(%q) has %q as %q, want %q", text, name, merged[name], value)
			}
		}
	})
}

func TestKnownMembers(t *testing.T) {
	for text, want := range map[string]bool{
		`{}`:                                   false,
		`{"id":"1","profile":{"x":"y"}}`:       false,
		`{"id":"1","placeholder":true}`:        false,
		`{"\u0069d":"1"}`:                      false,
		`{"id":"1","more":1}`:                  true,
		`{"more":{"id":"1"},"id":"1"}`:         true,
		`{"id":"1","Placeholder":true}`:        true,
		`{"id":"}\"","first_name":"\"x\":1,"}`: false,
	} {
		if got := hasUnknown([]byte(text)); got != want {
			t.Errorf("hasUnknown(%s) = %t, want %t", text, got, want)
		}
	}
}
