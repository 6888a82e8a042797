package strictjson

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestObject(t *testing.T) {
	deep := func(levels int) string {
		return strings.Repeat(`{"a":`, levels) + "1" + strings.Repeat("}", levels)
	}
	for _, c := range []struct {
		name, data string
		want       map[string]json.RawMessage
		err        string // in the error
	}{
		{"empty", "{}", map[string]json.RawMessage{}, ""},
		{"white space", " \t\r\n{ \"a\" :\n1 , \"b\" : [ 1 , {} ] } \n", map[string]json.RawMessage{"a": []byte("1"), "b": []byte("[ 1 , {} ]")}, ""},
		{"escaped name", `{"\u0061\"": "\\"}`, map[string]json.RawMessage{`a"`: []byte(`"\\"`)}, ""},
		{"literals", `{"a":null,"b":true,"c":-1.5e+9,"d":""}`, map[string]json.RawMessage{"a": []byte("null"), "b": []byte("true"), "c": []byte("-1.5e+9"), "d": []byte(`""`)}, ""},
		{"brackets in a text", `{"a":"]}[{\""}`, map[string]json.RawMessage{"a": []byte(`"]}[{\""`)}, ""},
		{"at the depth limit", deep(MaxDepth), map[string]json.RawMessage{"a": []byte(deep(MaxDepth - 1))}, ""},
		{"beyond it", deep(MaxDepth + 1), nil, "nested deeper than 32"},
		{"arrays beyond it", `{"a":` + strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth) + "}", nil, "nested deeper than 32"},
		{"the name twice", `{"a":1,"a":2}`, nil, "'a' twice"},
		{"the name twice, escaped", `{"a":1,"\u0061":2}`, nil, "'a' twice"},
		{"twice in an array's object", `{"x":[0,{"b":1,"b":1}]}`, nil, "'b' twice"},
		{"a long name twice", `{"` + strings.Repeat("x", 65) + `":1,"` + strings.Repeat("x", 65) + `":1}`, nil, "name of 65 bytes twice"},
		{"nothing", "", nil, "not valid JSON at byte 0"},
		{"an array", "[]", nil, "must be a JSON object"},
		{"trailing data", "{}x", nil, "not valid JSON at byte 3"},
		{"cut off", `{"a"`, nil, "not valid JSON at byte 4"},
		{"not UTF-8", "{\"\xff\":1}", nil, "not UTF-8 at byte 2"},
		{"half a surrogate pair", `{"a":"\ud800"}`, nil, "half of a surrogate pair"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Object([]byte(c.data))
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("Object returned the error %v, want one with %q", err, c.err)
				}
				return
			}
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("Object returned %q, %v; want %q", got, err, c.want)
			}
		})
	}
}

// Object accepts only what encoding/json accepts, and reads the same in it.
func FuzzObject(f *testing.F) {
	for _, seed := range []string{"{}", ` { "a" : [1, {"b": "\u00e9\n"}], "c": -1e9, "": null } `, `{"a":{"a":{}},"b":[[],[[]]]}`, `{"a":1,"a":2}`, `{"\ud83d\ude00":"\\"}`, "[1]", `{"a":tru`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := Object(data)
		if err != nil {
			return
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatalf("Object accepts %q, and encoding/json returns %v", data, err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("Object(%q) returned %q, want %q", data, got, want)
		}
		for name, raw := range got {
			var text any
			if json.Unmarshal(raw, &text) != nil {
				t.Fatalf("member %q is %q, want valid JSON", name, raw)
			}
			s, ok := text.(string)
			if got, is := Text(raw); is != ok || got != s {
				t.Fatalf("Text(%q) returned %q, %t; want %q, %t", raw, got, is, s, ok)
			}
		}
	})
}
