package signup

import (
	"slices"
	"strconv"
)

// maxHeld is how many addresses may be kept for the undo of one user. To forget the
// oldest one instead would let a thief use up the owner's.
const maxHeld = 16

// A heldKey is an address that a user has moved from, and may be moved back to until a
// time. If it is closed, that isn't possible any more, and the entry remains so that the
// document of the key can be found. In a Private:
//
//	{"key": "…", "until": 0, "closed": true}
type heldKey struct {
	key    string
	until  int64 // in milliseconds since 1970
	closed bool
	others []string // the members that this version doesn't know
}

func parseHeld(text string) (h heldKey, ok bool) {
	known := map[string]any{"key": &h.key, "until": &h.until, "closed": &h.closed}
	h.others, ok = parseMembers(text, known)
	delete(known, "closed") // it may be absent
	return h, ok && len(known) == 0 && h.key != ""
}

// append appends h as an object.
func (h heldKey) append(b []byte) []byte {
	b = appendJSONString(append(b, `{"key":`...), h.key)
	b = strconv.AppendInt(append(b, `,"until":`...), h.until, 10)
	if h.closed {
		b = append(b, `,"closed":true`...)
	}
	for _, text := range h.others {
		b = append(append(b, ','), text...)
	}
	return append(b, '}')
}

// appendPlaceholder appends the members that only placeholders have to the object b.
func (s privateState) appendPlaceholder(b []byte) []byte {
	for _, m := range []struct{ name, text string }{{"held_for", s.heldFor}, {"moved_to", s.movedTo}, {"next_stamp", s.nextStamp}} {
		if m.text != "" {
			b = appendJSONString(appendName(b, m.name), m.text)
		}
	}
	for _, m := range []struct {
		name string
		at   int64
	}{{"moved_at", s.movedAt}, {"undo_until", s.undoUntil}} {
		if m.at != 0 {
			b = strconv.AppendInt(appendName(b, m.name), m.at, 10)
		}
	}
	return b
}

// isPlaceholder reports whether s is that of a placeholder which this version has made.
func (s privateState) isPlaceholder() bool { return s.heldFor != "" || s.movedTo != "" }

// mayUndo reports whether the user of s may be moved back to key at a time, in
// milliseconds since 1970.
func (s privateState) mayUndo(key string, at int64) bool {
	i := s.heldAt(key)
	return i >= 0 && !s.held[i].closed && at < s.held[i].until
}

func (s privateState) heldAt(key string) int {
	return slices.IndexFunc(s.held, func(h heldKey) bool { return h.key == key })
}

// forget removes the entry of key.
func (s *privateState) forget(key string) {
	s.held = slices.DeleteFunc(s.held, func(h heldKey) bool { return h.key == key })
}

// closeAfter closes the entries after that of key: those of the addresses that the user
// had later.
func (s *privateState) closeAfter(key string) {
	i := s.heldAt(key)
	if i < 0 {
		return
	}
	for j := range s.held[i+1:] {
		s.held[i+1+j].closed = true
	}
}
