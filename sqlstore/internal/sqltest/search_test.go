package sqltest

import (
	"testing"

	"github.com/gosignup/signup/storetest"
)

func TestSearch(t *testing.T) {
	eachDatabase(t, func(t *testing.T, newDatabase func(testing.TB) database) {
		storetest.RunSearch(t, func(t *testing.T) storetest.SearchStore {
			d := newDatabase(t)
			return setUp(t, d.DB, d.options)
		})
	})
}
