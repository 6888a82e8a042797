package sqltest

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/sqlstore"
)

// serveChild serves sign-ups from the database of that driver, name and prefix, and prints
// its URL.
func serveChild(args []string) error {
	db, err := sql.Open(args[0], args[1])
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(20)
	accounts := &signup.Accounts{
		Store:  sqlstore.New(db, &sqlstore.Options{Prefix: args[2]}),
		Hasher: signup.Bcrypt{Cost: 4},
		// So that many are at the Create at once.
		HashLimits: signup.HashLimits{MaxConcurrent: 100, MaxWait: time.Minute},
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("http://" + l.Addr().String())
	server := &http.Server{Handler: signup.NewHandler(accounts, &signup.HandlerOptions{
		Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})}
	go func() {
		<-ended()
		_ = server.Close()
	}()
	if err := server.Serve(l); err != http.ErrServerClosed {
		return err
	}
	return db.Close()
}

// Of 200 requests at once for one address through two processes, one signs the user up.
func TestRaceOfProcesses(t *testing.T) {
	url, err := server()
	if err != nil {
		t.Fatal(err)
	}
	for driver, name := range map[string]string{"sqlite": sqliteFile(t), "pgx": url} {
		t.Run(driver, func(t *testing.T) {
			db, err := sql.Open(driver, name)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = db.Close() }()
			o := &sqlstore.Options{}
			if o.Prefix = "t_race_"; driver == "pgx" {
				o = newPrefix(t, openPostgreSQL(t))
			}
			setUp(t, db, o)
			var urls []string
			for range 2 {
				urls = append(urls, startServer(t, driver, name, o.Prefix))
			}
			const callers = 200
			statuses := make([]int, callers)
			atOnce(callers, func(i int) { statuses[i] = signUp(t, urls[i%2], i) })
			got := map[int]int{}
			for _, status := range statuses {
				got[status]++
			}
			want := map[int]int{http.StatusOK: 1, http.StatusConflict: callers - 1}
			if !maps.Equal(got, want) {
				t.Errorf("got the responses by status %v, want %v", got, want)
			}
			var rows int
			if err := db.QueryRow("SELECT count(*) FROM " + o.Prefix + "users").Scan(&rows); err != nil || rows != 1 {
				t.Errorf("got %d rows and the error %v, want 1 and nil", rows, err)
			}
			t.Attr("race", fmt.Sprintf("%d at once through two processes: %d added, %d refused as duplicates", callers, got[200], got[409]))
		})
	}
}

// startServer starts a child that serves, and returns its URL.
func startServer(t *testing.T, args ...string) string {
	t.Helper()
	c := startChild(t, "serve", args...)
	if !c.lines.Scan() {
		t.Fatalf("got no URL from a child: %s", c.log.String())
	}
	t.Cleanup(func() {
		_ = c.input.Close()
		c.end(t, false)
		if log := c.log.String(); strings.Contains(log, "level=ERROR") {
			t.Errorf("got the log %q, want no error", log)
		}
	})
	return c.lines.Text()
}

// signUp sends caller's sign-up and returns the status of the response.
func signUp(t *testing.T, url string, caller int) int {
	body, err := json.Marshal(map[string]string{
		"email_address": "race@example.org", "password": fmt.Sprint("the correct horse of ", caller),
	})
	if err != nil {
		t.Error(err)
	}
	res, err := http.Post(url, "application/json", bytes.NewReader(body))
	if err != nil {
		t.Errorf("POST: got the error %v, want a response", err)
		return 0
	}
	defer func() { _ = res.Body.Close() }()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		t.Errorf("the body of the response: got the error %v, want nil", err)
	}
	return res.StatusCode
}
