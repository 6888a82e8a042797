package signup

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
)

// The text of a Private is empty or a JSON object. This version knows these members:
//
//	devices         an array of at most maxDevices objects, by their last log-ins, the
//	                latest first: {"id": "…", "label": "…", "first": 0, "last": 0}, the
//	                times in milliseconds since 1970
//	link_log_ins    how many times the user logged in with a mailed link or code
//	events          an array of at most maxEvents objects, the latest first; see
//	                eventText
//	held            an array of the addresses that are kept for an undo; see heldKey
//
// In a placeholder, which an address is while it changes, there are also these:
//
//	held_for        the key of the user that moves to this one
//	moved_to        the key that the user of this one has moved to,
//	moved_at        when, in milliseconds since 1970,
//	undo_until      until when this key is kept for an undo,
//	next_stamp      and the SecurityStamp of the user there
//
// Other members, of Private and of a device, are those of other versions. They are
// kept byte for byte, in their order, after those that this version knows.
//
// The devices are first, where Resume finds them. Devices and events can't fill a
// Private: with a label of 100 characters, each of 4 bytes, and the longest times, a
// device takes less than 600 bytes, and an event takes less than 200.
const (
	maxDevices     = 50
	maxDeviceLabel = 100 // in code points
	maxDeviceID    = 64  // in bytes; rand.Text returns 26
)

// errPrivate doesn't quote the text.
var errPrivate = errors.New("signup: the user's Private isn't in the form in which this package keeps it")

var errPrivateFull = errors.New("signup: the user's Private has no room for a device")

// A privateState is what a Private says.
type privateState struct {
	devices    []device
	linkLogIns uint64
	events     []string // as eventText returns them
	held       []heldKey
	heldFor    string // not empty: the document claims its key
	movedTo    string // not empty: the document is a tombstone
	movedAt    int64
	undoUntil  int64
	nextStamp  string
	others     []string // the members that this version doesn't know
}

// parse returns what p says.
func (p Private) parse() (privateState, error) {
	if p == "" {
		return privateState{}, nil
	}
	return p.parseObject()
}

func (p Private) parseObject() (privateState, error) {
	var s privateState
	if !json.Valid([]byte(p)) {
		return s, errPrivate
	}
	known := map[string]any{
		"devices": nil, "events": nil, "held": nil, "link_log_ins": &s.linkLogIns, "held_for": &s.heldFor,
		"moved_to": &s.movedTo, "moved_at": &s.movedAt, "undo_until": &s.undoUntil, "next_stamp": &s.nextStamp,
	}
	names := slices.Collect(maps.Keys(known))
	w := walk(string(p), '{')
	for {
		name, value, text, ok := w.member()
		if !ok {
			break
		}
		_, first := known[name]
		switch {
		case !slices.Contains(names, name):
			s.others = append(s.others, text)
			continue
		case !first:
			ok = false // it is there twice
		case name == "devices":
			ok = parseArray(value, &s.devices, parseDevice)
		case name == "events":
			ok = parseArray(value, &s.events, func(text string) (string, bool) { return text, true })
		case name == "held":
			ok = parseArray(value, &s.held, parseHeld)
		default:
			ok = value != "null" && json.Unmarshal([]byte(value), known[name]) == nil
		}
		if !ok {
			return privateState{}, errPrivate
		}
		delete(known, name)
	}
	if w.broken {
		return privateState{}, errPrivate
	}
	return s, nil
}

// parseArray appends the elements of the array text to list.
func parseArray[T any](text string, list *[]T, parse func(string) (T, bool)) bool {
	w := walk(text, '[')
	for {
		value, ok := w.element()
		if !ok {
			return !w.broken
		}
		e, ok := parse(value)
		if !ok {
			return false
		}
		*list = append(*list, e)
	}
}

// parseMembers sets what known points to by the members of the object text, and removes
// these from known. It returns the other members.
func parseMembers(text string, known map[string]any) (others []string, ok bool) {
	names := slices.Collect(maps.Keys(known))
	w := walk(text, '{')
	for {
		name, value, member, ok := w.member()
		if !ok {
			return others, !w.broken
		}
		if !slices.Contains(names, name) {
			others = append(others, member)
			continue
		}
		if known[name] == nil || value == "null" || json.Unmarshal([]byte(value), known[name]) != nil {
			return nil, false // also if it is there twice
		}
		delete(known, name)
	}
}

// text returns s as a Private. If it is longer than MaxPrivate because of members that
// this version doesn't know, it has fewer events, and then fewer devices.
func (s privateState) text() (Private, error) {
	for {
		if text := s.encode(); len(text) <= MaxPrivate {
			return Private(text), nil
		}
		switch {
		case len(s.events) > 0:
			s.events = s.events[:len(s.events)-1]
		case len(s.devices) > 1:
			s.devices = s.devices[:len(s.devices)-1]
		default:
			return "", errPrivateFull
		}
	}
}

func (s privateState) encode() string {
	size := 64 // enough for a new user, beside the event
	for _, text := range s.events {
		size += len(text) + 1
	}
	b := append(make([]byte, 0, size), '{')
	b = appendArray(b, "devices", s.devices, device.append)
	if s.linkLogIns > 0 {
		b = strconv.AppendUint(appendName(b, "link_log_ins"), s.linkLogIns, 10)
	}
	b = appendArray(b, "events", s.events, func(text string, b []byte) []byte { return append(b, text...) })
	b = appendArray(b, "held", s.held, heldKey.append)
	b = s.appendPlaceholder(b)
	for _, text := range s.others {
		b = append(appendComma(b), text...)
	}
	if len(b) == 1 {
		return ""
	}
	return string(append(b, '}'))
}

// appendComma appends a comma to the object b, if it has a member.
func appendComma(b []byte) []byte {
	if b[len(b)-1] == '{' {
		return b
	}
	return append(b, ',')
}

// appendName appends the name of a member to the object b.
func appendName(b []byte, name string) []byte {
	return append(append(append(appendComma(b), '"'), name...), `":`...)
}

// appendArray appends a member to the object b, if list isn't empty.
func appendArray[T any](b []byte, name string, list []T, appendTo func(T, []byte) []byte) []byte {
	if len(list) == 0 {
		return b
	}
	b = append(appendName(b, name), '[')
	for i, e := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendTo(e, b)
	}
	return append(b, ']')
}

// changePrivate sets u.Private as f changes what it says. If it is malformed, u is
// unchanged, so that nothing is lost.
func (u *User) changePrivate(f func(*privateState)) error {
	s, err := u.Private.parse()
	if err != nil {
		return err
	}
	f(&s)
	text, err := s.text()
	if err != nil {
		return err
	}
	u.Private = text
	return nil
}

// linkLogIns returns what a token for a log-in is bound to: the number of log-ins
// with a mailed link or code. A malformed Private is bound as a whole.
func linkLogIns(u User) string {
	s, err := u.Private.parse()
	if err != nil {
		return "malformed: " + string(u.Private)
	}
	return strconv.FormatUint(s.linkLogIns, 10)
}

// countLinkLogIn makes all tokens and codes for a log-in of u void. The use of one calls
// it.
func countLinkLogIn(u *User) error {
	return u.changePrivate(func(s *privateState) { s.linkLogIns++ })
}
