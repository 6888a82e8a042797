package leaktest_test

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gosignup/signup/internal/leaktest"
)

func TestFind(t *testing.T) {
	const other = "a secret that nobody has told"
	for _, secret := range []string{
		"correct horse battery", `quotes " and \ & <b>`, "pass\twort für dich", "пароль 🔑🔑🔑", "\u00e9\u200b\x7f?~>?~>",
		"Ada+Tag@Example.org", "o'brien/sons@bücher.example", "a@b.co",
		"$2a$04$wUJyMaYOqNvYq4qA/EXpXeJp/Dvx9fYhWj2kVQ0b8eLQWmA3oE9a.",
		"$argon2id$v=19$m=19456,t=2,p=1$4XVlYN+Gx/0gDk9DW7mTmw$rXn8Z0b+W3/1Oc6mA2pOyCuHVsy3cN1VdPXk9A0ZxkM",
		"pbkdf2:sha256:1000$jkeQb18X$0858880d8d9b1e8a52b4ff10762fbf71",
	} {
		for name, text := range leaktest.Encoded(secret) {
			found := leaktest.Find("before "+text+" after", []string{other, secret})
			if len(found) != 1 || found[0] != secret {
				t.Errorf("%s: found %q in %q, want %q", name, found, text, secret)
			}
		}
	}
	// PHP's JSON, for one.
	if found := leaktest.Find(`{"hash":"$2a$04$abc\/def"}`, []string{"$2a$04$abc/def"}); len(found) != 1 {
		t.Error("got no hash with an escaped slash, want it found")
	}
}

func TestFindMany(t *testing.T) {
	secrets := []string{"", "ada@example.org", "bob@example.org", "Ada@Example.ORG", "xada@example.org", "da@example.or", "x@y", "ada@example.org.uk"}
	for text, want := range map[string][]string{
		"":                                nil,
		"ada@example":                     nil,
		"nothing here":                    nil,
		"<ADA@example.org":                {"ada@example.org", "Ada@Example.ORG", "da@example.or"},
		"x@ya@example.orxada@example.org": {"ada@example.org", "Ada@Example.ORG", "xada@example.org", "da@example.or", "x@y"},
		"mailto:bob%40example.org":        {"bob@example.org"},
	} {
		if found := leaktest.Find(text, secrets); !slices.Equal(found, want) {
			t.Errorf("found %q in %q, want %q", found, text, want)
		}
	}
	if found := leaktest.Find("anything", nil); found != nil {
		t.Errorf("without secrets, got %q, want nothing", found)
	}
}

