package esstore

import (
	"encoding/json"
	"testing"
)

// A document that is copied twice counts as it was copied last.
func TestCopiedDocuments(t *testing.T) {
	var c copiedDocuments
	c.add([]copiedDocument{{"a", 1, json.RawMessage(`{"n":1}`)}, {"b", 2, json.RawMessage(`{}`)}})
	c.add([]copiedDocument{{"a", 3, json.RawMessage(`{"n":10}`)}})
	if len(c.byID) != 2 || c.byID["a"].version != 3 || c.length != len(`{"n":10}{}`) {
		t.Errorf("got %d documents of %d bytes, a with version %d; want 2 of 10 bytes, a with version 3", len(c.byID), c.length, c.byID["a"].version)
	}
	if c.isFull() {
		t.Error("got a full one, want room for more")
	}
	if c.add([]copiedDocument{{"c", 4, make(json.RawMessage, verifyBytes)}}); !c.isFull() {
		t.Errorf("got room after %d bytes, want none after %d", c.length, verifyBytes)
	}
}
