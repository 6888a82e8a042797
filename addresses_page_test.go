package signup_test

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/gosignup/signup"
)

var (
	repeated = regexp.MustCompile(`(.)×(\d+)`)
	declared = regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	codeSpan = regexp.MustCompile("^(?:`` (.+) ``|`([^`]+)`)$")
	accepts  = regexp.MustCompile("^accepted as (``? ?.+?`?`)(?:, mail to (`[^`]+`))?$")
	refuses  = regexp.MustCompile("^refused, `([a-z_]+)`(?:: (.+))?$")
)

// TestAddressesPage checks every row of docs/addresses.md against CanonicalEmail
// and NormalizeEmail, and that the tests that it names exist.
func TestAddressesPage(t *testing.T) {
	page, err := os.ReadFile("docs/addresses.md")
	if err != nil {
		t.Fatal(err)
	}
	tests := testNames(t)
	rows := 0
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(strings.TrimSpace(line), " | ")
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| kind |") {
			continue
		}
		if rows++; len(cells) != 5 {
			t.Errorf("the row %s has %d cells, want 5", line, len(cells))
			continue
		}
		if name := strings.Trim(cells[4], "` |"); !tests[name] {
			t.Errorf("the row of %s names the test %q, want one that exists", cells[1], name)
		}
		address := text(t, cells[1])
		if m := accepts.FindStringSubmatch(cells[2]); m != nil {
			checkAccepted(t, address, text(t, m[1]), m[2])
		} else if m := refuses.FindStringSubmatch(cells[2]); m != nil {
			checkRefused(t, address, m[1], m[2])
		} else {
			t.Errorf("the row of %s has the outcome %q, want accepted or refused", cells[1], cells[2])
		}
	}
	t.Logf("%d rows of docs/addresses.md are as the functions say", rows)
	if rows < 60 {
		t.Errorf("read %d rows, want 60 at least", rows)
	}
}

// checkAccepted checks the outcome "accepted as key, mail to email". Without email,
// the text is key.
func checkAccepted(t *testing.T, address, key, email string) {
	t.Helper()
	want := key
	if email != "" {
		want = text(t, email)
	}
	if got, err := signup.CanonicalEmail(address); got != key || err != nil {
		t.Errorf("CanonicalEmail(%+q) = %+q, %v; want %+q, nil", address, got, err, key)
	}
	if got, err := signup.NormalizeEmail(address); got != want || err != nil {
		t.Errorf("NormalizeEmail(%+q) = %+q, %v; want %+q, nil", address, got, err, want)
	}
}

func checkRefused(t *testing.T, address, code, message string) {
	t.Helper()
	_, err := signup.CanonicalEmail(address)
	var e signup.FieldError
	isFieldError := errors.As(err, &e)
	switch {
	case code == signup.CodeRequired:
		message = "'email_address' is required."
	case e.Max == 0:
		message = strings.TrimSpace("'" + address + "' is not valid 'email_address'. " + message)
	}
	if !isFieldError || e.Field != signup.FieldEmail || e.Code != code || e.Message != message {
		t.Errorf("CanonicalEmail(%+q) returned %v, message %+q; want the code %s, message %+q", address, err, e.Message, code, message)
	}
}

// text returns what a code span of the page stands for.
func text(t *testing.T, span string) string {
	t.Helper()
	m := codeSpan.FindStringSubmatch(span)
	if m == nil {
		t.Fatalf("got the cell %q, want a code span", span)
	}
	raw := m[1] + m[2]
	if strings.Contains(raw, `\`) {
		var err error
		if raw, err = strconv.Unquote(`"` + raw + `"`); err != nil {
			t.Fatalf("got the cell %q, want characters as Go writes them", span)
		}
	}
	return repeated.ReplaceAllStringFunc(raw, func(s string) string {
		m := repeated.FindStringSubmatch(s)
		n, err := strconv.Atoi(m[2])
		if err != nil {
			t.Fatal(err)
		}
		return strings.Repeat(m[1], n)
	})
}

// testNames returns the names of this package's tests.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	names := make(map[string]bool)
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range declared.FindAllSubmatch(source, -1) {
			names[string(m[1])] = true
		}
	}
	return names
}
