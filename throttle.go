package signup

import (
	"context"
	"fmt"
	"math"
	"time"
)

// Limits of what a Counter counts.
const (
	// MaxCount is the highest count. A sum above it is MaxCount.
	MaxCount = math.MaxInt32
	// MaxCountName is the length in bytes of the longest name.
	MaxCountName = 255
	// MaxCountWindow is the longest window.
	MaxCountWindow = 30 * 24 * time.Hour
)

// A Counter counts events for a while, such as failed log-ins, so that there can
// be a limit on them. NIST SP 800-63B-4, section 3.2.2, requires one of at most 100
// consecutive failures for an account. [MemoryCounter] counts in one process. For many
// processes, sqlstore.Counter counts in PostgreSQL or SQLite, and esstore.Counter in
// Elasticsearch. Package storetest tests any Counter against this contract.
//
// A Counter is safe for concurrent use.
type Counter interface {
	// Add adds n to the count of name and returns the new count.
	//
	// It is atomic, also between processes that share the Counter's storage: the
	// results are those of the same Adds made one after the other, each between
	// its call and its return. So if a thousand callers add 1 at once, they get
	// the numbers from 1 to 1000, each once.
	//
	// A name without a count has the count 0. An n above 0 begins a count there,
	// which is forgotten window after that Add. Until then, the windows of other
	// Adds for the name have no effect: the first one's holds. A negative n
	// subtracts, and 0 reads. No count is below 0 or above [MaxCount]. A count
	// that is back at 0 is forgotten at once, so that the next one has a window of
	// its own.
	//
	// A Counter may count an n above 0 more than once after a failure, may begin a
	// count above 0 for lack of memory, and may then forget it too late. It never
	// counts too little. If processes share it, each uses its own clock, and a count
	// may be forgotten too early by as much as two clocks differ.
	//
	// A name has 1 to [MaxCountName] bytes, of any value. It should contain no
	// address: this package passes hashes. A window is longer than 0 and at most
	// [MaxCountWindow]; a Counter may round it up to a millisecond. Otherwise, the
	// error is [ErrInvalid], also if n is 0.
	//
	// [ErrBusy] means that nothing was added, and that the same call may succeed a
	// little later. If the context is done before the call, nothing is added, and
	// the error is the context's. After any other error it is unknown whether n
	// was added. A caller that limits something must refuse it after every error.
	// No error contains the name.
	Add(ctx context.Context, name string, n int, window time.Duration) (int, error)
}

// checkCount returns ErrInvalid unless a Counter accepts these arguments.
func checkCount(name string, window time.Duration) error {
	switch {
	case name == "" || len(name) > MaxCountName:
		return fmt.Errorf("signup: name of %d bytes, want 1 to %d: %w", len(name), MaxCountName, ErrInvalid)
	case window <= 0 || window > MaxCountWindow:
		return fmt.Errorf("signup: window of %s, want more than 0 and at most %s: %w", window, MaxCountWindow, ErrInvalid)
	}
	return nil
}

// addCount returns count plus n, from 0 to MaxCount.
func addCount(count int32, n int) int32 {
	sum := int64(count) + int64(max(-MaxCount, min(n, MaxCount)))
	return int32(max(0, min(sum, MaxCount)))
}
