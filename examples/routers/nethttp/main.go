// Nethttp shows how to mount the registration of users in an http.ServeMux.
package main

import (
	"io"
	"net/http"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/examples/internal/serve"
	"github.com/gosignup/signup/memstore"
)

func newRouter(accounts *signup.Accounts) http.Handler {
	mux := http.NewServeMux()
	// With "POST " before the path, OPTIONS would be a 405.
	mux.Handle("/v1/users/new", signup.NewHandler(accounts, nil))
	mux.HandleFunc("GET /health", health)
	return signup.JSONErrors(mux, nil)
}

func health(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"status":"ok"}`)
}

func main() {
	serve.Main(newRouter(&signup.Accounts{Store: memstore.New()}), serve.AddrFlag(), nil)
}
