package sqltest

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"sync"
	"time"

	"github.com/gosignup/signup"
)

// The kinds of users.
const (
	kindOwn   = "own"   // one caller creates, changes and deletes it
	kindRival = "rival" // several callers create it at once, and none changes it
	kindCount = "count" // many callers change it, and each adds 1
)

// A call is one call of a Store.
type call struct {
	Number  int    // within its process
	Op      string // "create", "update" or "delete"
	Kind    string // of the user
	Name    string // of the user: the local part of the address
	ID      string // the user's
	N       int    // what the call stores as the user's number
	Outcome string // see outcomeOf; "" if the call hasn't returned
	Error   string // the text of an error of unknown outcome
}

// user returns the user that the call stores.
func (c call) user() signup.User {
	text := fmt.Sprintf("%s number %d", c.ID, c.N)
	at := time.UnixMilli(1_800_000_000_000 + int64(c.N)).UTC()
	return signup.User{
		ID: c.ID, Email: c.Name + "@example.org", FirstName: text, LastName: text, Active: c.N%2 == 0,
		CreatedAt: at, UpdatedAt: at, SecurityStamp: text, Private: signup.Private(text),
		Profile: map[string]string{"number": fmt.Sprint(c.N)},
	}
}

// The outcomes of calls. After "busy" nothing was done, and after "unknown" the change may
// or may not have been made.
const (
	made    = "made"
	busy    = "busy"
	unknown = "unknown"
)

// refusals are the other outcomes.
var refusals = map[string]error{
	"exists": signup.ErrExists, "replayed": signup.ErrReplayed, "conflict": signup.ErrConflict, "not found": signup.ErrNotFound,
}

// outcomeOf returns the outcome of a call that returned err.
func outcomeOf(err error) string {
	switch {
	case err == nil:
		return made
	case errors.Is(err, signup.ErrBusy):
		return busy
	}
	for outcome := range maps.Keys(refusals) {
		if errors.Is(err, refusals[outcome]) {
			return outcome
		}
	}
	return unknown
}

// A journal gets each call twice: before it is made, and after it returned.
type journal interface{ enter(call) }

// A jsonJournal writes the calls to a pipe, one line for each.
type jsonJournal struct {
	mu sync.Mutex
	w  io.Writer
}

func (j *jsonJournal) enter(c call) {
	line, err := json.Marshal(c)
	if err != nil {
		panic(err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	// In one system call: a pipe takes a short line whole or not at all.
	_, _ = j.w.Write(append(line, '\n'))
}

// A numbered journal numbers the calls of a process. Only one load uses it.
type numbered struct {
	journal
	mu   sync.Mutex
	last int
}

// next returns c with a number that no other call has.
func (n *numbered) next(c call) call {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.last++
	c.Number = n.last
	return c
}

// newName returns a name that no other user has.
func newName(kind string) string { return kind + "-" + rand.Text() }
