package pages_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/pages"
)

// overloads returns the records at WARN and above, each as its level, message and what it
// has of refused and error, and the number of those at DEBUG that a page was refused.
func overloads(t *testing.T, site *testSite) (warnings []string, refused int) {
	t.Helper()
	for line := range strings.Lines(site.log.String()) {
		var r map[string]any
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("the log has the line %q, decoded with %v; want JSON", line, err)
		}
		switch {
		case r["level"] == "WARN" || r["level"] == "ERROR":
			text := fmt.Sprint(r["level"], " ", r["msg"])
			for _, name := range []string{"refused", "error"} {
				if v, ok := r[name]; ok {
					text += fmt.Sprint(", ", v)
				}
			}
			warnings = append(warnings, text)
		case r["level"] == "DEBUG" && r["msg"] == "signup: page refused":
			refused++
		}
	}
	return warnings, refused
}

// While the Store is busy, the log has one warning at each end, whatever the pages are.
func TestOverloadIsLoggedTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		site, b := adaAndBrowser(t)
		cause := "node 7"
		site.store.fail = func() error { return fmt.Errorf("%s: %w", cause, signup.ErrBusy) }
		want := 0
		refuse := func(s *screen) {
			t.Helper()
			if want++; s.status != http.StatusServiceUnavailable {
				t.Errorf("%s has status %d, want 503", s.path, s.status)
			}
		}
		refuse(b.page("profile"))
		other := site.browser()
		for range 100 {
			for _, page := range []string{"sign-up", "log-in", "forgot"} {
				refuse(other.postOnly("/account/"+page, allPosts[page]))
			}
		}
		cause = "node 8"
		refuse(b.page("devices"))
		site.store.fail = nil
		site.goesOn(b, true)
		time.Sleep(time.Minute)
		warnings, refused := overloads(t, site)
		if refused != want {
			t.Errorf("the log has %d refusals at DEBUG, want %d", refused, want)
		}
		for i, w := range []string{
			"WARN signup: page overload begins, ", "WARN signup: page overload has another cause, ",
			"WARN signup: page overload has another cause, ", "WARN signup: page overload has another cause, ", "WARN signup: page overload ends, 302",
		} {
			if i >= len(warnings) || !strings.HasPrefix(warnings[i], w) {
				t.Fatalf("the log has %q at WARN and above, want the record %d to begin with %q", warnings, i, w)
			}
		}
	})
}

// A brokenCounter fails after a number of calls.
type brokenCounter struct {
	signup.Counter
	left int
}

func (c *brokenCounter) Add(ctx context.Context, name string, n int, window time.Duration) (int, error) {
	if c.left--; c.left < 0 {
		return 0, errors.New("node 7")
	}
	return c.Counter.Add(ctx, name, n, window)
}

// A log-in that is refused because of an overload after the account was made counts as well.
func TestOverloadAfterSignUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		site := newSite(t, func(a *signup.Accounts, _ *pages.Options) { a.Counter = &brokenCounter{Counter: a.Counter, left: 1} })
		s := site.browser().postOnly("/account/sign-up", allPosts["sign-up"])
		if got, want := s.header.Get("Location"), "/account/log-in?done=signed_up"; got != want {
			t.Errorf("the sign-up leads to %q, want %q", got, want)
		}
		site.hide(newPassword)
		time.Sleep(time.Minute)
		warnings, refused := overloads(t, site)
		got := slices.DeleteFunc(warnings, func(w string) bool { return !strings.Contains(w, "page overload") })
		if len(got) != 2 || refused != 1 {
			t.Errorf("the log has %q and %d refusals at DEBUG, want two records of an overload and one refusal", got, refused)
		}
	})
}

// Another failure of the Store is no overload.
func TestFailureIsNoOverload(t *testing.T) {
	site, b := adaAndBrowser(t)
	site.store.fail = func() error { return errors.New("no route to node 7") }
	b.page("profile").check(http.StatusInternalServerError, "Something went wrong")
	if warnings, refused := overloads(t, site); len(warnings) != 1 || !strings.HasPrefix(warnings[0], "ERROR signup: page failed") || refused != 0 {
		t.Errorf("the log has %q and %d refusals, want one ERROR and none", warnings, refused)
	}
}
