package signup

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// noStore is for tests that don't use the Store.
type noStore struct{ Store }

func testSecret(name string) Secret {
	key := sha256.Sum256([]byte(name))
	return NewSecret(key[:])
}

func tokenAccounts(secrets ...string) *Accounts {
	a := &Accounts{Store: noStore{}, Hasher: Bcrypt{Cost: 4}}
	for _, name := range secrets {
		a.Secrets = append(a.Secrets, testSecret(name))
	}
	return a
}

var tokenTime = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)

func testToken(extra string) token {
	u := User{ID: "id-1", Email: "Ada@example.org", SecurityStamp: "stamp-1"}
	return token{PurposeResetPassword, u.Key(), tokenTime.Add(time.Hour), stateOf(PurposeResetPassword, u), extra}
}

func mustSeal(t testing.TB, a *Accounts, content token) string {
	t.Helper()
	text, err := a.seal(content)
	if err != nil {
		t.Fatalf("seal returned %v, want nil", err)
	}
	return text
}

// sealAs returns a sealed text with a salt that is always the same.
func sealAs(t testing.TB, a *Accounts, version byte, header, plain []byte) string {
	t.Helper()
	sealed := append([]byte{version}, bytes.Repeat([]byte{7}, saltSize)...)
	c, err := tokens.cipher(a.Secrets[0], sealed[1:])
	if err != nil {
		t.Fatalf("cipher returned %v, want nil", err)
	}
	return sealedText.EncodeToString(c.Seal(sealed, sealNonce[:], plain, header))
}

func wantNoToken(t *testing.T, what string, a *Accounts, text string) {
	t.Helper()
	if got, err := a.open(text, tokenTime); err != ErrToken || !reflect.DeepEqual(got, token{}) {
		t.Errorf("%s: open returned an error %v and purpose %q, want ErrToken and no token", what, err, got.purpose)
	}
}

// What was sealed is opened, whatever its lengths are, and shows nothing of it.
func TestTokenSeal(t *testing.T) {
	a := tokenAccounts("first")
	for p := range purposes {
		for _, key := range []string{"a", "ada@example.org", strings.Repeat("a", maxEmail)} {
			for _, extra := range []string{"", "ada@example.com", strings.Repeat("b", maxExtra)} {
				want := token{p, key, tokenTime.Add(time.Second), stateOf(p, User{ID: "id-1"}), extra}
				text := mustSeal(t, a, want)
				got, err := a.open(text, tokenTime)
				if err != nil || !reflect.DeepEqual(got, want) {
					t.Errorf("%s, key of %d and extra of %d bytes: open returned %v, or other content; want what was sealed", p, len(key), len(extra), err)
				}
				raw, _ := base64.RawURLEncoding.DecodeString(text)
				if bytes.Contains(raw, []byte("ada@")) || strings.Contains(text, "ada@") {
					t.Errorf("%s: got a token in which the address can be read, want none", p)
				}
				if again := mustSeal(t, a, want); again == text || again[2:20] == text[2:20] || again[30:] == text[30:] {
					t.Errorf("%s: a second token is like the first, want another salt", p)
				}
				if len(text) > sealedText.EncodedLen(maxToken) {
					t.Errorf("%s: got a token of %d characters, want at most %d", p, len(text), sealedText.EncodedLen(maxToken))
				}
			}
		}
	}
	if n := len(mustSeal(t, a, testToken(""))); n != 95 {
		t.Errorf("got a token of %d characters for ada@example.org, want 95", n)
	}
}

// The format is stable: a token of an earlier version of this package opens.
func TestTokenFormat(t *testing.T) {
	const text = "AWV_kqGVKZESA8Tx12SMt8qUe-y2ecOwRFd40HlX0BqaP2aN1b3rDnt_HXPF_WsFkb2FMtqJU8zzmr2cBAn8zlcgGECfrarySfZmUKz_FJn5HI94kXI"
	got, err := tokenAccounts("first").open(text, tokenTime)
	if want := testToken("ada@example.com"); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("open returned %v, or other content; want what was sealed", err)
	}
}

func TestTokenCantBeSealed(t *testing.T) {
	a := tokenAccounts("first")
	for name, change := range map[string]func(*token){
		"no purpose":      func(c *token) { c.purpose = "" },
		"unknown purpose": func(c *token) { c.purpose = "reset" },
		"no key":          func(c *token) { c.key = "" },
		"long key":        func(c *token) { c.key = strings.Repeat("a", maxEmail+1) },
		"long extra":      func(c *token) { c.extra = strings.Repeat("a", maxExtra+1) },
		"no state":        func(c *token) { c.state = nil },
		"long state":      func(c *token) { c.state = make([]byte, stateSize+1) },
		"no time":         func(c *token) { c.expires = time.Time{} },
		"distant time":    func(c *token) { c.expires = time.Unix(1<<40, 0) },
	} {
		content := testToken("")
		change(&content)
		if text, err := a.seal(content); err == nil || text != "" {
			t.Errorf("%s: seal returned a text of %d bytes and %v, want an error", name, len(text), err)
		}
	}
}

