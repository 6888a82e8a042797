package sqltest

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/transfertest"
	"github.com/gosignup/signup/transfer"
)

// The users that are in memory at a time are few, however many there are.
func TestTransferMemory(t *testing.T) {
	const n, length, limit = 3000, 20_000, 30 << 20 // of 60 MB
	live := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	users := func(yield func(signup.User, error) bool) {
		for i := range n {
			u := signup.User{ID: fmt.Sprint("id-", i), Email: fmt.Sprintf("ada%d@example.org", i), LastName: strings.Repeat("x", length)}
			if !yield(u, nil) {
				return
			}
		}
	}
	eachDatabase(t, func(t *testing.T, newDatabase func(testing.TB) database) {
		d := newDatabase(t)
		s := setUp(t, d.DB, d.options)
		before, most := live(), int64(0)
		sum, err := s.Import(t.Context(), users, &transfer.ImportOptions{Progress: func(transfer.ImportSummary) {
			most = max(most, live()-before)
		}})
		if err != nil || sum.Created != n || most > limit {
			t.Errorf("Import: got %d users, %d bytes in memory and the error %v, want %d, %d at most and nil", sum.Created, most, err, n, limit)
		}
		most = 0
		count, err := s.Export(t.Context(), transfertest.WriterFunc(func(p []byte) (int, error) {
			most = max(most, live()-before)
			return len(p), nil
		}), nil)
		if err != nil || count != n || most > limit {
			t.Errorf("Export: got %d users, %d bytes in memory and the error %v, want %d, %d at most and nil", count, most, err, n, limit)
		}
	})
}
