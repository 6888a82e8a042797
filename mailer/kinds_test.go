package mailer_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gosignup/signup"
)

// kinds returns the texts of the constants of package signup of the type Purpose or
// Notice, as the source code has them.
func kinds(t *testing.T, file, of string) (all []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "../"+file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && len(v.Values) == 1 {
			if kind, ok := v.Type.(*ast.Ident); ok && kind.Name == of {
				text, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, text)
			}
		}
		return true
	})
	if len(all) < 5 {
		t.Fatalf("%s has %d constants of type %s, want 5 or more", file, len(all), of)
	}
	return all
}

func TestEachKindHasContent(t *testing.T) {
	for _, of := range []struct {
		file, kind string
		text       func(signup.Mail) string
	}{
		{"token_purpose.go", "Purpose", func(m signup.Mail) string { return string(m.Purpose) }},
		{"mail.go", "Notice", func(m signup.Mail) string { return string(m.Notice) }},
	} {
		for _, kind := range kinds(t, of.file, of.kind) {
			if !slices.ContainsFunc(contents, func(c content) bool {
				return of.text(c.mail) == kind && (of.kind == "Notice" || c.mail.Notice == "")
			}) {
				t.Errorf("contents: got no %s %s, want it", of.kind, kind)
			}
		}
	}
}

func TestAlreadyRegisteredInactive(t *testing.T) {
	u := ada()
	u.Active = false
	text := printed(t, options(nil), signup.Mail{To: adaMail, Notice: signup.NoticeAlreadyRegistered, User: u})
	if !strings.Contains(text, "deactivated") || strings.Contains(text, "You can log in") {
		t.Errorf("the mail to an inactive user says that the account is deactivated: %t; want true, and not that the user can log in",
			strings.Contains(text, "deactivated"))
	}
}
