package strictjson

import (
	"encoding/json"
	"fmt"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"sync"
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
		{"as many members as an object may have", "{" + members(MaxMembers) + "}", wantMembers(MaxMembers), ""},
		{"more members", "{" + members(MaxMembers+1) + "}", nil, "more than 256 members"},
		{"more members, nested", `{"a":[{` + members(MaxMembers+1) + "}]}", nil, "more than 256 members"},
		{"many members in several objects", `{"a":{` + members(200) + `},"b":[{` + members(200) + `}]}`,
			map[string]json.RawMessage{"a": []byte("{" + members(200) + "}"), "b": []byte("[{" + members(200) + "}]")}, ""},
		{"twice around an object", `{"a":{"a":1,"b":{"a":1}},"b":1,"a":2}`, nil, "'a' twice"},
		{"twice, each escape", `{"\"\\\/\b\f\n\r\t\u00E9\ud83d\ude00":1,"\u0022\u005c/\u0008\u000C\u000a\u000d\u0009é😀":2}`, nil, "twice in an object"},
		{"a byte order mark", "\ufeff{}", map[string]json.RawMessage{}, ""},
		{"an error after a byte order mark", "\ufeff{}x", nil, "not valid JSON at byte 6"},
		{"UTF-16, little-endian", "{\x00}\x00", nil, "is UTF-16; it must be UTF-8"},
		{"UTF-16, big-endian", "\x00{\x00}", nil, "is UTF-16; it must be UTF-8"},
		{"UTF-16 with a byte order mark", "\xff\xfe{\x00}\x00", nil, "is UTF-16; it must be UTF-8"},
		{"UTF-16 with the other byte order mark", "\xfe\xff\x00{\x00}", nil, "is UTF-16; it must be UTF-8"},
		{"UTF-32, little-endian", "{\x00\x00\x00}\x00\x00\x00", nil, "is UTF-32; it must be UTF-8"},
		{"UTF-32, big-endian, with a byte order mark", "\x00\x00\xfe\xff\x00\x00\x00{", nil, "is UTF-32; it must be UTF-8"},
		{"a NUL", "\x00", nil, "not valid JSON at byte 1"},
		{"NULs", "\x00\x00\x00\x00", nil, "not valid JSON at byte 1"},
		{"nothing", "", nil, "it ends too early"},
		{"an array", "[]", nil, "must be a JSON object"},
		{"trailing data", "{}x", nil, "not valid JSON at byte 3"},
		{"cut off", `{"a"`, nil, "it ends too early"},
		{"not UTF-8", "{\"\xff\":1}", nil, "not UTF-8 at byte 3"},
		{"half a surrogate pair", `{"a":"\ud800"}`, nil, "half of a surrogate pair"},
	} {
		t.Run(c.name, func(t *testing.T) {
			members, err := Object([]byte(c.data))
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("Object returned the error %v, want one with %q", err, c.err)
				}
				return
			}
			if got := members.Map(); err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("Object returned %q, %v; want %q", got, err, c.want)
			}
			if value := members.Get("absent"); value != nil {
				t.Errorf("Get returned %q for a member that isn't there, want nil", value)
			}
		})
	}
}

// A Format's errors have its own words.
func TestFormatNamesWhatIsRead(t *testing.T) {
	f := Format{Text: "it", JSON: "its JSON", MaxMembers: 2}
	for data, want := range map[string]string{
		`[]`:                 "it must be a JSON object",
		`{`:                  "it is not valid JSON: it ends too early",
		"{\"\xff\":1}":       "it is not UTF-8 at byte 3",
		`{"a":1,"a":2}`:      "its JSON has a name twice in an object",
		`{"a":"\ud800"}`:     "its JSON escapes one half of a surrogate pair without the other",
		`{"a":1,"b":1,"":1}`: "its JSON has an object with more than 2 members",
	} {
		if _, err := f.Object([]byte(data)); err == nil || err.Error() != want {
			t.Errorf("Object(%s) returned the error %v, want %q", data, err, want)
		}
	}
}

// members returns n members, separated by commas.
func members(n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, `"%d":%d`, i, i)
	}
	return b.String()
}

func wantMembers(n int) map[string]json.RawMessage {
	want := make(map[string]json.RawMessage)
	for i := range n {
		want[strconv.Itoa(i)] = []byte(strconv.Itoa(i))
	}
	return want
}

