package browser

import (
	"net"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup/internal/wiretest"
)

// A newcomer starts the example, signs up, opens the link that it prints, and is logged
// in. It is the program as it is, without another mail server.
func TestWebapp(t *testing.T) {
	t.Parallel()
	s, printed := startWebapp(t)
	email := newAddress()
	p := newTab(t, s, options{name: "webapp"})

	p.open("/private") // leads to the log-in
	p.at("/account/log-in")
	p.open("/")
	p.follow(`a[href="/account/sign-up"]`)
	p.fill("email_address", email)
	p.post("sign-up")
	p.at("/account/check-mail")
	p.open(printedMail(t, printed))
	p.at("/account/complete")
	p.fillAll("password", password, "first_name", "Ada")
	p.post("complete")
	p.at("/private")
	if !strings.Contains(p.text(), "Hello, Ada") {
		t.Error("the private page doesn't greet the user, want it to")
	}
	p.follow(`a[href="/account/"]`)
	p.at("/account/profile")
}

// startWebapp starts examples/webapp, which ends with the test.
func startWebapp(t *testing.T) (*site, *wiretest.Buffer) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "webapp")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
	build.Dir = "../../examples/webapp"
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the example returned %v, want nil\n%s", err, out)
	}
	addr, err := freeAddress()
	if err != nil {
		t.Fatalf("finding a free port returned %v, want nil", err)
	}
	printed := new(wiretest.Buffer)
	run := exec.CommandContext(t.Context(), program, "-addr", addr)
	run.Stdout, run.Stderr = printed, printed
	if err := run.Start(); err != nil {
		t.Fatalf("starting the example returned %v, want nil", err)
	}
	t.Cleanup(func() { _ = run.Wait() }) // it was killed when the test's context ended
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		if conn, err := net.Dial("tcp", addr); err == nil {
			_ = conn.Close()
			return &site{base: "http://" + addr}, printed
		}
		if time.Now().After(end) {
			t.Fatalf("got no connection to the example within %v, want one", patience)
		}
	}
}

var printedLink = regexp.MustCompile(`http://\S+/account/link\?token=\S+`)

// printedMail waits for a mail in what the example prints, and returns its link.
func printedMail(t *testing.T, printed *wiretest.Buffer) string {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if link := printedLink.FindString(printed.String()); link != "" {
			return link
		}
	}
	t.Fatalf("no link was printed after %v, want one", patience)
	return ""
}
