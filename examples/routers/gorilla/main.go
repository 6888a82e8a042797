// Gorilla shows how to mount the registration of users in a router of
// github.com/gorilla/mux.
package main

import (
	"io"
	"net/http"

	"github.com/gorilla/mux"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/examples/internal/serve"
	"github.com/gosignup/signup/memstore"
)

func newRouter(accounts *signup.Accounts) http.Handler {
	r := mux.NewRouter()
	// With Methods("POST"), OPTIONS would be a 405, and mux sends no Allow.
	r.Handle("/v1/users/new", signup.NewHandler(accounts, nil))
	r.HandleFunc("/health", health).Methods(http.MethodGet, http.MethodHead)
	// Not r.Use: what it is given doesn't see the 404 and 405 of mux.
	return signup.JSONErrors(r, nil)
}

func health(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"status":"ok"}`)
}

func main() {
	serve.Main(newRouter(&signup.Accounts{Store: memstore.New()}), serve.AddrFlag(), nil)
}
