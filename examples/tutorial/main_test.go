package main

import (
	"encoding/pem"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/wiretest"
	"github.com/gosignup/signup/memstore"
)

const program = "github.com/gosignup/signup/examples/tutorial"

func TestInMemory(t *testing.T) {
	wiretest.Run(t, wiretest.Start(t, program), wiretest.Cases(t, wiretest.StoreUp))
}

func TestStoreDown(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // for a port that is free
	if err != nil {
		t.Fatal(err)
	}
	down := "http://" + l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	wiretest.Run(t, wiretest.Start(t, program, "-es", down), wiretest.Cases(t, wiretest.StoreDown))
}

// A request has one object, whose names are exactly those of the tutorial.
func TestStrictRequests(t *testing.T) {
	accounts := &signup.Accounts{Store: memstore.New(), Hasher: signup.Bcrypt{Cost: 4}, Policy: signup.AnyPassword}
	if _, err := accounts.Register(t.Context(), signup.Registration{Email: "test@abc.com", Password: "test"}); err != nil {
		t.Fatalf("Register returned %v, want nil", err)
	}
	h := newHandler(accounts)
	for _, c := range []struct {
		body   string
		status int
	}{
		{`{"email_address":"test@abc.com","password":"test"}`, 200},
		{`{"email_address":"test@abc.com","password":"test"}` + "\n", 200},
		{`{"email_address":"test@abc.com","password":"test","Password":"wrong"}`, 200},
		{`{"email_address":"test@abc.com","password":"wrong","Password":"test"}`, 400},
		{`{"email_address":"test@abc.com","Password":"test"}`, 400},
		{`{"Email_Address":"test@abc.com","password":"test"}`, 400},
		{`{"email_address":"test@abc.com","password":"wrong","password":"test"}`, 400},
		{`{"email_address":"test@abc.com","password":"test","\u0070assword":"test"}`, 400},
		{`{"email_address":"test@abc.com","pa\u017f\u017fword":"test"}`, 400},
		{`{"email_address":"test@abc.com","password":"test"}{}`, 400},
		{`{"email_address":"test@abc.com","password":"test"} x`, 400},
		{`{"email_address":"test@abc.com","password":"test"}}`, 400},
		{`[{"email_address":"test@abc.com","password":"test"}]`, 400},
		{`{"email_address":"test@abc.com","password":["test"]}`, 400},
	} {
		r := httptest.NewRequest(http.MethodPost, "/v1/auth/login", strings.NewReader(c.body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.status {
			t.Errorf("a log-in with %s got status %d, want %d", c.body, w.Code, c.status)
		}
	}
}

// The flags name the server, the user and the certificate.
func TestConnect(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "elastic" || password != "changeme" || r.URL.Path != "/below/path" {
			t.Errorf("got a request for %s of user %q, want /below/path of elastic and the password", r.URL, user)
		}
		w.WriteHeader(http.StatusTeapot)
	}))
	defer server.Close()
	ca := filepath.Join(t.TempDir(), "ca.crt")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(ca, certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	client, err := connect(strings.Replace(server.URL, "://", "://elastic:changeme@", 1)+"/below/", ca)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/path", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.Perform(req)
	if err != nil {
		t.Fatalf("Perform: got the error %v, want nil", err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusTeapot {
		t.Errorf("got status %d, want %d", res.StatusCode, http.StatusTeapot)
	}
}

func TestConnectFails(t *testing.T) {
	for _, c := range []struct{ url, ca string }{
		{"https://user:secret@host:x", ""},
		{"localhost:9200", ""},
		{"https://localhost:9200", filepath.Join(t.TempDir(), "none")},
		{"https://localhost:9200", "main_test.go"}, // has no certificate
	} {
		if _, err := connect(c.url, c.ca); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("-es %s -es-ca %q: got the error %v, want one without the password", c.url, c.ca, err)
		}
	}
}
