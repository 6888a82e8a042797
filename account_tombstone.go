package signup

import "encoding/json"

// A tombstone is what the Private of a user says whose deletion has begun, as the member
// "deleted". It is the only member. Such a user is a Placeholder.
type tombstone struct {
	// Held has the keys of the addresses that are to be freed with the user's.
	Held []string `json:"held,omitempty"`
}

// tombstone returns what p says about a deletion, or the zero tombstone.
func (p Private) tombstone() tombstone {
	d, _ := p.parseTombstone()
	return d
}

func (p Private) parseTombstone() (d tombstone, ok bool) {
	var members struct {
		Deleted *tombstone `json:"deleted"`
	}
	if json.Unmarshal([]byte(p), &members) != nil || members.Deleted == nil {
		return tombstone{}, false
	}
	return *members.Deleted, true
}

// isTombstone reports whether the deletion of u has begun and isn't finished.
func (u *User) isTombstone() bool {
	if !u.Placeholder {
		return false
	}
	_, ok := u.Private.parseTombstone()
	return ok
}

// tombstoneOf returns the tombstone of u, to be stored in its place. It keeps the ID, the
// address and the addresses that are held for u.
func tombstoneOf(u User) User {
	var members struct {
		Deleted tombstone `json:"deleted"`
	}
	members.Deleted.Held = u.Private.heldKeys()
	text, _ := json.Marshal(members) // strings only
	t := User{
		ID: u.ID, Email: u.Email, Placeholder: true, UpdatedAt: now(), Private: Private(text), Version: u.Version,
	}
	t.SetKey(u.keyAndRule())
	return t
}

// heldKeys returns the keys of the addresses that the member "held" of p lists. It reads
// less strictly than parse: an entry that is malformed prevents no deletion of the others.
func (p Private) heldKeys() []string {
	var members struct {
		Held []struct {
			Key string `json:"key"`
		} `json:"held"`
	}
	_ = json.Unmarshal([]byte(p), &members)
	var keys []string
	for _, h := range members.Held {
		keys = append(keys, h.Key)
	}
	return keys
}
