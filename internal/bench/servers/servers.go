// Package servers has the handlers that are compared. Each takes what makes its
// hashes, so that it can be measured with and without one.
package servers

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"sync"

	"golang.org/x/crypto/bcrypt"

	"github.com/gosignup/signup"
)

// Cost is bcrypt's, in all servers.
const Cost = 10

// The paths of sign-ups and log-ins, in all servers that have no other of
// their own.
const (
	SignUpPath = "/users"
	LogInPath  = "/sessions"
)

// Raw returns a handler that does nothing with a request but one bcrypt hash:
// what is left is the ceiling.
func Raw() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if _, err := bcrypt.GenerateFromPassword([]byte("a password of usual length"), Cost); err != nil {
			panic(err)
		}
		w.WriteHeader(http.StatusOK)
	})
}

// Ours returns this module's handlers for sign-ups and log-ins. If logger is nil,
// it is slog.Default().
func Ours(store signup.Store, hasher signup.Hasher, logger *slog.Logger) http.Handler {
	accounts := &signup.Accounts{Store: store, Hasher: hasher}
	opts := &signup.HandlerOptions{Logger: logger}
	mux := http.NewServeMux()
	mux.Handle(SignUpPath, signup.NewHandler(accounts, opts))
	mux.Handle(LogInPath, signup.NewLoginHandler(accounts, nil, opts))
	return mux
}

type credentials struct {
	Email    string `json:"email_address"`
	Password string `json:"password"`
}

func answer(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(struct {
		Message string `json:"message"`
		Success bool   `json:"success"`
	}{message, status < 400})
}

// Minimal returns what one would write by hand: decode, hash, map under a mutex,
// answer. It checks nothing but that there is an address and a password.
func Minimal(hash func(password []byte) ([]byte, error)) http.Handler {
	var mu sync.Mutex
	users := make(map[string][]byte)
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+SignUpPath, func(w http.ResponseWriter, r *http.Request) {
		var in credentials
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.Email == "" || in.Password == "" {
			answer(w, http.StatusBadRequest, "email_address and password are required")
			return
		}
		hashed, err := hash([]byte(in.Password))
		if err != nil {
			answer(w, http.StatusInternalServerError, "broken")
			return
		}
		mu.Lock()
		_, taken := users[in.Email]
		if !taken {
			users[in.Email] = hashed
		}
		mu.Unlock()
		if taken {
			answer(w, http.StatusConflict, "exists already")
			return
		}
		answer(w, http.StatusOK, "added")
	})
	return mux
}

// Bcrypt makes a hash of bcrypt's.
func Bcrypt(password []byte) ([]byte, error) { return bcrypt.GenerateFromPassword(password, Cost) }
