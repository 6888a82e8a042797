package legacyhash

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/gosignup/signup"
)

// BcryptSHA256 is passlib's bcrypt_sha256: bcrypt of a digest of the password. In
// version 2, that is an HMAC keyed by the salt,
//
//	$bcrypt-sha256$v=2,t=2b,r=12$salt$hash
//
// and before it was plain SHA-256:
//
//	$bcrypt-sha256$2b,12$salt$hash
var BcryptSHA256 signup.HashFormat = format(parseBcryptSHA256)

func parseBcryptSHA256(text string) (signup.ParsedHash, bool) {
	parts := strings.Split(text, "$")
	if len(parts) != 5 || parts[0] != "" || parts[1] != "bcrypt-sha256" || len(parts[3]) != 22 {
		return signup.ParsedHash{}, false
	}
	params, salt, hash := parts[2], parts[3], parts[4]
	rounds, v2 := strings.CutPrefix(params, "v=2,t=2b,r=")
	if !v2 {
		variant, after, _ := strings.Cut(params, ",")
		if variant != "2a" && variant != "2b" {
			return signup.ParsedHash{}, false
		}
		rounds = after
	}
	cost, ok := parseNumber(rounds, 31)
	if !ok {
		return signup.ParsedHash{}, false
	}
	inner := fmt.Sprintf("$2b$%02d$%s%s", cost, salt, hash)
	if _, ok := parseBcrypt(inner); !ok {
		return signup.ParsedHash{}, false
	}
	return signup.ParsedHash{
		Scheme: "bcrypt-sha256",
		Work:   bcryptWork(int(cost)),
		Matches: limited(anyLength, func(password []byte) bool {
			h := sha256.New()
			if v2 {
				h = hmac.New(sha256.New, []byte(salt))
			}
			h.Write(password)
			return matchBcrypt(inner, base64.StdEncoding.AppendEncode(nil, h.Sum(nil)))
		}),
	}, true
}
