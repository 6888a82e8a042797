// Package servers has the handlers that are compared. The caller sets how they hash,
// so that they can be measured with and without a hash.
package servers

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/gosignup/signup"
)

// Cost is the cost of bcrypt in all servers.
const Cost = 10

// The paths of sign-ups and log-ins, in all servers without a fixed path.
const (
	SignUpPath = "/users"
	LogInPath  = "/sessions"
	// SessionPath is that of log-ins by [signup.Accounts.LogIn], which counts
	// attempts and records the device.
	SessionPath = "/devices"
)

// Raw returns a handler that reads the request and computes one bcrypt hash. Its
// throughput is the ceiling for the others.
func Raw() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if _, err := bcrypt.GenerateFromPassword([]byte("a password of usual length"), Cost); err != nil {
			panic(err)
		}
		w.WriteHeader(http.StatusOK)
	})
}

// An unlimited counter costs what the default one does, and lets the load guess without
// end at one user.
type unlimited struct{ signup.MemoryCounter }

func (c *unlimited) Add(ctx context.Context, name string, n int, window time.Duration) (int, error) {
	_, err := c.MemoryCounter.Add(ctx, name, n, window)
	return 0, err
}

// Ours returns this module's handlers for sign-ups and log-ins. If logger is nil,
// they log to slog.Default().
func Ours(store signup.Store, hasher signup.Hasher, logger *slog.Logger) http.Handler {
	accounts := &signup.Accounts{Store: store, Hasher: hasher, Counter: new(unlimited)}
	opts := &signup.HandlerOptions{Logger: logger}
	mux := http.NewServeMux()
	mux.Handle(SignUpPath, signup.NewHandler(accounts, opts))
	mux.Handle(LogInPath, signup.NewLoginHandler(accounts, nil, opts))
	mux.HandleFunc("POST "+SessionPath, func(w http.ResponseWriter, r *http.Request) {
		var in credentials
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			respond(w, http.StatusBadRequest, "not JSON")
			return
		}
		s, err := accounts.LogIn(r.Context(), in.Email, in.Password, signup.Client{Label: r.UserAgent()})
		switch {
		case errors.Is(err, signup.ErrBusy):
			respond(w, http.StatusServiceUnavailable, "busy")
		case err != nil:
			respond(w, http.StatusBadRequest, "bad credentials")
		default:
			respond(w, http.StatusOK, s.Device)
		}
	})
	return mux
}

type credentials struct {
	Email    string `json:"email_address"`
	Password string `json:"password"`
}

func respond(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(struct {
		Message string `json:"message"`
		Success bool   `json:"success"`
	}{message, status < 400})
}

// Minimal returns a handler as one would write it by hand: it decodes the request,
// hashes the password, adds the user to a map under a mutex, and responds. It only
// checks that there is an address and a password.
func Minimal(hash func(password []byte) ([]byte, error)) http.Handler {
	var mu sync.Mutex
	users := make(map[string][]byte)
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+SignUpPath, func(w http.ResponseWriter, r *http.Request) {
		var in credentials
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.Email == "" || in.Password == "" {
			respond(w, http.StatusBadRequest, "email_address and password are required")
			return
		}
		hashed, err := hash([]byte(in.Password))
		if err != nil {
			respond(w, http.StatusInternalServerError, "broken")
			return
		}
		mu.Lock()
		_, taken := users[in.Email]
		if !taken {
			users[in.Email] = hashed
		}
		mu.Unlock()
		if taken {
			respond(w, http.StatusConflict, "exists already")
			return
		}
		respond(w, http.StatusOK, "added")
	})
	return mux
}

// Bcrypt returns a bcrypt hash of password, with [Cost].
func Bcrypt(password []byte) ([]byte, error) { return bcrypt.GenerateFromPassword(password, Cost) }