// fill repeats text, separated by commas, up to 64 KiB.
func fill(text string) string {
	return strings.TrimSuffix(strings.Repeat(text+",", (64<<10)/(len(text)+1)-4), ",")
}

// Of all bodies of one size, none costs many more allocations than another.
func TestObjectAllocatesLittle(t *testing.T) {
	for name, data := range map[string]string{
		"numbers":              `{"a":{"b":1},"c":[` + fill("1") + "]}",
		"texts":                `{"c":[` + fill(`"x"`) + "]}",
		"texts with escapes":   `{"c":[` + fill(`"\n"`) + "]}",
		"empty objects":        `{"c":[` + fill("{}") + "]}",
		"objects":              `{"c":[` + fill(`{"a":1}`) + "]}",
		"objects with escapes": `{"c":[` + fill(`{"\u0061":1}`) + "]}",
		"arrays":               `{"c":[` + fill("[[1]]") + "]}",
		"wide objects":         `{"c":[` + fill("{"+members(MaxMembers)+"}") + "]}",
		"deep":                 strings.Repeat(`{"":`, 9990) + "1" + strings.Repeat("}", 9990),
		"white space":          "{" + strings.Repeat(" ", 64<<10) + "}",
		"surrogates":           `{"c":"` + strings.Repeat(`\ud83d\ude00`, 5000) + `"}`,
	} {
		const most = 100 // json.Valid keeps a stack of the levels
		if got := testing.AllocsPerRun(5, func() { _, _ = Object([]byte(data)) }); got > most {
			t.Errorf("%s: Object allocated %.0f times, want at most %d", name, got, most)
		}
	}
	// The result has a name for each member.
	for _, n := range []int{MaxMembers, 8000} {
		data := []byte("{" + members(n) + "}")
		const most = 2 * MaxMembers
		if got := testing.AllocsPerRun(5, func() { _, _ = Object(data) }); got > most {
			t.Errorf("Object allocated %.0f times for %d members, want at most %d", got, n, most)
		}
	}
}

func BenchmarkObject(b *testing.B) {
	for name, data := range map[string]string{
		"numbers":      `{"a":{"b":1},"c":[` + fill("1") + "]}",
		"objects":      `{"c":[` + fill(`{"a":1}`) + "]}",
		"wide objects": `{"c":[` + fill("{"+members(MaxMembers)+"}") + "]}",
		"sign-up":      `{"email_address": "ada@example.org", "password": "correct horse battery"}`,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = Object([]byte(data))
			}
		})
	}
}

// Deep nesting makes no stack grow.
func TestObjectNeedsLittleStack(t *testing.T) {
	data := []byte(`{"c":` + strings.Repeat(`{"":`, 9990) + "1" + strings.Repeat("}", 9991))
	const parsers = 200
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var parsed, end sync.WaitGroup
	end.Add(1)
	for range parsers {
		parsed.Add(1)
		go func() {
			_, _ = Object(data)
			parsed.Done()
			end.Wait() // so that the stack stays in use
		}()
	}
	parsed.Wait()
	runtime.ReadMemStats(&after)
	end.Done()
	if each := int64(after.StackInuse-before.StackInuse) / parsers; each > 32<<10 {
		t.Errorf("each goroutine's stack has %d bytes, want at most %d", each, 32<<10)
	}
}

// Object accepts only what encoding/json accepts, and reads the same in it.
func FuzzObject(f *testing.F) {
	for _, seed := range []string{"{}", ` { "a" : [1, {"b": "\u00e9\n"}], "c": -1e9, "": null } `, `{"a":{"a":{}},"b":[[],[[]]]}`, `{"a":1,"a":2}`, `{"\ud83d\ude00":"\\"}`, "[1]", `{"a":tru`, "\ufeff{}", `{"a":{"\u0061":1,"b\n":2}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		members, err := Object(data)
		if err != nil {
			return
		}
		got := members.Map()
		var want map[string]json.RawMessage
		data = TrimBOM(data)
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatalf("Object accepts %q: got the error %v of encoding/json, want nil", data, err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("Object(%q) returned %q, want %q", data, got, want)
		}
		for name, raw := range got {
			if string(members.Get(name)) != string(raw) {
				t.Fatalf("Get(%q) returned %q, want %q", name, members.Get(name), raw)
			}
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
