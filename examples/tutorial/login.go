package main

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"github.com/gosignup/signup"
)

// login answers as the tutorial's second part does, without the stored document
// that it sent along. It keeps no session.
func login(accounts *signup.Accounts) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Email    string `json:"email_address"`
			Password string `json:"password"`
		}
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&in); err != nil {
			answer(w, http.StatusBadRequest, "Content-Type: 'application/json' required")
			return
		}
		for _, field := range []struct{ name, value string }{
			{"email_address", in.Email}, {"password", in.Password},
		} {
			if field.value == "" {
				answer(w, http.StatusBadRequest, "'"+field.name+"' is required.")
				return
			}
		}
		_, err := accounts.Authenticate(r.Context(), in.Email, in.Password)
		switch {
		case err == nil:
			answer(w, http.StatusOK, "'"+in.Email+"' successfully logged in!")
		case errors.Is(err, signup.ErrBadCredentials):
			answer(w, http.StatusBadRequest, "Unknown email_address or bad password")
		case errors.Is(err, signup.ErrBusy):
			w.Header().Set("Retry-After", "2")
			answer(w, http.StatusServiceUnavailable, "The service is busy. Please try again in a moment.")
		default:
			slog.ErrorContext(r.Context(), "log-in failed", "error", err)
			answer(w, http.StatusInternalServerError, "Something broke... We are looking into it!")
		}
	}
}

func answer(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"message": message, "success": status < 400})
}
