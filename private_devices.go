package signup

import (
	"slices"
	"strconv"
	"time"
)

// A device is a browser or program in which a user has logged in.
type device struct {
	id, label   string
	first, last int64 // log-ins, in milliseconds since 1970
	others      []string
}

func parseDevice(text string) (d device, ok bool) {
	known := map[string]any{"id": &d.id, "label": &d.label, "first": &d.first, "last": &d.last}
	d.others, ok = parseMembers(text, known)
	return d, ok && len(known) == 0 && d.id != ""
}

// append appends d as an object. Resume finds the ID faster at its begin.
func (d device) append(b []byte) []byte {
	b = appendJSONString(append(b, `{"id":`...), d.id)
	b = appendJSONString(append(b, `,"label":`...), d.label)
	b = strconv.AppendInt(append(b, `,"first":`...), d.first, 10)
	b = strconv.AppendInt(append(b, `,"last":`...), d.last, 10)
	for _, text := range d.others {
		b = append(append(b, ','), text...)
	}
	return append(b, '}')
}

// hasDevice reports whether s lists the device id.
func (s *privateState) hasDevice(id string) bool {
	return slices.ContainsFunc(s.devices, func(d device) bool { return d.id == id })
}

// addLogIn adds a log-in at a time in the device id. If the list is full, the device
// that was unused for longest is removed.
func (s *privateState) addLogIn(id, label string, at time.Time) {
	d := device{id: id, label: label, first: at.UnixMilli()}
	if i := slices.IndexFunc(s.devices, func(d device) bool { return d.id == id }); i >= 0 {
		d = s.devices[i]
		if label != "" {
			d.label = label
		}
	}
	d.last = at.UnixMilli()
	s.removeDevice(id)
	s.devices = slices.Insert(s.devices, 0, d) // by order, not by time: clocks differ
	s.devices = s.devices[:min(len(s.devices), maxDevices)]
}

func (s *privateState) removeDevice(id string) {
	s.devices = slices.DeleteFunc(s.devices, func(d device) bool { return d.id == id })
}

// removeOtherDevices removes all devices except the device id.
func (s *privateState) removeOtherDevices(id string) {
	s.devices = slices.DeleteFunc(s.devices, func(d device) bool { return d.id != id })
}

// hasDevice reports whether p lists the device id. It doesn't allocate memory if it
// does.
func (p Private) hasDevice(id string) (bool, error) {
	w := walk(string(p), '{')
	for {
		name, _, ok := w.name()
		if !ok {
			break
		}
		if name == "devices" && listsDevice(w.s[w.i:], id) {
			return true, nil
		}
		if _, ok := w.value(); !ok {
			break
		}
	}
	// An absent device and a malformed text are different errors.
	_, err := p.parse()
	return false, err
}

// listsDevice reports whether the array at the begin of text lists the device id.
func listsDevice(text, id string) bool {
	devices := walk(text, '[')
	for devices.more() {
		members := walk(devices.s[devices.i:], '{')
		for {
			name, _, ok := members.name()
			if !ok {
				break
			}
			value, ok := members.value()
			if !ok || name == "id" {
				if ok && len(value) == len(id)+2 && value[0] == '"' && value[1:len(value)-1] == id {
					return true
				}
				break
			}
		}
		if _, ok := devices.value(); !ok {
			break
		}
	}
	return false
}
