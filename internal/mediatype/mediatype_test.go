package mediatype

import (
	"fmt"
	"mime"
	"strconv"
	"strings"
	"testing"

	"github.com/gosignup/signup/internal/hostile"
)

// mimePrefersProblem decides as PrefersProblem does, with package mime.
func mimePrefersProblem(elements []string) bool {
	var problem, plain float64
	for _, element := range elements {
		mediaType, params, err := mime.ParseMediaType(element)
		if err != nil {
			continue
		}
		quality := 1.0
		if q, ok := params["q"]; ok {
			if quality, err = strconv.ParseFloat(q, 64); err != nil {
				continue
			}
		}
		switch mediaType {
		case ProblemJSON:
			problem = max(problem, quality)
		case JSON:
			plain = max(plain, quality)
		}
	}
	return problem > 0 && problem >= plain
}

// Of well-formed elements, PrefersProblem decides as package mime would.
func FuzzPrefersProblem(f *testing.F) {
	f.Add("x", "y", "z", uint16(1000), uint16(500), byte(0))
	f.Add("charset", `utf-8, "; q=1`, "1.0", uint16(1), uint16(0), byte(1))
	f.Add("Q", "0.5", `a;b\`, uint16(999), uint16(1000), byte(7))
	f.Fuzz(func(t *testing.T, name, quoted, token string, q1, q2 uint16, form byte) {
		if tokenLen(name) == 0 || tokenLen(name) < len(name) || strings.Contains(name, "*") || strings.EqualFold(name, "q") {
			name = "v"
		}
		if tokenLen(token) == 0 || tokenLen(token) < len(token) {
			token = "1"
		}
		visible := func(r rune) rune {
			if r < ' ' || r > '~' {
				return -1
			}
			return r
		}
		quoted = strings.NewReplacer(`"`, `\"`, `\`, `\\`).Replace(strings.Map(visible, quoted))
		weight := func(q uint16) string { return fmt.Sprintf("%d.%03d", q%1001/1000, q%1001%1000) }
		elements := []string{
			fmt.Sprintf(`application/problem+json;%s="%s" ; q=%s`, name, quoted, weight(q1)),
			fmt.Sprintf("Application/JSON; %s=%s;Q=%s", name, token, weight(q2)),
			"text/html; x=" + token,
		}
		if form&1 != 0 {
			elements[0], elements[1] = elements[1], elements[0]
		}
		if form&2 != 0 {
			elements = append(elements, "application/problem+json ; q="+strings.TrimRight(weight(q2), "0"))
		}
		lines := []string{strings.Join(elements, ", ")}
		if form&4 != 0 {
			lines = elements
		}
		if len(strings.Join(elements, ", ")) > maxAccept {
			return // what is beyond isn't read
		}
		if got, want := PrefersProblem(lines), mimePrefersProblem(elements); got != want {
			t.Errorf("PrefersProblem(%q) returned %t, want %t", lines, got, want)
		}
		for _, e := range elements {
			mediaType, _, err := mime.ParseMediaType(e)
			if got, want := Is([]string{e}, JSON), err == nil && mediaType == JSON; got != want && len(e) <= maxContentType {
				t.Errorf("Is(%q, JSON) returned %t, want %t", e, got, want)
			}
		}
	})
}

func TestAcceptIsReadUpToALimit(t *testing.T) {
	const problem = "application/problem+json"
	for _, c := range []struct {
		name  string
		lines []string
		want  bool
	}{
		{"at the limit", []string{strings.Repeat(",", maxAccept-len(problem)) + problem}, true},
		{"cut off", []string{strings.Repeat(",", maxAccept-len(problem)) + problem + ";q=0"}, false},
		{"a weight cut off", []string{strings.Repeat(",", maxAccept-len(problem)-3) + problem + ";q=0.5"}, false},
		{"before the limit", []string{problem + strings.Repeat(",", 1<<20)}, true},
		{"beyond the limit", []string{strings.Repeat("a/b,", 1<<18) + problem}, false},
		{"on a late line", append(make([]string, maxAccept), problem), false},
		{"on an early line", append(make([]string, maxAccept-len(problem)), problem), true},
		{"a comma in quotes", []string{`a/b;x=", application/problem+json"`}, false},
		{"quotes that don't end", []string{`a/b;x=", application/problem+json`}, false},
		{"quotes around the weight", []string{problem + `;q="0.5"`}, true},
		{"two weights", []string{problem + ";q=0;q=1"}, false},
		{"a weight above 1", []string{problem + ";q=1.001"}, false},
		{"a weight of four digits", []string{problem + ";q=0.0001"}, false},
		{"a weight without a digit", []string{problem + ";q=."}, false},
		{"a weight of 1.", []string{problem + ";q=1."}, true},
		{"empty parameters", []string{problem + ";; ;q=1;"}, true},
		{"the long s", []string{"application/problem+j\u017fon"}, false},
	} {
		if got := PrefersProblem(c.lines); got != c.want {
			t.Errorf("%s: PrefersProblem returned %t, want %t", c.name, got, c.want)
		}
	}
}

func TestReadersOfHeadersAllocateNothing(t *testing.T) {
	for name, lines := range hostile.Headers {
		got := testing.AllocsPerRun(10, func() {
			PrefersProblem(lines)
			AcceptsHTML(lines)
			Is(lines, Form)
			IsIdentity(lines)
		})
		if got > 0 {
			t.Errorf("%s: reading it allocated %.0f times, want never", name, got)
		}
	}
}
