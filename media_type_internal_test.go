package signup

import (
	"fmt"
	"mime"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
)

// mimePrefersProblem decides as prefersProblem does, with package mime.
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
		case problemJSON:
			problem = max(problem, quality)
		case typeJSON:
			plain = max(plain, quality)
		}
	}
	return problem > 0 && problem >= plain
}

// Of well-formed elements, prefersProblem decides as package mime would.
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
			t.Skip()
		}
		if got, want := prefersProblem(lines), mimePrefersProblem(elements); got != want {
			t.Errorf("prefersProblem(%q) returned %t, want %t", lines, got, want)
		}
		for _, e := range elements {
			mediaType, _, err := mime.ParseMediaType(e)
			if got, want := isJSON([]string{e}), err == nil && mediaType == typeJSON; got != want && len(e) <= maxContentType {
				t.Errorf("isJSON(%q) returned %t, want %t", e, got, want)
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
		if got := prefersProblem(c.lines); got != c.want {
			t.Errorf("%s: prefersProblem returned %t, want %t", c.name, got, c.want)
		}
	}
}

// hostile has headers that are as long as a server lets in.
var hostile = func() map[string][]string {
	var continuations strings.Builder
	for i := 0; continuations.Len() < 4<<10; i++ {
		fmt.Fprintf(&continuations, ";x*%d=1", i)
	}
	one := "a/b" + continuations.String()
	repeated := make([]string, 254)
	for i := range repeated {
		repeated[i] = one
	}
	return map[string][]string{
		"parameters with numbers, repeated": repeated,
		"parameters with numbers, 1 MiB":    {"application/json" + strings.Repeat(continuations.String(), 256)},
		"commas":                            {strings.Repeat(",", 1<<20)},
		"quotes":                            {strings.Repeat(`"`, 1<<20)},
		"backslashes":                       {`application/json;x="` + strings.Repeat(`\`, 1<<20)},
		"white space":                       {strings.Repeat(" ", 1<<20)},
		"lines":                             make([]string, 1<<15),
		"tokens":                            {strings.Repeat("a", 1<<20)},
		"identity":                          {strings.Repeat("identity,", 1<<17)},
	}
}()

func TestReadersOfHeadersAllocateNothing(t *testing.T) {
	for name, lines := range hostile {
		got := testing.AllocsPerRun(10, func() {
			prefersProblem(lines)
			isJSON(lines)
			isIdentity(lines)
		})
		if got > 0 {
			t.Errorf("%s: reading it allocated %.0f times, want never", name, got)
		}
	}
}

type memoryless struct{ Store }

// A request costs about the same whatever its header is, admitted or not.
func TestHeadersCostLittle(t *testing.T) {
	for _, admitted := range []bool{true, false} {
		h := newEndpoint("test", &Accounts{Store: memoryless{}}, nil,
			func(*request) (response, error) {
				return response{}, ErrConflict
			})
		h.admit = func(*request) error {
			if admitted {
				return nil
			}
			return ErrBusy
		}
		cost := func(header http.Header) float64 {
			return testing.AllocsPerRun(20, func() {
				r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("{}"))
				r.Header = header
				h.ServeHTTP(httptest.NewRecorder(), r)
			})
		}
		usual := cost(http.Header{"Content-Type": {typeJSON}})
		for name, lines := range hostile {
			for _, field := range []string{"Accept", "Content-Type", "Content-Encoding"} {
				header := http.Header{"Content-Type": {typeJSON}}
				header[field] = lines
				if got := cost(header); got > 2*usual {
					t.Errorf("admitted %t, %s of %s: a request allocated %.0f times, want at most twice the usual %.0f", admitted, field, name, got, usual)
				}
			}
		}
	}
	for name, lines := range hostile {
		got := testing.AllocsPerRun(10, func() { _, _ = idempotencyKey(http.Header{FieldIdempotencyKey: lines}) })
		if got > 10 {
			t.Errorf("Idempotency-Key of %s: reading it allocated %.0f times, want at most 10", name, got)
		}
	}
}

// A request is admitted once: what is wrong with it is said after that, even if
// the queue would no longer admit it.
func TestEndpointAdmitsOnce(t *testing.T) {
	a := &Accounts{Store: memoryless{}, HashLimits: HashLimits{MaxConcurrent: 1, MaxWait: 1}}
	for _, h := range []http.Handler{NewHandler(a, nil), NewLoginHandler(a, nil, nil)} {
		e := h.(*endpoint)
		decisions := 0
		e.admit = func(*request) error { decisions++; return nil }
		err := a.inTurn(t.Context(), a.hasher().Work(), func() {
			if err := a.admit(); err == nil {
				t.Errorf("while the only turn is taken, admit returned nil, want ErrBusy")
			}
			before := a.HashStats().Refused
			w := httptest.NewRecorder()
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"email_address": "x"}`))
			r.Header.Set("Content-Type", typeJSON)
			e.ServeHTTP(w, r)
			if after := a.HashStats().Refused; w.Code != 400 || decisions != 1 || after != before {
				t.Errorf("%s: got status %d after %d decisions, and %d refusals by the queue; want 400, 1, 0", e.name, w.Code, decisions, after-before)
			}
		})
		if err != nil {
			t.Errorf("inTurn returned %v, want nil", err)
		}
	}
}