func TestTokenExpiresToTheSecond(t *testing.T) {
	a := tokenAccounts("first")
	content := testToken("")
	text := mustSeal(t, a, content)
	for _, c := range []struct {
		before time.Duration
		want   error
	}{{time.Hour, nil}, {time.Second, nil}, {1, nil}, {0, ErrToken}, {-1, ErrToken}, {-time.Hour, ErrToken}} {
		if _, err := a.open(text, content.expires.Add(-c.before)); err != c.want {
			t.Errorf("%v before the end: open returned %v, want %v", c.before, err, c.want)
		}
	}
}

// Only the text that was sealed opens: no other one in its place.
func TestTokenOtherTexts(t *testing.T) {
	a := tokenAccounts("first")
	for _, extra := range []string{"", "1", "12"} { // the last character has 6, 4 and 2 bits
		text := mustSeal(t, a, testToken(extra))
		if _, err := a.open(text, tokenTime); err != nil {
			t.Fatalf("open returned %v, want nil", err)
		}
		raw, _ := base64.RawURLEncoding.DecodeString(text)
		for i := range raw {
			for bit := range 8 {
				flipped := bytes.Clone(raw)
				flipped[i] ^= 1 << bit
				wantNoToken(t, fmt.Sprintf("bit %d of byte %d", bit, i), a, base64.RawURLEncoding.EncodeToString(flipped))
			}
		}
		for i := range text {
			for c := range 256 {
				if byte(c) != text[i] && (c < 0x80 || c%16 == 0) {
					wantNoToken(t, fmt.Sprintf("character %d replaced by %#x", i, c), a, text[:i]+string([]byte{byte(c)})+text[i+1:])
				}
			}
			wantNoToken(t, fmt.Sprintf("cut after %d", i), a, text[:i])
			wantNoToken(t, fmt.Sprintf("without the first %d", i+1), a, text[i+1:])
			for _, more := range []string{"\n", "\r", "\r\n", " ", "=", "A", "\x00", "%0a"} {
				wantNoToken(t, fmt.Sprintf("%q inserted at %d", more, i), a, text[:i]+more+text[i:])
			}
		}
		for name, other := range map[string]string{
			"empty": "", "space": " " + text, "line": text + "\n", "padding": text + "=", "padding of two": text + "==", "four more": text + "AAAA",
			"padded base64": base64.URLEncoding.EncodeToString(append(raw, 0)), "twice": text + text,
			"other alphabet": base64.StdEncoding.EncodeToString(raw) + "+/", "hexadecimal": fmt.Sprintf("%x", raw),
			"again": base64.RawURLEncoding.EncodeToString([]byte(text)), "raw": string(raw), "lower case": strings.ToLower(text),
			"too long": text + strings.Repeat("A", sealedText.EncodedLen(maxToken)), "1 MiB": strings.Repeat("A", 1<<20), "longest": strings.Repeat("A", sealedText.EncodedLen(maxToken)),
		} {
			wantNoToken(t, name, a, other)
		}
	}
}

// Two tokens give no third one.
func TestTokenSpliced(t *testing.T) {
	a := tokenAccounts("first")
	one, _ := tokens.decode(mustSeal(t, a, testToken("")))
	two, _ := tokens.decode(mustSeal(t, a, testToken("ada@example.com")))
	for i := range one {
		spliced := append(bytes.Clone(one[:i]), two[i:]...)
		if !bytes.Equal(spliced, two) { // which begin alike
			wantNoToken(t, fmt.Sprintf("spliced at %d", i), a, sealedText.EncodeToString(spliced))
		}
	}
}

