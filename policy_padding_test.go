package signup_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gosignup/signup"
)

// Long passwords that are as easy to guess as what they were made from.
var paddedPasswords = []struct{ password, code string }{
	{"Password1234567", "common_padded"},
	{"1234567password", "common_padded"},
	{"123password4567", "common_padded"},
	{"password!!!!!!!", "common_padded"},
	{"  password  2024", "common_padded"},
	{"passwordpassword", "common"},
	{"Password!Password", "common_padded"},
	{"password1password1", "common_padded"},
	{"PASSWORD-password-12", "common_padded"},
	{"passwordddddddd", "common_padded"},
	{"P@ssw0rd1234567", "common_padded"},
	{"iloveyou1234567", "common_padded"},
	{"monkey!!!!!!!!!", "common_padded"},
	{"dragon837261940", "common_padded"},
	{"welcome20242025", "common_padded"},
	{"letmein letmein", "sequence"},
	{"sunshine**0987**", "common_padded"},
	{"12345678!!!!!!!!", "sequence"},
	{"147258369147258", "common"},
	{"qwerty123456789", "common"},

	{"aaaaaaaaaaaaaaa", "common"},
	{"zzzzzzzzzzzzzzzzzzzzzzzzzzzz", "sequence"},
	{"abcabcabcabcabc", "sequence"},
	{"abc-abc-abc-abc", "sequence"},
	{"banjobanjo12345", "sequence"},
	{"123456789012345", "common"},
	{"987654321098765", "sequence"},
	{"abcdefghijklmno", "sequence"},
	{"ABCDEFGHIJKLMNO", "sequence"},
	{"onmlkjihgfedcba", "sequence"},
	{"abcdefghijk!123", "sequence"},
	{"qwertyuiopasdfg", "common"},
	{"poiuytrewqlkjhg", "sequence"},
	{"asdfghjklqwerty", "sequence"},
	{"qwertzuiopyxcvb", "sequence"},
	{"azertyuiopqsdfg", "sequence"},
	{"\u0439\u0446\u0443\u043a\u0435\u043d\u0433\u0448\u0449\u0437\u0444\u044b\u0432\u0430\u043f", "sequence"},
	{"\u03b1\u03b2\u03b3\u03b4\u03b5\u03b6\u03b7\u03b8\u03b9\u03ba\u03bb\u03bc\u03bd\u03be\u03bf", "sequence"},
	{"!@#$%^&*()!@#$%", "sequence"},
	{"1-2-3-4-5-6-7-8", "sequence"},
	{"abcde fghij klmno", "sequence"},
	{"aaaaabbbbbccccc", "sequence"},
	{"112233445566778", "common"},
	{"1122334455667788990", "sequence"},
	{"1a2b3c4d5e6f7g8h", "sequence"},
	{"1qaz2wsx3edc4rf", "sequence"},
	{"test12345678901", "sequence"},
	{"x!!!!!!!!!!!!!!", "sequence"},

	{"               ", "not_visible"},
	{"\t\t\t\t\t   \u00a0\u2003\u3000\u1680\t \t", "not_visible"},
	{strings.Repeat("\u200b\u200d\ufeff\u00ad\u2800", 3), "not_visible"},
	{strings.Repeat("\u3164\u115f\u202e", 5), "not_visible"},

	{"adalovelace12345", "own_name_padded"},
	{"ADA.Lovelace.1815", "own_name_padded"},
	{"12345 Lovelace, Ada", "own_name_padded"},
	{"ada_ada_ada_1815", "own_name_padded"},
	{"ada@example.org1", "own_name_padded"},
	{"Ada-Example-Org!!!", "own_name_padded"},
	{"countess.of.1815", "own_name_padded"},
	{"analytical!engines", "service_name_padded"},
	{"Ada@AnalyticalEngines", "service_name_padded"},
	{"analyticalengines2026", "service_name_padded"},

	{"correct horse battery", ""},
	{"correcthorsebatt", ""},
	{"ada writes to babbage", ""},
	{"the countess of 1815", ""},
	{"my analytical engines", ""},
	{"password for the sluice", ""},
	{"monkey sees 7 engines", ""},
	{"quick brown foxes", ""},
	{"hijack sturdy defy", ""},
	{"837261940518273", ""},
	{"adagio 12345678", ""},
}

func TestNISTPadding(t *testing.T) {
	u := signup.User{Email: "ada@example.org", FirstName: "Ada", LastName: "Lovelace"}
	policy := signup.NIST{Service: "Analytical Engines"}
	for _, c := range paddedPasswords {
		if c.password == "countess.of.1815" {
			u.Email = "countess.of@example.org"
		}
		wantCode(t, policy.Check(t.Context(), c.password, u), c.code, c.password)
		u.Email = "ada@example.org"
	}
	phone := signup.User{Email: "15550123456789@example.org"}
	wantCode(t, policy.Check(t.Context(), "+15550123456789", phone), "own_name_padded", "+15550123456789")
	wantCode(t, policy.Check(t.Context(), "902715550123456", phone), "", "902715550123456")
}

