package main

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v5"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/examples/routers/internal/routertest"
)

func TestRouter(t *testing.T) { routertest.Run(t, newRouter) }

func TestBareErrors(t *testing.T) {
	const broken = `{"message":"Something broke... We are looking into it!","success":false}`
	for _, c := range []struct {
		name   string
		err    error
		status int
		body   string
	}{
		{"no HTTP error", errors.New("secret"), http.StatusInternalServerError, broken},
		{"application's 404", echo.NewHTTPError(http.StatusNotFound, "No such article."),
			http.StatusNotFound, `{"message":"No such article."}`},
		{"application's 500", echo.NewHTTPError(http.StatusInternalServerError, "No printer."),
			http.StatusInternalServerError, `{"message":"No printer."}`},
		{"other status", echo.ErrUnauthorized, http.StatusUnauthorized, `{"message":"Unauthorized"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := echo.New()
			e.HTTPErrorHandler = bareErrors(e.HTTPErrorHandler)
			e.GET("/", func(*echo.Context) error { return c.err })
			w := httptest.NewRecorder()
			signup.JSONErrors(e, nil).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
			if got := strings.TrimSpace(w.Body.String()); w.Code != c.status || got != c.body {
				t.Errorf("got %d %s, want %d %s", w.Code, got, c.status, c.body)
			}
		})
	}
}

// An error after the response adds nothing to it, and doesn't try to.
func TestBareErrorsLate(t *testing.T) {
	var log strings.Builder
	e := echo.New()
	e.Logger = slog.New(slog.NewTextHandler(&log, nil))
	e.HTTPErrorHandler = bareErrors(e.HTTPErrorHandler)
	e.GET("/", func(c *echo.Context) error {
		return errors.Join(c.String(http.StatusOK, "response"), errors.New("late"))
	})
	w := httptest.NewRecorder()
	signup.JSONErrors(e, nil).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if w.Code != http.StatusOK || w.Body.String() != "response" {
		t.Errorf("got %d %q, want 200 \"response\"", w.Code, w.Body)
	}
	if log.Len() > 0 {
		t.Errorf("got the log %q, want none", log.String())
	}
}
