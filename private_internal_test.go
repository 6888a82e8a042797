package signup

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// What the walk finds is what encoding/json finds.
func TestPrivateParses(t *testing.T) {
	const d = `{"id":"a","label":"b","first":1,"last":2}`
	for _, c := range []struct {
		in, out string
		ok      bool
	}{
		{``, ``, true}, {`{}`, ``, true}, {" {\n} ", ``, true},
		{`{"devices":[]}`, ``, true}, {`{"devices":[` + d + `]}`, `{"devices":[` + d + `]}`, true},
		{"{\t\"devices\" : [ " + d + " ]\r\n, \"x\" :\t1 }", `{"devices":[` + d + "],\"x\" :\t1}", true},
		{`{"x":{"devices":[` + d + `]}}`, `{"x":{"devices":[` + d + `]}}`, true},
		{`{"x":"]}\"","y":[[],{},"{"],"z":-1.5e-3}`, `{"x":"]}\"","y":[[],{},"{"],"z":-1.5e-3}`, true},
		{`{"events":[]}`, ``, true}, {`{"events" :[ 1.0,{"k" : "x" } ],"y":2}`, `{"events":[1.0,{"k" : "x" }],"y":2}`, true},
		{`{"events":[1,]}`, ``, false}, {`{"events":{}}`, ``, false}, {`{"events":[],"events":[]}`, ``, false},
		{`{"x":1,"x":1}`, `{"x":1,"x":1}`, true}, {`{"":null}`, `{"":null}`, true},
		{`{"x":1,"link_log_ins":7}`, `{"link_log_ins":7,"x":1}`, true}, {`{"link_log_ins":0}`, ``, true},
		{`{"devices":[{"z":[1,{"id":"q"}],"last":2,"first":1,"label":"b","id":"a","Y":"\\"}]}`,
			`{"devices":[{"id":"a","label":"b","first":1,"last":2,"z":[1,{"id":"q"}],"Y":"\\"}]}`, true},
		{`{"devices":[{"id":"\u0061","label":"\u0022\u000a\u00e9","first":1,"last":2}]}`,
			`{"devices":[{"id":"a","label":"\"\u000aé","first":1,"last":2}]}`, true},
		{`{"devices":[` + d + `}`, ``, false}, {`{"devices":[` + d + `],}`, ``, false}, {`{"devices":[` + d + d + `]}`, ``, false},
		{`{"devices":[{"id":"a","label":"b","first":1.5,"last":2}]}`, ``, false}, {`{"devices":[{"id":"a","label":"b","first":1}]}`, ``, false},
		{`{"devices":[{"id":"a","label":null,"first":1,"last":2}]}`, ``, false}, {`{"link_log_ins":"1"}`, ``, false},
		{`{"link_log_ins":18446744073709551616}`, ``, false}, {`{"x":01}`, ``, false}, {`{"x":tru}`, ``, false}, {`{x:1}`, ``, false},
		{`{"x"}`, ``, false}, {`{"x":1}{}`, ``, false}, {`"devices"`, ``, false}, {`{"x":"` + "\n" + `"}`, ``, false},
	} {
		s, err := Private(c.in).parse()
		if (err == nil) != c.ok {
			t.Errorf("parse of %q returned %v, want success: %t", c.in, err, c.ok)
			continue
		}
		if err != nil {
			continue
		}
		got, err := s.text()
		if err != nil || string(got) != c.out {
			t.Errorf("%q is written as %q, %v; want %q, nil", c.in, string(got), err, c.out)
		}
	}
}

// FuzzPrivate looks for texts whose unknown members change, or in which Resume finds
// another device than the list has.
func FuzzPrivate(f *testing.F) {
	for _, text := range []string{``, `{}`, `{"devices":[{"id":"a","label":"b","first":1,"last":2}],"x":[1,"2"]}`, `{"link_log_ins":3}`, `{"x":"\"}`, `{"events":[{"n":"a","k":"logged_in","r":"","t":1,"z":[2]},3]}`} {
		f.Add(text, "a")
	}
	f.Fuzz(func(t *testing.T, text, id string) {
		s, err := Private(text).parse()
		found, foundErr := Private(text).hasDevice(id)
		if err != nil {
			if foundErr == nil && !found {
				t.Errorf("hasDevice of %q returned false, nil; want an error", text)
			}
			return
		}
		plain := utf8.ValidString(id) && !strings.ContainsFunc(id, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' || r == utf8.RuneError })
		if plain && !strings.Contains(text, `\`) && found != s.hasDevice(id) || foundErr != nil {
			t.Errorf("hasDevice of %q in %q returned %t, %v; want %t, nil", id, text, found, foundErr, s.hasDevice(id))
		}
		written := s.encode()
		again, err := Private(written).parse()
		if err != nil || !slices.Equal(again.others, s.others) || !slices.Equal(again.events, s.events) || len(again.devices) != len(s.devices) || again.encode() != written {
			t.Errorf("%q is written as %q, which parses with %v; want the same members", text, written, err)
		}
	})
}

// A device takes less than 600 bytes, so that the list takes less than half of a
// Private.
func TestDeviceSize(t *testing.T) {
	for _, label := range []string{strings.Repeat("\U0001d11e", 200), strings.Repeat(`"`, 200), strings.Repeat(`\`, 200), strings.Repeat("\u2029", 4000), strings.Repeat("\x00", 4000), strings.Repeat("\xff", 4000)} {
		var s privateState
		s.addLogIn(strings.Repeat("A", 26), cleanLabel(label), time.UnixMilli(-1<<63))
		text := s.encode()
		if len(text) > 600 || !json.Valid([]byte(text)) {
			t.Errorf("with the label %.10q, a device takes %d bytes, JSON: %t; want at most 600, true", label, len(text), json.Valid([]byte(text)))
		}
	}
}
