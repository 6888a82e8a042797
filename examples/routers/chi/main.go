// Chi shows how to mount the registration of users in a router of
// github.com/go-chi/chi.
package main

import (
	"io"
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/examples/internal/serve"
	"github.com/gosignup/signup/memstore"
)

func newRouter(accounts *signup.Accounts) http.Handler {
	r := chi.NewRouter()
	// With Post instead of Handle, OPTIONS would be a 405.
	r.Handle("/v1/users/new", signup.NewHandler(accounts, nil))
	r.Get("/health", health)
	return signup.JSONErrors(r, nil)
}

func health(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"status":"ok"}`)
}

func main() {
	serve.Main(newRouter(&signup.Accounts{Store: memstore.New()}), serve.AddrFlag(), nil)
}
