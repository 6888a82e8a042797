package signup_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
	"golang.org/x/text/unicode/norm"
)

// with returns a valid request that has the JSON text members as well.
func with(members string) string {
	return strings.TrimSuffix(adaBody, "}") + ", " + members + "}"
}

const (
	notJSON   = "The request's body is not valid JSON at byte "
	notObject = "The request's body must be a JSON object."
	tooEarly  = "The request's body is not valid JSON: it ends too early."
	wide      = "The request's body is UTF-16; it must be UTF-8."
	notUTF8   = "The request's body is not UTF-8 at byte "
	halved    = "The request's JSON escapes one half of a surrogate pair without the other."
	noType    = "Content-Type: 'application/json' required"
)

func twice(name string) string {
	return "The request's JSON has the name " + name + " twice in an object."
}

func nested(open, end string, levels int) string {
	return strings.Repeat(open, levels) + "1" + strings.Repeat(end, levels)
}

func TestRequestStrictJSON(t *testing.T) {
	for _, c := range []struct{ name, body, want string }{ // want is in the message; "": accepted
		{"plain", adaBody, ""},
		{"white space", " \t\r\n" + adaBody + " \t\r\n", ""},
		{"escapes", `{"email_address": "\u0041da\u0040Example\u002eorg", "password": "correct horse \u0062attery"}`, ""},
		{"escaped name", `{"\u0065mail_address": "Ada@Example.org", "password": "` + goodPassword + `"}`, ""},

		{"empty", "", noType},
		{"white space only", " \n", tooEarly},
		{"array", "[" + adaBody + "]", notObject},
		{"empty array", "[]", notObject},
		{"null", "null", notObject},
		{"true", "true", notObject},
		{"string", `"email_address"`, notObject},
		{"number", "1", notObject},
		{"huge number", "-1e999999", notObject},
		{"text", "email_address=Ada%40Example.org", notJSON + "1."},
		{"byte order mark", "\ufeff" + adaBody, ""},
		{"byte order mark twice", "\ufeff\ufeff" + adaBody, notJSON + "4."},
		{"byte order mark within", adaBody[:1] + "\ufeff" + adaBody[1:], notJSON + "2."},
		{"byte order mark only", "\ufeff", tooEarly},
		{"not UTF-8 after a byte order mark", "\ufeff\xff", notUTF8 + "4."},
		{"single quotes", `{'email_address': 'Ada@Example.org'}`, notJSON + "2."},
		{"comment", with(`"x": 1 /* */`), notJSON},
		{"trailing comma", with(`"x": [1,]`), notJSON},
		{"control character in a string", with("\"x\": \"\n\""), notJSON},
		{"unknown escape", with(`"x": "\x41"`), notJSON},
		{"short escape", with(`"x": "\u12"`), notJSON},
		{"leading zero", with(`"x": 01`), notJSON},
		{"not a number", with(`"x": NaN`), notJSON},

		{"trailing object", adaBody + adaBody, notJSON},
		{"trailing object on a line", adaBody + "\n{}", notJSON},
		{"trailing brace", adaBody + "}", notJSON},
		{"trailing text", adaBody + " x", notJSON},
		{"trailing NUL", adaBody + "\x00", notJSON},
		{"cut off", adaBody[:len(adaBody)-1], tooEarly},
		{"cut off in a string", adaBody[:len(adaBody)-3], tooEarly},

		{"name twice", with(`"password": "another good password"`), twice("'password'")},
		{"name twice, same value", with(`"password": "` + goodPassword + `"`), twice("'password'")},
		{"address twice", with(`"email_address": "b@example.org"`), twice("'email_address'")},
		{"address twice, escaped", with(`"\u0065mail_address": "b@example.org"`), twice("'email_address'")},
		{"address twice, escaped before", `{"email\u005faddress": "b@example.org", ` + adaBody[1:], twice("'email_address'")},
		{"name twice, null first", `{"password": null, ` + adaBody[1:], twice("'password'")},
		{"undeclared name twice", with(`"x": 1, "y": 2, "x": 3`), twice("'x'")},
		{"empty name twice", with(`"": 1, "": 2`), twice("''")},
		{"name twice, one beyond the BMP escaped", with(`"😀": 1, "\ud83d\ude00": 2`), twice("'😀'")},
		{"name twice, an escaped quote in it", with(`"\"": 1, "\u0022": 2`), twice(`'"'`)},
		{"nested name twice", with(`"x": {"a": 1, "a": 2}`), twice("'a'")},
		{"nested name twice, escaped", with(`"x": {"a": 1, "\u0061": 2}`), twice("'a'")},
		{"name twice in an array", with(`"x": [1, [], {"y": [{}, {"a": 1, "b": {}, "a": 2}]}]`), twice("'a'")},
		{"name twice after huge numbers", with(`"x": [1e999999, {"a": -1e999999, "a": 2}]`), twice("'a'")},
		{"name twice after a nested one", with(`"x": {"password": {}}, "password": 1`), twice("'password'")},
		{"long name twice", with(`"` + strings.Repeat("x", 65) + `": 1, "` + strings.Repeat("x", 65) + `": 1`), twice("of 65 bytes")},
		{"name of a declared field twice", with(`"company": "x", "company": "y"`), twice("'company'")},
		{"one name in several objects", with(`"x": {"password": 1, "x": {"x": 1}}, "y": [{"x": 1}, {"x": 1}]`), ""},
		{"a value like a name", with(`"x": "y", "y": "x", "z": ["a", "a", "a"]`), ""},
		{"names of different case", with(`"Password": 1, "PASSWORD": 2, "Email_Address": [], "ﬁrst_name": 1, "paßword": 1`), ""},
		{"normalised otherwise", with("\"\u00e9\": 1, \"e\u0301\": 2"), ""},

		{"other case", `{"Email_Address": "Ada@Example.org", "password": "` + goodPassword + `"}`, "'email_address' is required."},
		{"other case, the long s", `{"email_addre\u017fs": "Ada@Example.org", "password": "` + goodPassword + `"}`, "'email_address' is required."},
		{"other case of the password", `{"email_address": "Ada@Example.org", "Password": "` + goodPassword + `"}`, "'password' is required."},
		{"white space in the name", `{"email_address ": "Ada@Example.org", "password": "` + goodPassword + `"}`, "'email_address' is required."},
		{"camel case", `{"emailAddress": "Ada@Example.org", "password": "` + goodPassword + `"}`, "'email_address' is required."},
		{"nested only", `{"user": ` + adaBody + `}`, "'email_address' is required."},

		{"not UTF-8", with("\"x\": \"\xff\""), notUTF8},
		{"not UTF-8, where", "{\"x\": \"é\xc3\"}", notUTF8 + "10."},
		{"not UTF-8, in a name", with("\"\xc3\x28\": 1"), notUTF8},
		{"not UTF-8, outside of strings", "\xff" + adaBody, notUTF8 + "1."},
		{"UTF-8 cut off", with(`"x": "`) + "\xe2\x82", notUTF8},
		{"UTF-8 overlong", with("\"x\": \"\xc0\xaf\""), notUTF8},
		{"UTF-8 of a surrogate", with("\"x\": \"\xed\xa0\x80\""), notUTF8},
		{"UTF-16", "{\x00}\x00", wide},
		{"Latin-1 password", "{\"email_address\": \"Ada@Example.org\", \"password\": \"correct horse b\xe4ttery\"}", notUTF8},
		{"the replacement character itself", with("\"x\": \"\ufffd\", \"y\": \"\\ufffd\""), ""},

		{"high surrogate alone", with(`"x": "\ud800"`), halved},
		{"low surrogate alone", with(`"x": "\udc00"`), halved},
		{"surrogates reversed", with(`"x": "\ude00\ud83d"`), halved},
		{"two high surrogates", with(`"x": "\ud83d\ud83d\ude00"`), halved},
		{"two low surrogates", with(`"x": "\ud83d\ude00\ude00"`), halved},
		{"high surrogate before another escape", with(`"x": "\ud83d\u0041"`), halved},
		{"high surrogate before a line break", with(`"x": "\ud83d\n"`), halved},
		{"high surrogate before an escaped backslash", with(`"x": "\ud83d\\ude00"`), halved},
		{"surrogates apart", with(`"x": "\ud83d \ude00"`), halved},
		{"surrogates in two strings", with(`"x": ["\ud83d", "\ude00"]`), halved},
		{"surrogate in upper case", with(`"x": "\uD83D"`), halved},
		{"surrogate in a name", with(`"\ud83d": 1`), halved},
		{"surrogate in a nested name", with(`"x": [{"\udfff": 1}]`), halved},
		{"surrogate in the password", `{"email_address": "Ada@Example.org", "password": "correct horse \udbff battery"}`, halved},
		{"surrogate after an escaped backslash", with(`"x": "\\\ud800"`), halved},
		{"surrogate after two escaped backslashes", with(`"x": "\\\\\udc00"`), halved},
		{"surrogate after a pair", with(`"x": "\ud83d\ude00\ud83d"`), halved},
		{"a pair", with(`"x": "\ud83d\ude00", "\uD83D\uDE00": "\uDBFF\uDFFF\uD800\uDC00"`), ""},
		{"an escaped backslash", with(`"x": "\\ud800"`), ""},
		{"an escaped backslash before digits", with(`"x": "\\d800"`), ""},
		{"another escape before digits", with(`"x": "\nd800\tdc00"`), ""},
		{"two escaped backslashes", with(`"x": "\\\\udc00", "y": "\\", "z": "\\\\"`), ""},
		{"the neighbours of surrogates", with(`"x": "\ud7ff\ue000"`), ""},
		{"all short escapes", with(`"x": "\"\\\/\b\f\n\r\t"`), ""},

		{"huge numbers", with(`"x": 1e999999, "y": [-1E+999999, 1e-999999, {"z": 0.1e400}]`), ""},
		{"long number", with(`"x": ` + strings.Repeat("9", 10_000)), ""},
		{"empty values", with(`"x": {}, "y": [], "z": "", "n": null, "o": [{}, [], [[]], {"p": {}}]`), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, created := newPlainAccounts()
			res := post(signup.NewHandler(a, quiet), c.body)
			if c.want != "" {
				if got := checkPlain(t, res, http.StatusBadRequest); !strings.Contains(got.Message, c.want) {
					t.Errorf("the message is %q, want %q in it", got.Message, c.want)
				}
				if len(*created) > 0 {
					t.Errorf("created %v, want no user", *created)
				}
				return
			}
			checkPlain(t, res, http.StatusOK)
			if len(*created) != 1 || (*created)[0].Email != adaEmail || string([]byte((*created)[0].PasswordHash)) != "plain:"+goodPassword ||
				len((*created)[0].Profile) > 0 || (*created)[0].FirstName+(*created)[0].LastName != "" {
				t.Errorf("created %v, want one user with the address, the password and nothing else", *created)
			}
		})
	}
}

