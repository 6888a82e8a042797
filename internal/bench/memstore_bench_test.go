package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// bareMap is the smallest possible store: a map and a mutex.
type bareMap struct {
	mu    sync.Mutex
	users map[string]signup.User
}

func (m *bareMap) Create(_ context.Context, u *signup.User) error {
	key := u.Key()
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, taken := m.users[key]; taken {
		return signup.ErrExists
	}
	m.users[key] = *u
	return nil
}

type creator interface {
	Create(ctx context.Context, u *signup.User) error
}

var stores = []struct {
	name string
	make func() creator
}{
	{"map", func() creator { return &bareMap{users: make(map[string]signup.User)} }},
	{"memstore", func() creator { return memstore.New() }},
}

// newUser returns the n-th user, as Accounts would make it.
func newUser(n int) signup.User {
	now := time.Now().UTC().Truncate(time.Millisecond)
	u := signup.User{
		ID: rand.Text(), Email: "user-" + strconv.Itoa(n) + "@example.org", Active: true,
		PasswordHash: signup.Hash(aHash), CreatedAt: now, UpdatedAt: now,
	}
	u.SetKey("user-"+strconv.Itoa(n)+"@example.org", signup.EmailRule)
	return u
}

// BenchmarkGrowth measures the time to create a user in a store that already has a
// number of users: ns/create, the mean while the store grows by a tenth.
//
//	go test -run '^$' -bench Growth -benchtime 1x -count 10 .
func BenchmarkGrowth(b *testing.B) {
	for _, size := range []int{10_000, 1_000_000} {
		// The same number of creations at each size, in new stores.
		repetitions := 1_000_000 / size
		for _, s := range stores {
			b.Run(fmt.Sprintf("store=%s/users=%d", s.name, size), func(b *testing.B) {
				created, took := 0, time.Duration(0)
				for b.Loop() {
					for range repetitions {
						store := s.make()
						fill(b, store, 0, size)
						more := make([]signup.User, size/10)
						for i := range more {
							more[i] = newUser(size + i)
						}
						runtime.GC()
						start := time.Now()
						for i := range more {
							if err := store.Create(b.Context(), &more[i]); err != nil {
								b.Fatal(err)
							}
						}
						took += time.Since(start)
						created += len(more)
					}
				}
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(float64(took.Nanoseconds())/float64(created), "ns/create")
			})
		}
	}
}

// BenchmarkMemory measures the memory of a user in a store of a million: B/user.
//
//	go test -run '^$' -bench Memory -benchtime 1x .
func BenchmarkMemory(b *testing.B) {
	const size = 1_000_000
	for _, s := range stores {
		b.Run("store="+s.name, func(b *testing.B) {
			var grown uint64
			for b.Loop() {
				before := heapInUse()
				store := s.make()
				fill(b, store, 0, size)
				grown += heapInUse() - before
				runtime.KeepAlive(store)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(grown)/float64(b.N)/size, "B/user")
		})
	}
}

func fill(b *testing.B, store creator, from, to int) {
	for n := from; n < to; n++ {
		u := newUser(n)
		if err := store.Create(b.Context(), &u); err != nil {
			b.Fatal(err)
		}
	}
}

func heapInUse() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
