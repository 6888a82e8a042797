package integration

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/gosignup/signup/internal/wiretest"
)

// post sends an address and a password, again for as long as the response says that
// the service is busy, and returns the response.
func post(t *testing.T, url, email, password string) (int, string) {
	t.Helper()
	return postKeyed(t, url, "", email, password)
}

// postKeyed is post with an Idempotency-Key, if it isn't empty.
func postKeyed(t *testing.T, url, key, email, password string) (int, string) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"email_address": email, "password": password})
	if err != nil {
		t.Fatal(err)
	}
	for range 100 { // a service that stays busy is broken
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(body))
		if err != nil {
			t.Errorf("NewRequest returned %v, want nil", err)
			return 0, ""
		}
		req.Header.Set("Content-Type", "application/json")
		if key != "" {
			req.Header.Set("Idempotency-Key", key)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Errorf("POST: got %v, want a response", err)
			return 0, ""
		}
		text, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil {
			t.Errorf("reading the response: got %v, want no error", err)
			return 0, ""
		}
		if res.StatusCode != http.StatusServiceUnavailable {
			return res.StatusCode, string(text)
		}
		seconds, err := strconv.Atoi(res.Header.Get("Retry-After"))
		if err != nil || seconds < 1 {
			t.Errorf("got Retry-After %q, want at least 1 second", res.Header.Get("Retry-After"))
			return 0, ""
		}
		time.Sleep(time.Duration(seconds) * time.Second)
	}
	t.Errorf("got status 503 for each of 100 requests, want another one in the end")
	return 0, ""
}

// The tutorial's race: of 50 sign-ups at once, its service said to up to 35 that they
// were added, each overwriting the one before.
func TestRace(t *testing.T) {
	for _, s := range servers(t) {
		t.Run(s.Name, func(t *testing.T) {
			u, caFile, _ := s.reach(t)
			index := indexName(t)
			var processes []string
			for range 2 {
				processes = append(processes, wiretest.Start(t, tutorial, "-es", u.String(), "-es-ca", caFile, "-es-index", index))
			}
			// Few are at the Create at once, as the hashes take turns.
			callers := soaking(50, 200)
			statuses := make([]int, callers)
			start := make(chan struct{})
			var wg sync.WaitGroup
			for i := range callers {
				wg.Go(func() {
					<-start
					statuses[i], _ = post(t, processes[i%2]+"/v1/users/new", "race@abc.com", password(i))
				})
			}
			close(start)
			wg.Wait()

			count, winner := map[int]int{}, -1
			for i, status := range statuses {
				count[status]++
				if status == http.StatusOK {
					winner = i
				}
			}
			if count[http.StatusOK] != 1 || count[http.StatusConflict] != callers-1 {
				t.Fatalf("got the responses by status %v, want one 200 and %d 409", count, callers-1)
			}
			for _, process := range processes {
				if status, body := post(t, process+"/v1/auth/login", "race@abc.com", password(winner)); status != http.StatusOK {
					t.Errorf("log-in of the winner: got status %d, want 200: %s", status, body)
				}
				if status, _ := post(t, process+"/v1/auth/login", "race@abc.com", password((winner+1)%callers)); status != http.StatusBadRequest {
					t.Errorf("log-in of a loser: got status %d, want 400", status)
				}
			}
			t.Attr("race", fmt.Sprintf("%d at once through two processes: %d added, %d refused as duplicates", callers, count[200], count[409]))
		})
	}
}

func password(i int) string { return fmt.Sprintf("the correct horse of %d", i) }