// JSON nests at most 32 levels deep, the request's object included, so that no
// body makes the stack grow.
func TestRequestDeepNesting(t *testing.T) {
	for _, c := range []struct {
		levels, status int
	}{
		{15, 200}, {31, 200}, {32, 400}, {1_000, 400}, {9_999, 400}, {10_000, 400}, {100_000, 400},
	} {
		for _, kind := range [][2]string{{"[", "]"}, {`{"a":`, "}"}, {`[{"a":`, "}]"}} {
			for _, place := range []string{"in a member", "alone", "cut off"} {
				t.Run(fmt.Sprintf("%d levels of %s %s", c.levels, kind[0], place), func(t *testing.T) {
					a, created := newPlainAccounts()
					h := signup.NewHandler(a, &signup.HandlerOptions{MaxBodyBytes: 1 << 20, Logger: quiet.Logger})
					body, want := nested(kind[0], kind[1], c.levels), c.status
					if kind[0] == `[{"a":` {
						body = nested(kind[0], kind[1], (c.levels+1)/2) // of two levels each
						if c.levels == 31 {
							want = 400
						}
					}
					switch place {
					case "in a member":
						body = with(`"x": ` + body)
					case "alone":
						want = 400
					case "cut off":
						body, want = with(`"x": ` + body[:len(body)/2])[:len(body)/2], 400
					}
					res := post(h, body)
					checkPlain(t, res, want)
					if got := len(*created); got != (400-want)/200 {
						t.Errorf("created %d users, want %d", got, (400-want)/200)
					}
				})
			}
		}
	}
}