// words are common English words, in lower case.
var words = strings.Fields(`
able acid apple arch army away baby back bake ball band bank barn basket beach bean
bell belt bird black blue board boat bone book boot bottle bowl brave bread brick bridge
bright brown bucket butter cabin cake camel camp candle canyon castle chair chalk cheese
cherry chess city clay clock cloud coast coffee copper corn cotton crane cream crow dance
dawn deer desk dolphin door dragon dream drum duck dust eagle early earth echo engine
fair fall farm feather fence field fig fire fish flag flame flower fog forest fork fox
frog fruit garden gate ghost giant glass glove goat gold grape grass green hammer harbor
hat hawk heart hill honey hope horse house ice iron island ivory jacket jar jelly jewel
jungle kettle key king kite knee knight lake lamp lantern leaf lemon letter light lion
lizard love lunch magic maple market mask meadow milk mint mirror monkey moon mountain
mouse needle nest night north oak ocean olive onion orange orchid otter owl paint panda
paper park peach pear pencil pepper piano pilot pine planet plum pocket poem pond pony
potato pumpkin purple quartz queen quiet quilt rabbit rain raven red ribbon river road
rocket root rose sail salt sand school sea shadow sheep shell ship silver sky sleep snow
soap song south spider spoon spring star steam stone storm sugar summer sun sunshine swan
table tea thunder tiger time toast tower train tree tulip turtle valley velvet violin
wagon walnut water welcome west whale wheat wheel wild wind window winter wolf wood yarn
yellow zebra`)

// randomPassphrase returns four or five words, as people and programs write them.
func randomPassphrase(r *rand.Rand) string {
	separator := []string{" ", "-", ".", "_", "", "1"}[r.IntN(6)]
	chosen := make([]string, 4+r.IntN(2))
	for i := range chosen {
		chosen[i] = words[r.IntN(len(words))]
		if r.IntN(4) == 0 {
			chosen[i] = strings.ToUpper(chosen[i][:1]) + chosen[i][1:]
		}
	}
	text := strings.Join(chosen, separator) + randomString(r, "0123456789", r.IntN(5))
	if len(text) < 15 {
		text += "!" + words[r.IntN(len(words))] + randomString(r, "0123456789", 5)
	}
	return text
}

func randomString(r *rand.Rand, alphabet string, length int) string {
	text := make([]byte, length)
	for i := range text {
		text[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(text)
}

// No random password is refused.
func TestNISTFalseAlarms(t *testing.T) {
	const (
		digits  = "0123456789"
		lower   = "abcdefghijklmnopqrstuvwxyz"
		symbols = " !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
	)
	alphabets := []string{
		digits, digits, digits + "abcdef", lower, lower + digits, lower + strings.ToUpper(lower) + digits, lower + strings.ToUpper(lower) + digits + symbols,
		"abcdefghijklmnopqrstuvwxyz234567", digits + symbols, symbols,
	}
	n := 100_000
	if raceEnabled { // which takes ten times as long
		n /= 10
	}
	u := signup.User{Email: "ada@example.org", FirstName: "Ada", LastName: "Lovelace"}
	u.SetKey(u.Email, signup.EmailRule)
	policy := signup.NIST{Service: "Analytical Engines"}
	r := rand.New(rand.NewPCG(1815, 12))
	refused := 0
	for i := range 2 * n {
		password := randomPassphrase(r)
		if i%2 == 1 {
			password = randomString(r, alphabets[i/2%len(alphabets)], 15+r.IntN(10))
		}
		if err := policy.Check(t.Context(), password, u); err != nil && refused < 20 {
			refused++
			t.Errorf("Check of the random %q returned %v, want nil", password, err)
		}
	}
}

func BenchmarkNIST(b *testing.B) {
	u := signup.User{Email: "ada@example.org", FirstName: "Ada", LastName: "Lovelace"}
	for name, password := range map[string]string{
		"21 bytes":              "correct horse battery",
		"1024 bytes":            strings.Repeat("correct horse battery, and ", 37) + "correct horse battery.xyz",
		"1024 bytes, a border":  strings.Repeat("correct horse battery, and ", 37) + "correct horse battery, an",
		"1023 bytes, not ASCII": strings.Repeat("\u0916\u0939a\u0301\u00e9k", 93)[:1023],
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_ = signup.NIST{Service: "Analytical Engines"}.Check(b.Context(), password, u)
			}
		})
	}
}
