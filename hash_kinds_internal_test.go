package signup

import (
	"fmt"
	"testing"
	"time"

	"github.com/gosignup/signup/internal/cputime"
)

// The costliest kind of hash is remembered among any number of others, for a day
// after it was last checked.
func TestCostliestKindIsRemembered(t *testing.T) {
	var clock workClock
	times := clock.times()
	took := func(d time.Duration) cputime.Time { return cputime.Time{Used: d, Passed: d} }
	times.add(ownKind, took(time.Millisecond))
	times.add(hashKind{scheme: "costliest"}, took(9*time.Millisecond))
	for i := range 10 * maxHashKinds {
		times.add(hashKind{scheme: fmt.Sprint(i)}, took(2*time.Millisecond))
	}
	if own, refused := times.times(); own != time.Millisecond || refused != 9*time.Millisecond {
		t.Errorf("got %s for the Hasher and %s for a refusal, want 1ms and 9ms", own, refused)
	}
	if n := len(times.kinds); n > maxHashKinds {
		t.Errorf("got %d kinds, want at most %d", n, maxHashKinds)
	}
	times.kinds[hashKind{scheme: "costliest"}].seen = time.Now().Add(-rememberKind - time.Second)
	if _, refused := times.times(); refused != 2*time.Millisecond {
		t.Errorf("a day later, got %s for a refusal, want 2ms", refused)
	}
}
