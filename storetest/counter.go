package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/gosignup/signup"
)

// CounterOptions are for [RunCounterWith]. With the zero CounterOptions it does what
// [RunCounter] does.
type CounterOptions struct {
	// Another returns a counter that shares the storage of c, as another process
	// would make it. If it is nil, the rule about shared counts isn't tested. A
	// counter for one process, like signup.MemoryCounter, needs none.
	Another func(t *testing.T, c signup.Counter) signup.Counter
}

// RunCounter tests the counters that newCounter returns: one subtest for each rule
// of [signup.Counter]'s contract. newCounter must return a counter without counts.
// It may use t.Cleanup to remove it. A failing subtest reports the rule, what was
// expected and what came.
//
// A counter has a minute for each rule. All rules together take about ten seconds,
// most of which they wait for windows to end.
func RunCounter(t *testing.T, newCounter func(t *testing.T) signup.Counter) {
	RunCounterWith(t, newCounter, CounterOptions{})
}

// RunCounterWith is [RunCounter] with options.
func RunCounterWith(t *testing.T, newCounter func(t *testing.T) signup.Counter, o CounterOptions) {
	t.Helper()
	run := func(r counterRule, c []signup.Counter, t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := r.check(ctx, c...); err != nil {
			t.Errorf("%v\nrule: %s", err, r.text)
		}
	}
	for _, r := range counterRules {
		t.Run(r.name, func(t *testing.T) {
			run(r, []signup.Counter{newCounter(t)}, t)
		})
	}
	if o.Another == nil {
		return
	}
	for _, r := range sharedCounterRules {
		t.Run(r.name, func(t *testing.T) {
			c := newCounter(t)
			run(r, []signup.Counter{c, o.Another(t, c)}, t)
		})
	}
}

// A counterRule is one promise of the contract, with the check that counters without
// counts keep it. If there are several, they share their storage.
type counterRule struct {
	name  string // of the subtest
	text  string
	check func(context.Context, ...signup.Counter) error
}

var counterRules = []counterRule{
	{"Sum", "Add returns the sum of what was added to the name, and each name has a count of its own.", countSum},
	{"Negative", "A negative n subtracts. No count is below 0.", countNegative},
	{"Zero", "An n of 0 reads, and begins nothing.", countZero},
	{"Highest", "A sum above MaxCount is MaxCount.", countHighest},
	{"Names", "A name has 1 to 255 bytes, of any value. Names that differ in one byte have counts of their own.", countNames},
	{"Invalid", "A name or window that isn't allowed is ErrInvalid, also if n is 0. Nothing is added, and the error doesn't contain the name.", countInvalid},
	{"Window", "A count is forgotten window after the Add that began it.", countWindow},
	{"FirstWindow", "The window of the first Add holds until it ends, whatever windows later Adds have.", countFirstWindow},
	{"WindowAfterZero", "A count that is back at 0 is forgotten, so that the next one has a window of its own.", countWindowAfterZero},
	{"DoneContext", "If the context is done before the call, nothing is added, and the error is the context's.", countDoneContext},
	{"AtOnce", "If a thousand callers add 1 at once, they get the numbers from 1 to 1000, each once.", countAtOnce},
	{"Series", "Callers that add 1 again and again get all numbers, each once.", countSeries},
	{"ManyNames", "Counts of many names at once don't mix.", countManyNames},
	{"UpAndDown", "What is added and subtracted at once leaves the sum.", countUpAndDown},
	{"EndedContexts", "A counter never counts too little, also if contexts end during the calls.", countEndedContexts},
}

var sharedCounterRules = []counterRule{
	{"SharedSum", "Counters on one storage have the same counts.", countSharedSum},
	{"SharedAtOnce", "Callers of two counters on one storage that add 1 at once get all numbers, each once.", countAtOnce},
	{"SharedSeries", "Callers of two counters on one storage that add 1 again and again get all numbers, each once.", countSeries},
	{"SharedUpAndDown", "What is added and subtracted at once leaves the sum, also through two counters.", countUpAndDown},
}