func TestRequestFields(t *testing.T) {
	for _, c := range []struct{ name, body, want string }{
		{"nothing", `{}`, "email_address: required, password: required"},
		{"empty", `{"email_address": "", "password": ""}`, "email_address: required, password: required"},
		{"null is as absent", `{"email_address": null, "password": null, "first_name": null, "company": null, "locale": null}`,
			"email_address: required, password: required"},
		{"the text null", `{"email_address": "null", "password": "null"}`, "email_address: invalid, password: too_short"},
		{"invalid", `{"email_address": "nobody", "password": "test"}`, "email_address: invalid, password: too_short"},
		{"no password", `{"email_address": "Ada@Example.org"}`, "password: required"},
		{"all types, in order", `{"locale": 1, "company": {}, "last_name": [], "first_name": true, "password": 1e999999, "email_address": ["Ada@Example.org"], "x": 1}`,
			"email_address: type, password: type, first_name: type, last_name: type, company: type, locale: type"},
		{"a type goes before the rest", `{"email_address": "nobody", "company": 1}`, "company: type"},
		{"null beside a type", `{"email_address": null, "password": 1}`, "password: type"},
		{"names", with(`"first_name": "Ada\u0000", "last_name": "` + strings.Repeat("x", 256) + `"`), "first_name: control_characters, last_name: too_long"},
		{"declared", with(`"company": "` + strings.Repeat("x", 1025) + `", "locale": "xx"`), "company: too_long, locale: unknown"},
		{"declared, in another order", with(`"locale": "xx", "company": "` + strings.Repeat("x", 1025) + `"`), "company: too_long, locale: unknown"},
		{"declared elsewhere", with(`"profile": {"locale": "xx"}, "Locale": "xx"`), ""},
		{"good", with(`"first_name": "Ada", "last_name": "Lovelace", "company": "Analytical Engines", "locale": "en"`), ""},
		{"null", with(`"first_name": null, "last_name": null, "company": null, "locale": null`), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, created := newPlainAccounts()
			h := signup.NewHandler(a, quiet)
			for _, accept := range []string{"application/json", "application/problem+json"} {
				r := signUp(strings.NewReader(c.body))
				r.Header.Set("Accept", accept)
				res := send(h, r)
				if c.want == "" {
					checkPlain(t, res, http.StatusOK)
					break
				}
				check := checkPlain
				if accept == "application/problem+json" {
					check = checkProblem
				}
				got := check(t, res, http.StatusBadRequest)
				if codes(got.Errors) != c.want || got.Error != "" {
					t.Errorf("got the response %+v, want the errors %q", got, c.want)
				}
				for _, f := range got.Errors {
					if f.Message == "" {
						t.Errorf("%s has an empty message, want a text", f.Field)
					}
				}
			}
			if len(*created) != map[bool]int{true: 1, false: 0}[c.want == ""] {
				t.Errorf("created %v, want a user only without errors; the errors wanted are %q", *created, c.want)
			}
		})
	}
}

