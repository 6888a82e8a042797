package signup_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// Refuse passwords that are known from a data breach. The zero value of
// PwnedPasswords asks Have I Been Pwned; this example asks a server of its own.
func ExamplePwnedPasswords() {
	// The SHA-1 hash of "correct horse battery" begins with 98DEC.
	mux := http.NewServeMux()
	mux.HandleFunc("GET /range/{digits}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Println("asked about", r.PathValue("digits"))
		_, _ = io.WriteString(w, "C62ECE399A22ED30D490EF333BE7FDE7385:3\r\n")
	})
	server := httptest.NewServer(mux)
	defer server.Close()

	pwned := &signup.PwnedPasswords{URL: server.URL + "/range/"}
	accounts := &signup.Accounts{
		Store:  memstore.New(),
		Policy: signup.NIST{Compromised: pwned.Compromised},
	}
	_, err := accounts.Register(context.Background(), signup.Registration{
		Email: "ada@example.org", Password: "correct horse battery",
	})
	fmt.Println(err)
	// Output:
	// asked about 98DEC
	// signup: invalid password: compromised
}