// A text that the same secret sealed, but not as a token that is known, opens
// nothing.
func TestTokenOfOtherUse(t *testing.T) {
	a := tokenAccounts("first")
	content := testToken("")
	seal := func(version byte, header, plain []byte) string {
		return sealAs(t, a, version, header, plain)
	}
	plain, _ := content.plain()
	if got, err := a.open(seal(1, sealedHeader(tokens.domain, 1), plain), tokenTime); err != nil || got.key != content.key {
		t.Fatalf("open returned %v, or another key; want what was sealed", err)
	}
	with := func(i int, b byte) []byte {
		p := bytes.Clone(plain)
		p[i] = b
		return p
	}
	for name, text := range map[string]string{
		"no additional data":  seal(1, nil, plain),
		"a cookie":            seal(1, append([]byte("github.com/gosignup/signup: cookie"), 1), plain),
		"another version":     seal(2, sealedHeader(tokens.domain, 2), plain),
		"a version for other": seal(1, sealedHeader(tokens.domain, 2), plain),
		"no key":              seal(1, sealedHeader(tokens.domain, 1), with(fixedSize-1, 0)),
		"a key beyond":        seal(1, sealedHeader(tokens.domain, 1), with(fixedSize-1, byte(len(content.key)+1))),
		"expired in 1970":     seal(1, sealedHeader(tokens.domain, 1), with(2, 0)),
		"nothing":             seal(1, sealedHeader(tokens.domain, 1), nil),
		"too short":           seal(1, sealedHeader(tokens.domain, 1), plain[:fixedSize-1]),
	} {
		wantNoToken(t, name, a, text)
	}
	for code := range 256 {
		if purposeOf(byte(code)) == "" {
			wantNoToken(t, fmt.Sprintf("purpose %d", code), a, seal(1, sealedHeader(tokens.domain, 1), with(0, byte(code))))
		}
	}
}

// A token is opened by every secret of the list, and sealed by the first.
func TestTokenSecretsRotate(t *testing.T) {
	old := mustSeal(t, tokenAccounts("old"), testToken(""))
	recent := mustSeal(t, tokenAccounts("new", "old"), testToken(""))
	for _, c := range []struct {
		name        string
		secrets     []string
		old, recent error
	}{
		{"before", []string{"old"}, nil, ErrToken},
		{"new one added", []string{"old", "new"}, nil, nil},
		{"new one in front", []string{"new", "old"}, nil, nil},
		{"in between", []string{"new", "other", "old"}, nil, nil},
		{"old one removed", []string{"new"}, ErrToken, nil},
		{"both removed", []string{"other"}, ErrToken, ErrToken},
	} {
		a := tokenAccounts(c.secrets...)
		if _, err := a.open(old, tokenTime); err != c.old {
			t.Errorf("%s: open of the old token returned %v, want %v", c.name, err, c.old)
		}
		if _, err := a.open(recent, tokenTime); err != c.recent {
			t.Errorf("%s: open of the new token returned %v, want %v", c.name, err, c.recent)
		}
	}
}

// Purposes have a code and a life, and no two share a code.
func TestTokenPurposes(t *testing.T) {
	codes := map[byte]Purpose{}
	for p, rule := range purposes {
		if other := codes[rule.code]; rule.code == 0 || other != "" {
			t.Errorf("%s has the code %d, as %q; want one of its own", p, rule.code, other)
		}
		codes[rule.code] = p
		if purposeOf(rule.code) != p || rule.maxLife < time.Hour || !rule.absent && !rule.present {
			t.Errorf("%s: got %s for its code, a life of %v; want itself, at least an hour, and a use", p, purposeOf(rule.code), rule.maxLife)
		}
	}
}

// Each purpose is bound to the fields that the documentation names, and to no other.
func TestTokenState(t *testing.T) {
	always := []string{"ID", "Email", "SecurityStamp"}
	more := map[Purpose]string{PurposeVerifyEmail: "EmailVerifiedAt", PurposeLogIn: "Private"}
	base := User{ID: "id-1", Email: "Ada@example.org", SecurityStamp: "stamp-1"}
	fields := reflect.VisibleFields(reflect.TypeFor[User]())
	for p := range purposes {
		before := stateOf(p, base)
		if !bytes.Equal(before, stateOf(p, base)) || len(before) != stateSize {
			t.Errorf("%s: got two states of one user, or another length, want one of %d bytes", p, stateSize)
		}
		for _, f := range fields {
			if !f.IsExported() {
				continue
			}
			u := base
			switch v := reflect.ValueOf(&u).Elem().FieldByIndex(f.Index).Addr().Interface().(type) {
			case *string:
				*v += "x"
			case *Hash:
				*v = "x"
			case *Private:
				*v = "x"
			case *Version:
				*v = "x"
			case *bool:
				*v = !*v
			case *time.Time:
				*v = tokenTime
			case *map[string]string:
				*v = map[string]string{"a": "b"}
			default:
				t.Fatalf("User.%s: got the type %T, want one of this test: decide whether tokens are bound to it", f.Name, v)
			}
			want := more[p] == f.Name
			for _, name := range always {
				want = want || name == f.Name
			}
			if changed := !bytes.Equal(before, stateOf(p, u)); changed != want {
				t.Errorf("%s: %s changes the state: %t, want %t", p, f.Name, changed, want)
			}
		}
		for q := range purposes {
			if p != q && bytes.Equal(before, stateOf(q, base)) {
				t.Errorf("%s and %s have one state, want two", p, q)
			}
		}
		// The end of one field is not the beginning of the next.
		moved := User{ID: "id-1A", Email: "da@example.org", SecurityStamp: "stamp-1"}
		if bytes.Equal(before, stateOf(p, moved)) || bytes.Equal(before, stateOf(p, User{})) {
			t.Errorf("%s: another user has the same state, want another", p)
		}
	}
}

