package storetest

import (
	"fmt"
	"maps"
	"reflect"
	"strings"
	"time"

	"github.com/gosignup/signup"
)

// The fields of signup.User are found by reflection, so that a field that is
// added to it is tested, and a Store that drops it fails.

// fieldsOf returns the exported fields of the struct type t, except Version,
// which the Store sets.
func fieldsOf(t reflect.Type) []reflect.StructField {
	var fields []reflect.StructField
	for _, f := range reflect.VisibleFields(t) {
		if f.IsExported() && f.Name != "Version" {
			fields = append(fields, f)
		}
	}
	return fields
}

var userFields = fieldsOf(reflect.TypeFor[signup.User]())

// dataFields returns the fields of signup.User except ID, Email and Version:
// those that a Store keeps and never looks at.
func dataFields() []reflect.StructField {
	var fields []reflect.StructField
	for _, f := range userFields {
		if f.Name != "ID" && f.Name != "Email" {
			fields = append(fields, f)
		}
	}
	return fields
}

// fill sets the field f of v to a value that no other field has. Another n gives
// another value; only an odd n gives a value other than the zero value if f is a
// bool.
func fill(v reflect.Value, f reflect.StructField, n int) error {
	field := v.FieldByIndex(f.Index)
	text := fmt.Sprintf("%s %d", f.Name, n)
	switch {
	case field.Type() == reflect.TypeFor[time.Time]():
		at := time.Date(2014, time.December, 6, 22, f.Index[0], n, 123e6, time.UTC)
		field.Set(reflect.ValueOf(at))
	case field.Type() == reflect.TypeFor[map[string]string]():
		field.Set(reflect.ValueOf(map[string]string{"company": text, "locale": "en-GB"}))
	case field.Kind() == reflect.String:
		field.SetString(text)
	case field.Kind() == reflect.Bool:
		field.SetBool(n%2 == 1)
	default:
		return unknownType(f)
	}
	return nil
}

// differ returns how the field f of got, which Get returned, differs from the
// one of want, which was stored. It returns "" if they are the same.
func differ(got, want reflect.Value, f reflect.StructField) string {
	g, w := got.FieldByIndex(f.Index), want.FieldByIndex(f.Index)
	var same bool
	switch {
	case g.Type() == reflect.TypeFor[time.Time]():
		at, wanted := g.Interface().(time.Time), w.Interface().(time.Time).UTC().Truncate(time.Millisecond)
		same, w = at.Equal(wanted) && at.Location() == time.UTC, reflect.ValueOf(wanted)
	case g.Type() == reflect.TypeFor[map[string]string]():
		same = maps.Equal(g.Interface().(map[string]string), w.Interface().(map[string]string))
	case g.Kind() == reflect.String:
		same = g.String() == w.String()
	case g.Kind() == reflect.Bool:
		same = g.Bool() == w.Bool()
	default:
		return unknownType(f).Error()
	}
	if same {
		return ""
	}
	return fmt.Sprintf("%s: got %s, want %s", f.Name, text(g), text(w))
}

func unknownType(f reflect.StructField) error {
	return fmt.Errorf("storetest doesn't know the type %s of the field %s: add it to fill and differ in storetest/fields.go", f.Type, f.Name)
}

// differences returns how got, which Get returned, differs from want, which was
// stored. It returns "" if all exported fields except Version, the key and its
// rule are the same, and got's times are in UTC.
func differences(got, want signup.User) string {
	var list []string
	g, w := reflect.ValueOf(got), reflect.ValueOf(want)
	for _, f := range userFields {
		if d := differ(g, w, f); d != "" {
			list = append(list, d)
		}
	}
	if got.Key() != want.Key() || got.KeyRule() != want.KeyRule() {
		list = append(list, fmt.Sprintf("key and rule: got %q of %q, want %q of %q",
			got.Key(), got.KeyRule(), want.Key(), want.KeyRule()))
	}
	return strings.Join(list, "\n")
}

// show returns all exported fields of u except Version, with the hash: the users
// here are made by this package.
func show(u signup.User) string {
	var list []string
	v := reflect.ValueOf(u)
	for _, f := range userFields {
		list = append(list, f.Name+":"+text(v.FieldByIndex(f.Index)))
	}
	return "{" + strings.Join(list, " ") + "}"
}

// text returns a field's value for a message. It cuts long texts.
func text(v reflect.Value) string {
	const most = 100
	switch {
	case v.Kind() != reflect.String:
		if at, ok := v.Interface().(time.Time); ok {
			return at.Format(time.RFC3339Nano)
		}
		return text(reflect.ValueOf(fmt.Sprint(v.Interface())))
	case v.Len() > most:
		return fmt.Sprintf("%+q… (%d bytes)", v.String()[:most], v.Len())
	}
	return fmt.Sprintf("%+q", v.String())
}
