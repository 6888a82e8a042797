package signup

import (
	"slices"
	"strings"
	"testing"
)

// Members of a change of address are read and written, and others in them kept.
func TestPrivateHeld(t *testing.T) {
	const h = `{"key":"a@example.org","until":7}`
	for _, c := range []struct {
		in, out string
		ok      bool
	}{
		{`{"held":[]}`, ``, true},
		{`{"x":1,"held":[` + h + `,{"closed":true,"y":[ 2 ],"key":"b@example.org","until":8}]}`,
			`{"held":[` + h + `,{"key":"b@example.org","until":8,"closed":true,"y":[ 2 ]}],"x":1}`, true},
		{`{"held":[{"key":"\"a\\\""` + `,"until":-1,"closed":false}]}`, `{"held":[{"key":"\"a\\\"","until":-1}]}`, true},
		{`{"moved_at":1,"x": 2,"undo_until":3,"next_stamp":"s","moved_to":"b","held_for":"a"}`,
			`{"held_for":"a","moved_to":"b","next_stamp":"s","moved_at":1,"undo_until":3,"x": 2}`, true},
		{`{"held":{}}`, ``, false}, {`{"held":null}`, ``, false}, {`{"held":[` + h + h + `]}`, ``, false}, {`{"held":[],"held":[]}`, ``, false},
		{`{"held":[{"key":"a"}]}`, ``, false}, {`{"held":[{"key":"","until":1}]}`, ``, false}, {`{"held":[{"until":1}]}`, ``, false},
		{`{"held":[{"key":"a","until":1,"closed":1}]}`, ``, false}, {`{"held":[{"key":"a","until":1,"until":1}]}`, ``, false},
		{`{"moved_to":1}`, ``, false}, {`{"moved_to":null}`, ``, false}, {`{"moved_at":"1"}`, ``, false}, {`{"held_for":"a","held_for":"a"}`, ``, false},
	} {
		s, err := Private(c.in).parse()
		if (err == nil) != c.ok {
			t.Errorf("parse of %q returned %v, want success: %t", c.in, err, c.ok)
			continue
		}
		if got := s.encode(); err == nil && got != c.out {
			t.Errorf("%q is written as %q, want %q", c.in, got, c.out)
		}
	}
}

// An undo is possible until a time, if no undo from an earlier address was made.
func TestHeldKeys(t *testing.T) {
	s := privateState{held: []heldKey{{key: "a", until: 10}, {key: "b", until: 20}, {key: "c", until: 30}}}
	for key, until := range map[string]int64{"a": 10, "b": 20, "c": 30} {
		if !s.mayUndo(key, until-1) || s.mayUndo(key, until) {
			t.Errorf("%s: mayUndo returned %t and %t, want true before %d and false then", key, s.mayUndo(key, until-1), s.mayUndo(key, until), until)
		}
	}
	if s.mayUndo("d", 0) {
		t.Error("mayUndo of another key returned true, want false")
	}
	s.closeAfter("d")
	s.closeAfter("b")
	s.forget("b")
	if want := []heldKey{{key: "a", until: 10}, {key: "c", until: 30, closed: true}}; !slices.EqualFunc(s.held, want, func(x, y heldKey) bool {
		return x.key == y.key && x.until == y.until && x.closed == y.closed
	}) {
		t.Errorf("got %v, want %v", s.held, want)
	}
	if !s.mayUndo("a", 0) || s.mayUndo("c", 0) {
		t.Error("mayUndo after closeAfter returned another result, want true before and false after the key")
	}
}

// All addresses that can be held fit beside the devices.
func TestHeldSize(t *testing.T) {
	var s privateState
	for range maxHeld + 1 {
		s.held = append(s.held, heldKey{key: strings.Repeat(`"`, maxEmail), until: 1 << 62, closed: true})
	}
	s.movedTo, s.nextStamp, s.movedAt, s.undoUntil = strings.Repeat(`"`, maxEmail), strings.Repeat("x", 26), 1<<62, 1<<62
	for range maxDevices {
		s.devices = append(s.devices, device{id: strings.Repeat("x", 26), label: strings.Repeat("\U0001F600", maxDeviceLabel), first: 1 << 62, last: 1 << 62})
	}
	if n := len(s.encode()); n > MaxPrivate {
		t.Errorf("got a Private of %d bytes, want at most %d", n, MaxPrivate)
	}
}