// Whichever program made a hash, it is recognized.
func TestRecognizeEachProgram(t *testing.T) {
	for _, name := range []string{"foreign_hashes.json", "werkzeug_hashes.json"} {
		data, err := os.ReadFile("../../testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		var entries []struct{ Hash string }
		if err := json.Unmarshal(data, &entries); err != nil || len(entries) == 0 {
			t.Fatalf("%s: got %d hashes and %v, want some and nil", name, len(entries), err)
		}
		for i, e := range entries {
			plain := strings.HasPrefix(e.Hash, "plain$") // contains a password
			if found := leaktest.Recognize(e.Hash); !plain && len(found) != 1 {
				t.Errorf("%s, number %d: got %d kinds, want 1", name, i, len(found))
			}
		}
	}
}

// A line that names a planted kind names no other.
func TestKindNames(t *testing.T) {
	for i, k := range leaktest.Kinds {
		for j, other := range leaktest.Kinds {
			if i != j && strings.HasPrefix(k.Name, other.Name) {
				t.Errorf("got the names %s and %s, want none that begins with another", k.Name, other.Name)
			}
		}
	}
}

func TestRecognize(t *testing.T) {
	for _, k := range leaktest.Kinds {
		for name, text := range leaktest.Encoded(k.Sample) {
			if found := leaktest.Recognize("before " + text + " after"); found[k.Name] == "" {
				t.Errorf("%s: found %q in %q, want the %s %q", name, found, text, k.Name, k.Sample)
			}
		}
		if found := leaktest.Recognize(k.Sample); len(found) != 1 {
			t.Errorf("found %q in %q, want the %s only", found, k.Sample, k.Name)
		}
	}
	for text, want := range map[string]string{
		"ADA@EXAMPLE.ORG":           "address",
		"ada@xn--bcher-kva.example": "address",
		"q=Correct+Horse":           "password",
		"$hmac-sha384-bcrypt$2a$04$sPyuEGqNlNHPlM/5ZDT6n.TX4hBTYyYFMdl9fBIBYQGHG64qmmgYq": "bcrypt",
		"$2b$12$sPyuEGqNlNHPlM/5ZDT6n.TX4hBTYyYFMdl9fBIBYQGHG64qmmgYq":                    "bcrypt",
		// PHP's JSON, for one.
		`{"hash":"$2a$04$sPyuEGqNlNHPlM\/5ZDT6n.TX4hBTYyYFMdl9fBIBYQGHG64qmmgYq"}`: "bcrypt",
		// Other variants of a kind.
		"bcrypt_sha256$$2b$04$bShopPpa24SWtodF4aRRKOTBKrZX55iWi9bTThSZx4gmk8ihC73B2":                                    "bcrypt",
		"bcrypt$$2b$04$fIfeIJybnJ/iE5EkrZKTB.Id5L7qI5bVOaiTcJBThFTaa9VvPTg8.":                                           "bcrypt",
		"$devise$2a$04$CqaImtzbd4eouAbAxnhMh.cR.z9zbBnjeMyAMwV5mchJ8dNipZI3G":                                           "bcrypt",
		"{bcrypt}$2a$04$mlzHVIOe.5oW/ulGMZsVy.cSC1Aee0zTPIom/s2zcgkj.8NJZOcz.":                                          "bcrypt",
		"argon2$argon2id$v=19$m=256,t=2,p=2$QzhVMmxWR3k0Q0Q3U2xXeFJ4SUtvMg$E5FDL1hhHuL2cgD667Qep/stpCOnaFeg4cwWeuZZQJg": "argon2",
		"$argon2i$v=16$m=256,t=2,p=2$c2FsdCAwMDAwMDAwMDAwMQ$kXKKbgd7HarF1xVsx63Ikg":                                     "argon2",
		"{argon2}$argon2id$v=19$m=4096,t=3,p=1$B+gnLmRQKSUp79KgnT+zXQ$Nxh2n1+1v81xUKJzUUZErpQucL/IFlLd1m/i/Z8vkxc":      "argon2",
		"$6$cyPrrLFhGE0yoahB$GunqHtE0GJRM0bHhFe7KBHWeefca25Vko006jL6edr37DxnUMBjW06PTQtCHjquH5YVG.0.GiYYA04p8IhSf6/":    "crypt",
		"$H$6TU1XwP1fuKbp0S/kXcw17OmC0T6ZI.":                                                                            "phpass",
		"{ssha256}IaraTFTU0pmc0zvlIdv3otvEPWDYOfJzb0DT2WWFlRMLoXSOca5V6g==":                                             "ldap",
		"$argon2i$m=256,t=2,p=1$c29tZXNhbHQ$/U3YPXYsSb3q9XxHvc0MLxur+GP960kN9j7emXX8zwY":                                "argon2",
		"pbkdf2_sha1$30000$seasalt2$pMzU1zNPcydf6wjnJFbiVKwgULc=":                                                       "django-pbkdf2",
		"$pbkdf2$1000$EIKwtraWklIqZWxtbU3pPQ$7lekyM5TP/f7FWzIX/VqaSd8rZs":                                               "passlib-pbkdf2",
		"$bcrypt-sha256$2b,4$E8MHU.Ogj3IruLMAI7idw.$rNlp3RuIvCLnlyVq0ArJJXS5CsPE1z2":                                    "passlib-bcrypt",
		"U$S$6qSk.2D2cCgoJ28VtcwzkkUFWnmQbQZLJrp5Z0h/xAU3UOW1vCrZ":                                                      "phpass",
		"{ldap}{SSHA}SIEAeKool/PottHz53vywvQx6f/A06bom1AVTA==":                                                          "ldap",
		// What documentation has.
		"$5$, $6$rounds=5000$, $P$, $S$ and $H$": "", "{SSHA}, {bcrypt}$2a$ and {ldap}{SSHA}…": "", "$keycloak-pbkdf2-sha256$27500$salt$hash": "",
		"$pbkdf2-sha256$1000$": "", "$firebase-scrypt$": "", "scrypt$16384$": "", "$devise$2a$": "", "$argon2i$m=256,t=2,p=1$": "",
		`"$2a$12$" and so on`: "", "$argon2id$v=19$m=19456,t=2,p=1": "", "pbkdf2:sha256:1000$": "", "pbkdf2_sha256$": "",
		"golang.org/x/crypto@v0.50.0/bcrypt.go": "", "https://example.org/": "", "the horse is correct": "", "": "",
	} {
		found := slices.Collect(maps.Keys(leaktest.Recognize(text)))
		if len(found) > 1 || len(found) == 1 != (want != "") || len(found) == 1 && found[0] != want {
			t.Errorf("found %q in %q, want %q", found, text, want)
		}
	}
}
