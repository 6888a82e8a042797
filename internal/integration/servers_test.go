package integration

import (
	"net/http"
	"strings"
	"testing"
)

// TestServers checks what the other tests stand on: each server responds, has a
// version, and stores a document through the client.
func TestServers(t *testing.T) {
	for _, s := range servers(t) {
		t.Run(s.Name, func(t *testing.T) {
			if strings.Count(s.Version, ".") != 2 {
				t.Errorf("got version %q, want one like 8.19.7", s.Version)
			}
			client, index := s.client(t), indexName(t)
			put, err := client.Create(index, "1", strings.NewReader(`{"n":1}`), client.Create.WithContext(t.Context()))
			if err != nil {
				t.Fatal(err)
			}
			defer put.Body.Close()
			if put.StatusCode != http.StatusCreated {
				t.Fatalf("create: got %s, want 201", put)
			}
			got, err := client.Get(index, "1", client.Get.WithContext(t.Context()))
			if err != nil {
				t.Fatal(err)
			}
			defer got.Body.Close()
			if body := got.String(); !strings.Contains(body, `"_source":{"n":1}`) {
				t.Fatalf("get: got %s, want the document", body)
			}
		})
	}
}
