package main

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// The environment names the server, its certificate, the user and the index.
func TestOpen(t *testing.T) {
	var requests atomic.Int64
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		if user, password, _ := r.BasicAuth(); user != "elastic" || password != "p:@/" {
			t.Errorf("%s: got the user %q, want the user and the password of the environment", r.URL, user)
		}
		if !strings.HasPrefix(r.URL.Path, "/below/") || strings.Contains(r.URL.Path, "//") {
			t.Errorf("got a request for %s, want a path below that of the URL", r.URL)
		}
		w.WriteHeader(http.StatusBadRequest)
	}))
	defer server.Close()
	ca := filepath.Join(t.TempDir(), "ca.crt")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(ca, certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("ELASTICSEARCH_URL", server.URL+"/below/")
	t.Setenv("ELASTICSEARCH_USER", "elastic")
	t.Setenv("ELASTICSEARCH_PASSWORD", "p:@/")
	t.Setenv("ELASTICSEARCH_CA", ca)
	t.Setenv("ELASTICSEARCH_INDEX", "people")
	if _, err := open(); err == nil || !strings.Contains(err.Error(), "400") {
		t.Errorf("got the error %v, want one with the status 400", err)
	}
	if requests.Load() == 0 {
		t.Error("the server received no request, want at least one")
	}

	for name, value := range map[string]string{
		"ELASTICSEARCH_URL": "https://user:secret@host:x", "ELASTICSEARCH_CA": filepath.Join(t.TempDir(), "none"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, value)
			if _, err := open(); err == nil || strings.Contains(err.Error(), "secret") {
				t.Errorf("got the error %v, want one without the password", err)
			}
		})
	}
}
