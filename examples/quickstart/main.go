// Quickstart registers users in memory. It is all that an application needs to
// begin with.
package main

import (
	"net/http"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/examples/internal/serve"
	"github.com/gosignup/signup/memstore"
)

func main() {
	accounts := &signup.Accounts{Store: memstore.New()}
	mux := http.NewServeMux()
	mux.Handle("/v1/users/new", signup.NewHandler(accounts, nil))
	serve.Main(signup.JSONErrors(mux, nil), serve.AddrFlag(), hint)
}

func hint(url string) string {
	return `Register a user, twice, by

  curl -H 'Content-Type: application/json' ` + url + `/v1/users/new \
    -d '{"email_address": "ada@example.org", "password": "correct horse battery"}'
`
}
