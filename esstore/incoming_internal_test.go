package esstore

import (
	"encoding/json"
	"reflect"
	"testing"
)

// Whatever came before, a body is decoded as by json.Unmarshal.
func TestDecodeOneAfterAnother(t *testing.T) {
	const whole = `{"_index":"users-000001","found":true,"_seq_no":3,"_source":{"id":"1","profile":{"a":"b"}}}`
	in := &incoming{}
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
		var want answer
		wantErr := json.Unmarshal([]byte(body), &want)
		in.answer = answer{}
		err := in.decode([]byte(body))
		if (err == nil) != (wantErr == nil) || err == nil && !reflect.DeepEqual(in.answer, want) {
			t.Errorf("%q: %+v, %v; want %+v, %v", body, in.answer, err, want, wantErr)
		}
	}
}