func TestRequestFieldTypes(t *testing.T) {
	for _, field := range []string{"email_address", "password", "first_name", "last_name", "company", "locale"} {
		for _, value := range []string{"0", "1", "-1.5e3", "true", "false", "[]", "{}", `["x"]`, `{"x": "x"}`, "[null]"} {
			members := map[string]json.RawMessage{}
			if err := json.Unmarshal([]byte(adaBody), &members); err != nil {
				t.Fatalf("json.Unmarshal returned %v, want nil", err)
			}
			members[field] = json.RawMessage(value)
			body, err := json.Marshal(members)
			if err != nil {
				t.Fatalf("json.Marshal returned %v, want nil", err)
			}
			a, created := newPlainAccounts()
			got := checkPlain(t, post(signup.NewHandler(a, quiet), string(body)), http.StatusBadRequest)
			want := []signup.FieldError{{Field: field, Code: "type", Message: "'" + field + "' must be a string."}}
			if !reflect.DeepEqual(got.Errors, want) || len(*created) > 0 {
				t.Errorf("to %s the response is %+v, want the errors %+v; created %v, want no user", body, got, want, *created)
			}
		}
	}
}

// The names on the wire, which a decoder that ignores case wouldn't check.
func TestRequestErrorsOnTheWire(t *testing.T) {
	h := signup.NewHandler(newAccounts(), quiet)
	const errors = `"errors":[{"field":"email_address","code":"invalid","message":"'x' is not valid 'email_address'.","value":"x"},` +
		`{"field":"password","code":"required","message":"'password' is required."}]`
	for accept, want := range map[string]string{
		"": `{"message":"'x' is not valid 'email_address'.","success":false,` + errors + "}\n",
		"application/problem+json": `{"title":"Bad Request","status":400,"detail":"'x' is not valid 'email_address'.",` +
			errors + "}\n",
	} {
		r := signUp(strings.NewReader(`{"email_address": "x"}`))
		r.Header.Set("Accept", accept)
		if got := readAll(t, send(h, r)); got != want {
			t.Errorf("the body is %s, want %s", got, want)
		}
	}
}

