package pages_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/pages"
)

// A stoppedHasher makes no hash while it is stopped.
type stoppedHasher struct {
	signup.Bcrypt
	stopped *sync.RWMutex
	begun   chan struct{}
}

func (h stoppedHasher) Hash(password string) (signup.Hash, error) {
	select {
	case h.begun <- struct{}{}:
	default:
	}
	h.stopped.RLock()
	defer h.stopped.RUnlock()
	return h.Bcrypt.Hash(password)
}

// Without capacity for a hash, the form says so before any other work, except that the
// page of a link reads its user. The link stays valid.
func TestBusy(t *testing.T) {
	posts := []mailedPage{
		{path: "/account/sign-up", button: "Sign up", typed: map[string]string{"Email address": "eve@example.org", "Password": goodPassword}},
		{path: "/account/log-in", button: "Log in", typed: map[string]string{"Email address": adaEmail, "Password": goodPassword}},
	}
	for _, m := range append(posts, mailedPages...) {
		if m.typed == nil {
			continue // no password
		}
		var stopped sync.RWMutex
		hasher := stoppedHasher{signup.Bcrypt{Cost: 4}, &stopped, make(chan struct{}, 1)}
		site := newSite(t, verification(m.verify), func(a *signup.Accounts, _ *pages.Options) {
			a.Hasher, a.HashLimits = hasher, signup.HashLimits{MaxConcurrent: 1, MaxWait: time.Nanosecond}
		})
		site.register("other@example.org")
		link := m.path
		if m.ask != nil {
			m.ask(site)
			link = site.mails.link(m.purpose)
		}
		b := site.browser()
		path, values := b.fill(b.get(link), m.button, m.typed)

		select {
		case <-hasher.begun: // of a hash before
		default:
		}
		stopped.Lock()
		var other sync.WaitGroup
		other.Go(func() { _, _ = site.accounts.SetPassword(context.Background(), "other@example.org", newPassword) })
		<-hasher.begun
		calls := site.store.calls.Load()
		s := b.postOnly(path, values).checkRetry(http.StatusServiceUnavailable)
		want := int64(0)
		if m.ask != nil {
			want = 1
		}
		if n := site.store.calls.Load() - calls; n != want || s.header.Get("Retry-After") == "" {
			t.Errorf("%s: the Store got %d calls, Retry-After is %q; want %d, and a time", path, n, s.header.Get("Retry-After"), want)
		}
		stopped.Unlock()
		other.Wait()
		if s := b.get(link); s.status != http.StatusOK {
			t.Errorf("%s: afterwards the page has status %d, want 200", path, s.status)
		}
	}
}
