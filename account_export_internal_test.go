package signup

import (
	"reflect"
	"testing"
)

// exportedPrivate has each field of what a Private says, and where ExportData has it, or
// why it hasn't.
var exportedPrivate = map[reflect.Type]map[string]string{
	reflect.TypeFor[privateState](): {
		"devices":    "devices",
		"linkLogIns": "link_log_ins",
		"events":     "events",
		"held":       "held_addresses",
		"heldFor":    "left out: of placeholders, which have no Session",
		"movedTo":    "left out: of placeholders",
		"movedAt":    "left out: of placeholders",
		"undoUntil":  "left out: of placeholders",
		"nextStamp":  "left out: of placeholders",
		"others":     "left out: of versions that this one doesn't know, and perhaps secret",
	},
	reflect.TypeFor[device](): {
		"id":     "left out: random",
		"label":  "label",
		"first":  "first_log_in",
		"last":   "last_log_in",
		"others": "left out: of versions that this one doesn't know, and perhaps secret",
	},
	reflect.TypeFor[heldKey](): {
		"key":    "address",
		"until":  "until",
		"closed": "left out: how it is held",
		"others": "left out: of versions that this one doesn't know, and perhaps secret",
	},
}

// A field that is added to what a Private says is exported, or left out for a reason.
func TestExportDataHasAllOfPrivate(t *testing.T) {
	for typ, fields := range exportedPrivate {
		for i := range typ.NumField() {
			if name := typ.Field(i).Name; fields[name] == "" {
				t.Errorf("exportedPrivate: got no field %s of %s, want it: export it, or give a reason", name, typ)
			}
		}
		if len(fields) != typ.NumField() {
			t.Errorf("exportedPrivate has %d fields of %s, want %d", len(fields), typ, typ.NumField())
		}
	}
}