func FuzzHandler(f *testing.F) {
	for _, seed := range []string{
		"", " ", "null", "[]", "{}", "1", `"x"`, "{", "}", "\xff", "\x00", "\ufeff{}",
		adaBody, adaBody + adaBody, adaBody[:20],
		with(`"company": "Analytical Engines", "locale": "en", "first_name": "Ada", "last_name": "Lovelace"`),
		with(`"company": null, "locale": "xx"`),
		with(`"x": {"a": [1, 2.5e999999, true, null, {"b": {}}]}`),
		with(`"email_address": "b@example.org"`),
		with(`"\u0065mail_address": "b@example.org"`),
		with(`"Email_Address": "b@example.org"`),
		with(`"x": {"a": 1, "\u0061": 2}`),
		with(`"x": "\ud83d\ude00 \\ud800 \" \/ \b"`),
		with(`"x": "\ud800"`), with(`"x": "\udc00\ud800"`), with(`"\udfff": 1`),
		with("\"x\": \"\xed\xa0\x80\""),
		with(`"x": ` + nested("[", "]", 100)), with(`"x": ` + nested(`{"a":`, "}", 100)),
		`{"email_address": 1, "password": []}`,
		`{"email_address": null, "password": null}`,
		`{"email_address": "b\u00fccher@b\u00fccher.example", "password": "\ud83d\ude00"}`,
		`{"email_address": "ada@example.org", "password": "x"}`,
		`{"email_address": "<ada>&@example.org", "password": "\u2028\ufffd"}`,
		`{"password": "\u0000", "email_address": "a+b@xn--bcher-kva.example", "locale": "en"}`,
		// What is stored in another form than it was sent.
		`{"email_address": " r@\u00cf.example", "password": "e\u0301 "}`,
		with(`"first_name": " Ada\u00a0", "last_name": "\tLovelace", "company": " x "`),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		a, created := newPlainAccounts()
		a.Policy = signup.AnyPassword // so that more get past it
		l, logged := newLog(t)
		w := httptest.NewRecorder()
		signup.NewHandler(a, &signup.HandlerOptions{Logger: l}).ServeHTTP(w, signUp(strings.NewReader(string(body))))
		switch w.Code {
		case http.StatusOK, http.StatusBadRequest, http.StatusRequestEntityTooLarge:
		default:
			t.Fatalf("got status %d, want 200, 400 or 413; body %s, logged %s", w.Code, w.Body, logged)
		}
		checkPlain(t, w.Result(), w.Code)

		// The two must agree where this one accepts. The reverse is not so:
		// encoding/json accepts more.
		if w.Code != http.StatusOK {
			if len(*created) > 0 {
				t.Errorf("created %v, want no user at status %d", *created, w.Code)
			}
			return
		}
		var members map[string]any
		if err := json.Unmarshal(body, &members); err != nil {
			// The one thing that a float64 can't hold is a number.
			dec := json.NewDecoder(strings.NewReader(string(body)))
			dec.UseNumber()
			members = nil
			if err := dec.Decode(&members); err != nil {
				t.Fatalf("encoding/json returned %v for an accepted body, want nil", err)
			}
		}
		text := func(name string) string { s, _ := members[name].(string); return s }
		if len(*created) != 1 {
			t.Fatalf("created %d users, want 1", len(*created))
		}
		u := (*created)[0]
		if email, err := signup.NormalizeEmail(text("email_address")); err != nil || u.Email != email {
			t.Errorf("created a user of %q, want %q, the form of %q; NormalizeEmail returned the error %v", u.Email, email, text("email_address"), err)
		}
		stored, err := a.Store.Get(t.Context(), u.Key())
		if err != nil || !stored.Equal(u) {
			t.Errorf("Get returned %v, %v; want %v, nil", stored, err, u)
		}
		trimmed := func(name string) string { return strings.TrimSpace(text(name)) }
		if got := string([]byte(u.PasswordHash)); got != "plain:"+norm.NFC.String(text("password")) ||
			u.FirstName != trimmed("first_name") || u.LastName != trimmed("last_name") {
			t.Errorf("created a user of the password %q, named %q, %q; want what was sent: %v", got, u.FirstName, u.LastName, members)
		}
		for _, name := range []string{"company", "locale"} {
			if u.Profile[name] != trimmed(name) {
				t.Errorf("%s is %q, want what was sent: %v", name, u.Profile[name], members[name])
			}
			delete(u.Profile, name)
		}
		if len(u.Profile) > 0 {
			t.Errorf("got undeclared fields %v, want none", u.Profile)
		}
	})
}

// Accounts without declared fields store no Profile.
func TestRequestNothingDeclared(t *testing.T) {
	a := &signup.Accounts{Store: memstore.New(), Hasher: plainHasher{}}
	checkPlain(t, post(signup.NewHandler(a, quiet), with(`"company": "x", "locale": 1`)), http.StatusOK)
	if u, err := a.Store.Get(t.Context(), "ada@example.org"); err != nil || len(u.Profile) > 0 {
		t.Errorf("Get returned %v with the profile %v, %v; want no profile, nil", u, u.Profile, err)
	}
}
