package storetest_test

import (
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/storetest"
)

// A test of a counter of your own calls RunCounter with a function that makes one
// without counts. It is compiled only: go test calls TestCounter.
func ExampleRunCounter() {
	var _ = func(t *testing.T) { // func TestCounter(t *testing.T)
		storetest.RunCounter(t, func(*testing.T) signup.Counter {
			return new(signup.MemoryCounter) // yours
		})
	}
}
