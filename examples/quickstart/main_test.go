package main

import (
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/gosignup/signup/internal/wiretest"
)

// The curl line that is printed is run as it stands.
func TestHint(t *testing.T) {
	url := wiretest.Start(t, "github.com/gosignup/signup/examples/quickstart")
	_, line, _ := strings.Cut(hint(url), "\n\n")
	for _, want := range []string{
		`{"message":"'ada@example.org' added successfully!","success":true}`,
		`{"message":"'ada@example.org' already exists.","success":false}`,
	} {
		out, err := exec.CommandContext(t.Context(), "sh", "-c", strings.Replace(line, "curl", "curl -sS", 1)).CombinedOutput()
		if err != nil || strings.TrimSpace(string(out)) != want {
			t.Errorf("%s%s, %v; want %s", line, out, err, want)
		}
	}
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if body, err := io.ReadAll(res.Body); res.StatusCode != http.StatusNotFound || !strings.Contains(string(body), `"success":false`) {
		t.Errorf("%d %s, %v", res.StatusCode, body, err)
	}
}
