package signup

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An element of "events" in a Private is one event, the latest first:
//
//	{"n": "…", "k": "logged_in", "r": "password", "t": 0, "d": "…", "sent": ""}
//
// n names it among the events of the user, k is the Kind, r the Reason, t the time At
// in milliseconds since 1970, and d the Device, absent if empty. "sent" is only in the
// event of a registration that may be repeated: empty as long as Accounts.After wasn't
// called with it, and then a random text of the call that did. The texts of events are
// kept as they are, so that what other versions write into them survives.
const (
	maxEvents   = 50
	eventUnsent = `"sent":""` // is nowhere else: no other text has a quote
)

// newEventID returns a name that is unique among the events of a user: 8 characters. It
// needn't be secret.
func newEventID() string {
	const bits = 5 * 8 // the highest one is set
	return strconv.FormatUint(rand.Uint64N(1<<(bits-1))|1<<(bits-1), 32)
}

// eventText returns the element for e. It has the name id.
func eventText(e Event, id string, unsent bool) string {
	var buffer [256]byte
	b := appendJSONString(append(buffer[:0], `{"n":`...), id)
	b = appendJSONString(append(b, `,"k":`...), string(e.Kind))
	b = appendJSONString(append(b, `,"r":`...), string(e.Reason))
	b = strconv.AppendInt(append(b, `,"t":`...), e.At.UnixMilli(), 10)
	if e.Device != "" {
		b = appendJSONString(append(b, `,"d":`...), e.Device)
	}
	if unsent {
		b = append(append(b, ','), eventUnsent...)
	}
	return string(append(b, '}'))
}

// parseEvent returns the event of the element text, without its UserID, and reports
// whether this version can read it.
func parseEvent(text string) (e Event, ok bool) {
	var at *int64
	known := map[string]any{"k": &e.Kind, "r": &e.Reason, "t": &at, "d": &e.Device}
	w := walk(text, '{')
	for {
		name, value, _, ok := w.member()
		if !ok {
			break
		}
		if field := known[name]; field != nil && json.Unmarshal([]byte(value), field) != nil {
			return Event{}, false
		}
	}
	if w.broken || e.Kind == "" || at == nil {
		return Event{}, false
	}
	e.At = time.UnixMilli(*at).UTC()
	return e, true
}

// addEvent adds an event. If the list is full, the oldest one is removed.
func (s *privateState) addEvent(text string) {
	s.events = slices.Insert(s.events, 0, text)
	s.events = s.events[:min(len(s.events), maxEvents)]
}

// hasEvent reports whether the event with the name id is listed.
func (s *privateState) hasEvent(id string) bool {
	begin := `{"n":"` + id + `"`
	return slices.ContainsFunc(s.events, func(text string) bool { return strings.HasPrefix(text, begin) })
}

// unsent returns the place of the event for which Accounts.After wasn't called, or -1.
func (s *privateState) unsent() int {
	return slices.IndexFunc(s.events, func(text string) bool { return strings.Contains(text, eventUnsent) })
}

// isSentBy reports whether the call with the name id was the one that called
// Accounts.After with the event of the registration.
func (s *privateState) isSentBy(id string) bool {
	return slices.ContainsFunc(s.events, func(text string) bool { return strings.Contains(text, sentBy(id)) })
}

func sentBy(id string) string { return `"sent":"` + id + `"` }
