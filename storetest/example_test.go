package storetest_test

import (
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
	"github.com/gosignup/signup/storetest"
)

// A test of a store of your own calls Run with a function that makes an empty
// store. It is compiled only: go test calls TestStore.
func ExampleRun() {
	var _ = func(t *testing.T) { // func TestStore(t *testing.T)
		storetest.Run(t, func(t *testing.T) signup.Store {
			store := memstore.New() // yours
			t.Cleanup(func() {
				// remove what the store has made: a table, an index, a file
			})
			return store
		})
	}
}
