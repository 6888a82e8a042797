package signup_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/wiretest"
	"github.com/gosignup/signup/memstore"
)

func TestWire(t *testing.T) {
	accounts := &signup.Accounts{Store: memstore.New(), Policy: signup.AnyPassword, Hasher: signup.Bcrypt{Cost: 4}}
	mux := http.NewServeMux()
	mux.Handle("/v1/users/new", signup.NewHandler(accounts, nil))
	mux.Handle("/v1/auth/login", signup.NewLoginHandler(accounts, nil, nil))
	server := httptest.NewServer(signup.JSONErrors(mux, nil))
	defer server.Close()
	wiretest.Run(t, server.URL, wiretest.Cases(t, wiretest.StoreUp))
}
