package leaktest

import (
	"encoding/base64"
	"encoding/hex"
	"html"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// A Kind is a kind of secret that is recognised by what it looks like.
type Kind struct {
	Name   string
	Sample string // a secret of this kind
	form   *regexp.Regexp
}

// Kinds has what the tests use: passwords with the words "correct horse",
// addresses at the domains that are reserved for examples and at that of the
// recorded exchanges, hashes, each with its salt and digest, and the texts that
// Accounts.Secrets seal. A test that needs another password or address has one that
// isn't recognised.
var Kinds = []Kind{
	{"password", "correct horse, planted", regexp.MustCompile(`(?i)correct[ +]horse`)},
	{"address", "planted@bücher.example", regexp.MustCompile(`(?i)@(?:example\.(?:org|com)|abc\.com|[\pL\pM\pN.-]+\.example)`)},
	{"bcrypt", "$2a$04$sPyuEGqNlNHPlM/5ZDT6n.TX4hBTYyYFMdl9fBIBYQGHG64qmmgYq",
		regexp.MustCompile(`\$2[abxy]\$[0-9]{2}\$[./A-Za-z0-9]{53}`)},
	{"argon2", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
		regexp.MustCompile(`\$argon2(?:id?|d)\$(?:v=[0-9]+\$)?m=[0-9]+,t=[0-9]+,p=[0-9]+\$[A-Za-z0-9+/]{8,}\$[A-Za-z0-9+/]{16,}`)},
	{"werkzeug-pbkdf2", "pbkdf2:sha1:1000$kiCZ1Z0Z$281928164762c59aed493b0c2b3564cf4b59cd36",
		regexp.MustCompile(`pbkdf2:\w+:[0-9]+\$[^$\s]+\$[0-9a-f]{32}`)},
	{"werkzeug-scrypt", "scrypt:16:8:1$0TqQCXq1nsdygLCw$e465930fb9fe1c2030fcc81ce7c1e5453c04758568d3b7042affca6b8ba5ffdf" +
		"afc781dd65979456388a0c953a6be047fb43f57a94913a3d1cd75b829c2203fb",
		regexp.MustCompile(`scrypt:[0-9]+:[0-9]+:[0-9]+\$[^$\s]+\$[0-9a-f]{32}`)},
	{"werkzeug-hmac", "sha1$uGNNyZVI$e49346a21fa200bd5295ad52578a876746509a27", // and Django's SHA-1
		regexp.MustCompile(`(?:md5|sha1|sha224|sha256|sha384|sha512)\$[^$\s]+\$[0-9a-f]{32}`)},
	{"django-pbkdf2", "pbkdf2_sha256$1000$seasalt2$fYK/D3jQHlgWxlPJtwasr3cOruz96mwekCL4NDsngoE=",
		regexp.MustCompile(`pbkdf2_sha(?:1|256)\$[0-9]+\$[^$\s]+\$[A-Za-z0-9+/]{27}`)},
	{"django-scrypt", "scrypt$1024$eA3dPxVV0lCjBV9z0z53un$8$1$mPf77l6ZRQt3iM0Lw9UnFbvQSJ9fTBmx70iYBJgmTn1qgChJ5uhzG7QJ6hB69TOprYwarpmYBdiJbT97eI9wFw==",
		regexp.MustCompile(`scrypt\$[0-9]+\$[^$\s]+\$[0-9]+\$[0-9]+\$[A-Za-z0-9+/]{43}`)},
	{"passlib-pbkdf2", "$pbkdf2-sha256$1000$LaV07v0/R8hZy9l7T0lJqQ$9tEralYVFEQxWpYlUEbA4M7K5GYwTL7a2QGmyWMODw4",
		regexp.MustCompile(`\$pbkdf2(?:-sha256|-sha512)?\$[0-9]+\$[A-Za-z0-9./]+\$[A-Za-z0-9./]{27}`)},
	{"passlib-bcrypt", "$bcrypt-sha256$v=2,t=2b,r=4$5QD/BgoOEZCJduHHYRSlWO$uF3H9bwCbZ8Ev9O0enpejtWoOJM8Ccu",
		regexp.MustCompile(`\$bcrypt-sha256\$(?:v=[0-9]+,t=)?2[aby],(?:r=)?[0-9]+\$[./A-Za-z0-9]{22}\$[./A-Za-z0-9]{31}`)},
	{"crypt", "$5$rounds=1000$oG.2xA.hRhhVNb8b$tBDiRphWMGIA1Vb0TS.TsEDtBU/3xoa8dwaszke/UnC",
		regexp.MustCompile(`\$[56]\$(?:rounds=[0-9]+\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{43}`)},
	{"phpass", "$P$5..V4Tx/QKwgj33QObumDKrM13nsxV1", // and Drupal's, which is longer
		regexp.MustCompile(`\$[PHS]\$[./A-Za-z0-9]{31}`)},
	{"ldap", "{SSHA}h4EKU7rJFzMk7ksBCGguPd/Bq7oAQIgx",
		regexp.MustCompile(`\{(?:SSHA|ssha)(?:256|512)?\}[A-Za-z0-9+/]{32}`)},
	{"spring-pbkdf2", "{pbkdf2}dae0c476a8ebd780b11158ddd9ab7791f15517dc66bd173112a99235f3cab35c94359f81610ff8cf", // and StandardPasswordEncoder's
		regexp.MustCompile(`\{(?:pbkdf2(?:@\w+)?|sha256)\}[0-9a-f]{80}`)},
	{"spring-scrypt", "{scrypt}$e0801$P0H6FsmaDjEBFpLuGCSqUNX12hR4nfzTxbNJ3Gm/P7YO9uws/3XfTPp9DsC32Chca0QYD3f5RDkEEcbEoyeULw==$t1DNrn/MX7AjJ/QS30gP0SFu17upxwUtacXjnxt4VEM=",
		regexp.MustCompile(`\{scrypt(?:@\w+)?\}\$[0-9a-f]+\$[A-Za-z0-9+/]{8,}={0,2}\$[A-Za-z0-9+/]{43}`)},
	{"keycloak", "$keycloak-pbkdf2$20000$eEVFKnihYyWvSosUThyHQQ==$3GIvVS+hORF+9PWCIguUtKIRIxbqNcLREKovwKrwBDFSSm53Q2J9IlJA2/cBQLJ6DE+gphyPumO+YhAX7oMb0w==",
		regexp.MustCompile(`\$keycloak-[\w-]+\$[0-9]+\$[A-Za-z0-9+/]{8,}={0,2}\$[A-Za-z0-9+/]{22}`)},
	{"firebase", "$firebase-scrypt$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==",
		regexp.MustCompile(`\$firebase-scrypt\$[A-Za-z0-9+/]+={0,2}\$[A-Za-z0-9+/]{22}`)},
	{"sealed", "AbD-KQESrU1RD_kMDrA44aIiWlh6ABNd3iQnuPgzSnohQIsldkQM0xISpXZOBkYVlzTkfZab3_WvYZaLuHTd71J5HzKkj2Tl4WjX5qPFUPfGzEQONK4wJn0o", // a token or a device cookie, of version 1
		regexp.MustCompile(`\bA[Q-Za-f][A-Za-z0-9_-]{72,}`)},
}

// Planted begins the text that marks a line as one with a secret in it on
// purpose: a search that doesn't find it there is broken. The name of the kind
// follows.
const Planted = "planted for the search: "

// Plant writes a secret of each kind to the output of t, where internal/testrun
// must find it.
func Plant(t *testing.T) {
	for _, k := range Kinds {
		t.Logf("%s%s %s", Planted, k.Name, k.Sample)
	}
}

// Recognize returns the names of the kinds of which line has a secret, each with
// the first of these. It finds them as they are or as a log, a URL or a page
// would give them: escaped for JSON, Go, URLs or HTML, up to twice; in base64,
// also as a part of something longer; or as bytes in hexadecimal or decimal. It
// doesn't find what is encoded twice in other ways, compressed, cut short, or
// broken into lines.
func Recognize(line string) map[string]string {
	line = unescape(unescape(line))
	all := line + "\n" + decoded(line)
	found := make(map[string]string)
	for _, k := range Kinds {
		if secret := k.form.FindString(all); secret != "" {
			found[k.Name] = secret
		}
	}
	return found
}

var escapes = regexp.MustCompile(`%[0-9A-Fa-f]{2}|\\x[0-9a-f]{2}|\\u[0-9A-Fa-f]{4}|\\/`)

func unescape(s string) string {
	s = escapes.ReplaceAllStringFunc(s, func(escape string) string {
		code, err := strconv.ParseUint(strings.TrimLeft(escape, `%\xu`), 16, 16)
		switch {
		case err != nil: // \/
			return "/"
		case escape[1] == 'u':
			return string(rune(code))
		}
		return string([]byte{byte(code)})
	})
	return html.UnescapeString(s)
}

var (
	inBase64 = regexp.MustCompile(`[A-Za-z0-9+/_-]{16,}`)
	inBytes  = regexp.MustCompile(`[0-9A-Fa-fx, ]{24,}`)
)

// decoded returns what may be encoded in s, as lines. Where an encoded text
// begins isn't known, so each place that it can have is tried.
func decoded(s string) string {
	var b strings.Builder
	for _, run := range inBase64.FindAllString(s, -1) {
		run = strings.NewReplacer("-", "+", "_", "/").Replace(run)
		for skip := range 4 {
			part := run[skip:]
			if len(part)%4 == 1 {
				part = part[:len(part)-1]
			}
			bytes, _ := base64.RawStdEncoding.DecodeString(part)
			b.Write(append(bytes, '\n'))
		}
	}
	for _, run := range inBytes.FindAllString(s, -1) {
		for _, digits := range strings.FieldsFunc(strings.ReplaceAll(run, " ", ""), func(r rune) bool { return r == ',' || r == 'x' }) {
			for skip := range 2 {
				bytes, _ := hex.DecodeString(digits[skip:]) // all but half a byte at the end
				b.Write(append(bytes, '\n'))
			}
		}
		for _, number := range strings.FieldsFunc(run, func(r rune) bool { return r == ',' || r == ' ' }) {
			if n, err := strconv.ParseUint(number, 0, 8); err == nil {
				b.WriteByte(byte(n))
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}