// Nothing opens that wasn't sealed, and what opens has exactly one text.
func FuzzOpenToken(f *testing.F) {
	a := tokenAccounts("first", "second")
	valid := map[string]token{}
	for _, extra := range []string{"", "1", "12", "ada@example.com"} {
		content := testToken(extra)
		plain, _ := content.plain()
		text := sealAs(f, a, tokenVersion, tokens.header(), plain) // the same in each process of the fuzzer
		valid[text] = content
		raw, _ := tokens.decode(text)
		f.Add(text)
		f.Add(text + "=")
		f.Add(text + "\n")
		f.Add(text[:len(text)-1])
		f.Add(base64.StdEncoding.EncodeToString(raw))
		f.Add(string(raw))
	}
	f.Add("")
	f.Add("AQ")
	f.Add(strings.Repeat("A", sealedText.EncodedLen(maxToken)))
	f.Add(strings.Repeat("_", sealedText.EncodedLen(maxToken)+1))
	f.Fuzz(func(t *testing.T, text string) {
		got, err := a.open(text, tokenTime)
		want, ok := valid[text]
		if ok && (err != nil || !reflect.DeepEqual(got, want)) {
			t.Errorf("got %v for a token that was sealed, or other content; want its content", err)
		}
		if !ok && err != ErrToken {
			t.Errorf("got %v for a text that wasn't sealed, want ErrToken", err)
		}
		if raw, ok := tokens.decode(text); ok && sealedText.EncodeToString(raw) != text {
			t.Errorf("got bytes that have another text, want one text")
		}
		// The content is parsed after it was authenticated, and yet without panic.
		if c, ok := parseToken([]byte(text)); ok && (c.purpose == "" || c.key == "" || len(c.state) != stateSize) {
			t.Errorf("parseToken returned a token without purpose, key or state, want all")
		}
	})
}

// No secret or address is in an error.
func TestTokenErrorsAreSilent(t *testing.T) {
	a := tokenAccounts("first")
	text := mustSeal(t, a, testToken(""))
	key := a.Secrets[0].bytes()
	_, forged := a.open(text+"A", tokenTime)
	long := testToken("")
	long.key = strings.Repeat("ada@example.org", 20)
	_, unsealed := a.seal(long)
	_, _, life := a.newToken(PurposeResetPassword, User{ID: "id-1", Email: "ada@example.org", Active: true}, "", 25*time.Hour)
	for _, err := range []error{forged, unsealed, life} {
		if err == nil {
			t.Error("got nil, want an error")
			continue
		}
		shown := fmt.Sprintf("%v %+v %q", err, err, err)
		if strings.Contains(shown, text) || strings.Contains(shown, "ada@") || strings.Contains(shown, fmt.Sprintf("%x", key)) {
			t.Error("got an error with a token, an address or a secret, want none")
		}
	}
	if errors.Is(unsealed, ErrToken) {
		t.Error("seal returned ErrToken, want an error of its own")
	}
}

func BenchmarkToken(b *testing.B) {
	a := tokenAccounts("first")
	content := testToken("")
	text := mustSeal(b, a, content)
	b.Run("seal", func(b *testing.B) {
		for b.Loop() {
			_, _ = a.seal(content)
		}
	})
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			_, _ = a.open(text, tokenTime)
		}
	})
	b.Run("open forged", func(b *testing.B) {
		forged := text[:50] + "AAAA" + text[54:]
		for b.Loop() {
			_, _ = a.open(forged, tokenTime)
		}
	})
	b.Run("SHA-256", func(b *testing.B) {
		for b.Loop() {
			_ = sha256.Sum256([]byte(text))
		}
	})
}

// A text that is too long for a token costs nothing, however long it is.
func TestTokenTooLongIsCheap(t *testing.T) {
	a := tokenAccounts("first")
	for _, text := range []string{strings.Repeat("A", sealedText.EncodedLen(maxToken)+1), strings.Repeat("A", 1<<20)} {
		if n := testing.AllocsPerRun(10, func() { _, _ = a.open(text, tokenTime) }); n != 0 {
			t.Errorf("%d characters: open allocated %v times, want 0", len(text), n)
		}
	}
}
