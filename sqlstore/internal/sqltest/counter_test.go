package sqltest

import (
	"fmt"
	"testing"
	"time"

	"github.com/gosignup/signup/sqlstore"
)

// One Add in a thousand deletes counts that have ended, before it returns: what a Counter
// did after the last call would use a database that is closed.
func TestCounterSweeps(t *testing.T) {
	eachDatabase(t, func(t *testing.T, newDatabase func(testing.TB) database) {
		d := newDatabase(t)
		setUp(t, d.DB, d.options)
		c := sqlstore.NewCounter(d.DB, d.options)
		add := func(name string, window time.Duration) {
			t.Helper()
			if _, err := c.Add(t.Context(), name, 1, window); err != nil {
				t.Fatalf("Add: got the error %v, want nil", err)
			}
		}
		rows := func() (n int) {
			t.Helper()
			if err := d.QueryRow("SELECT count(*) FROM " + d.prefix() + "counts").Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		for i := range 999 {
			window := time.Millisecond
			if i%100 == 0 {
				window = time.Hour
			}
			add(fmt.Sprint("name ", i), window)
		}
		time.Sleep(10 * time.Millisecond)
		if n := rows(); n != 999 {
			t.Errorf("after 999 Adds: got %d rows, want 999", n)
		}
		add("last", time.Hour)
		if n := rows(); n != 11 {
			t.Errorf("after 1000 Adds: got %d rows, want the 11 that have not ended", n)
		}
	})
}
