package transfertest

import (
	"crypto/sha256"
	"io"
	"iter"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/transfer"
)

// Accept are options of an import that accept each hash.
func Accept() *transfer.ImportOptions {
	return &transfer.ImportOptions{CheckHash: func(signup.Hash) error { return nil }}
}

// Fill imports n users, each of which must be created.
func Fill(t testing.TB, to transfer.Importer, n int, users iter.Seq2[signup.User, error]) {
	t.Helper()
	begin := time.Now()
	sum, err := to.Import(t.Context(), users, Accept())
	if want := (transfer.ImportSummary{Read: int64(n), Created: int64(n)}); sum != want || err != nil {
		t.Fatalf("Import into a %T: got %+v and the error %v, want %+v and nil", to, sum, err, want)
	}
	t.Logf("%d users to a %T: %.1f s", n, to, time.Since(begin).Seconds())
}

// A Store can be moved from and to.
type Store interface {
	transfer.Exporter
	transfer.Importer
}

// Move moves n users with their hashes, while they are read. Their export must be the same
// afterwards.
func Move(t testing.TB, from, to Store, n int) {
	t.Helper()
	r, w := io.Pipe()
	defer func() { _ = r.Close() }()
	go func() {
		_, err := from.Export(t.Context(), w, &transfer.ExportOptions{Hashes: true})
		_ = w.CloseWithError(err)
	}()
	Fill(t, to, n, transfer.Read(r))
	if got, want := Sum(t, to, n), Sum(t, from, n); got != want {
		t.Errorf("%T: got the checksum %x, want the %x of the %T", to, got, want, from)
	}
}

// Sum returns the SHA-256 of an export with hashes. The export must have n users.
func Sum(t testing.TB, from transfer.Exporter, n int) [sha256.Size]byte {
	t.Helper()
	h := sha256.New()
	got, err := from.Export(t.Context(), h, &transfer.ExportOptions{Hashes: true})
	if err != nil || got != int64(n) {
		t.Fatalf("Export from a %T: got %d users and the error %v, want %d and nil", from, got, err, n)
	}
	return [sha256.Size]byte(h.Sum(nil))
}
