package mediatype

import (
	"strings"
	"testing"
)

func TestIs(t *testing.T) {
	long := Form + ";x=" + strings.Repeat("a", maxContentType-len(Form)-len(";x="))
	for _, c := range []struct {
		name  string
		lines []string
		want  bool
	}{
		{"the type", []string{Form}, true},
		{"upper case", []string{"Application/X-WWW-Form-Urlencoded"}, true},
		{"a charset", []string{Form + "; charset=UTF-8"}, true},
		{"white space", []string{" " + Form + "\t;charset=utf-8"}, true},
		{"a comma in quotes", []string{Form + `;x="a,b"`}, true},
		{"at the limit", []string{long}, true},
		{"beyond the limit", []string{long + "a"}, false},
		{"none", nil, false},
		{"an empty line", []string{""}, false},
		{"another type", []string{JSON}, false},
		{"a longer name", []string{Form + "x"}, false},
		{"a shorter name", []string{Form[:len(Form)-1]}, false},
		{"two lines", []string{Form, Form}, false},
		{"two on a line", []string{Form + "," + Form}, false},
		{"another one first", []string{JSON + "," + Form}, false},
	} {
		if got := Is(c.lines, Form); got != c.want {
			t.Errorf("%s: Is returned %t, want %t", c.name, got, c.want)
		}
	}
}

func TestIsIdentity(t *testing.T) {
	for _, c := range []struct {
		name  string
		lines []string
		want  bool
	}{
		{"none", nil, true},
		{"an empty line", []string{""}, true},
		{"identity", []string{"Identity"}, true},
		{"twice", []string{"identity, identity", " identity"}, true},
		{"gzip", []string{"gzip"}, false},
		{"among others", []string{"identity, br"}, false},
		{"on a second line", []string{"identity", "gzip"}, false},
		{"a long line", []string{strings.Repeat(",", maxContentType+1)}, false},
		{"many lines", make([]string, 9), false},
	} {
		if got := IsIdentity(c.lines); got != c.want {
			t.Errorf("%s: IsIdentity returned %t, want %t", c.name, got, c.want)
		}
	}
}
