package integration

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"

	"github.com/gosignup/signup/internal/wiretest"
)

// One sign-up, sent many times under one Idempotency-Key: through a process that
// gets no response from Elasticsearch, through another that does, and through both
// at once.
func TestIdempotencyKey(t *testing.T) {
	const key, email, password = "8e03978e-40d5-43e8-bc93-6894a57f9324", "idempotent@abc.com", "the correct horse of all repetitions"
	const added = `{"message":"'` + email + `' added successfully!","success":true}` + "\n"
	for _, s := range servers(t) {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			lossy := newLossy(t, s)
			between := httptest.NewServer(lossy)
			defer between.Close()
			through, err := url.Parse(between.URL)
			if err != nil {
				t.Fatal(err)
			}
			u, caFile, _ := s.reach(t)
			through.User = u.User
			index := indexName(t)
			one := wiretest.Start(t, tutorial, "-es", through.String(), "-es-index", index) + "/v1/users/new"
			other := wiretest.Start(t, tutorial, "-es", u.String(), "-es-ca", caFile, "-es-index", index) + "/v1/users/new"

			want := func(what, at, key, password string, status int, body string) {
				t.Helper()
				if got, text := postKeyed(t, at, key, email, password); got != status || body != "" && text != body {
					t.Errorf("%s: got status %d, body as expected %t, want %d, %t", what, got, text == body, status, body != "")
				}
			}
			lossy.deaf.Store(true)
			want("without answers from Elasticsearch", one, key, password, http.StatusInternalServerError, "")
			want("the same through the other process", other, key, password, http.StatusOK, added)
			lossy.deaf.Store(false)
			want("the same through the first process", one, key, password, http.StatusOK, added)
			want("another password", other, key, password+"!", http.StatusUnprocessableEntity, "")
			want("another key", other, key+"0", password, http.StatusConflict, "")
			want("no key", other, "", password, http.StatusConflict, "")

			const callers, each = 16, 8
			var wg sync.WaitGroup
			for i := range callers {
				wg.Go(func() {
					address := fmt.Sprintf("idempotent%d@abc.com", i/each)
					if status, _ := postKeyed(t, []string{one, other}[i%2], fmt.Sprintf("%s-%d", key, i/each), address, password); status != http.StatusOK {
						t.Errorf("at once: got status %d, want 200", status)
					}
				})
			}
			wg.Wait()
			client := s.client(t)
			if n := count(t, client, index); n != 1+callers/each {
				t.Errorf("got %d documents, want %d", n, 1+callers/each)
			}
		})
	}
}
