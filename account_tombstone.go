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
	for _, h := range u.Private.held() {
		members.Deleted.Held = append(members.Deleted.Held, h.Key)
	}
	text, _ := json.Marshal(members) // strings only
	t := User{
		ID: u.ID, Email: u.Email, Placeholder: true, UpdatedAt: now(), Private: Private(text), Version: u.Version,
	}
	t.SetKey(u.keyAndRule())
	return t
}

// A heldAddress is a former address that stays taken, so that a change of address can be
// undone.
type heldAddress struct {
	Key   string `json:"key"`
	Until int64  `json:"until"` // in milliseconds since 1970
}

// held returns the addresses that are held for the user, as the member "held" of p lists
// them. If p is malformed, there are none.
func (p Private) held() []heldAddress {
	var members struct {
		Held []heldAddress `json:"held"`
	}
	_ = json.Unmarshal([]byte(p), &members) // a value of another type prevents no deletion of the others
	return members.Held
}
