package es

import (
	"encoding/json"
	"reflect"
	"testing"
)

// Whatever was decoded before, a body is decoded as by json.Unmarshal.
func TestDecodeOneAfterAnother(t *testing.T) {
	type source struct {
		ID      string
		Profile map[string]string
	}
	const whole = `{"_index":"users-000001","found":true,"_seq_no":3,"_source":{"id":"1","profile":{"a":"b"}}}`
	in := &reading[source]{}
	for _, body := range []string{
		whole,
		`{"_seq_no":4}`,
		`{"_seq_no":null,"_primary_term":-1}`,
		`{"_seq_no":5}` + "\n",
		`{"_seq_no":6} {"_seq_no":7}`,
		whole[:40],
		`{"_seq_no":"x","found":true}`,
		`<html>`,
		``,
		" " + whole,
		`{}`,
	} {
		var want Document[source]
		wantErr := json.Unmarshal([]byte(body), &want)
		in.document = Document[source]{}
		err := in.decode([]byte(body))
		if (err == nil) != (wantErr == nil) || err == nil && !reflect.DeepEqual(in.document, want) {
			t.Errorf("decoding %q: got %+v, %v, want %+v, %v", body, in.document, err, want, wantErr)
		}
	}
}
