package memstore_test

import (
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
	"github.com/gosignup/signup/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) signup.Store { return memstore.New() })
}

func TestSearch(t *testing.T) {
	storetest.RunSearch(t, func(*testing.T) storetest.SearchStore { return memstore.New() })
}
