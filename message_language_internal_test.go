package signup

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/language"

	"github.com/gosignup/signup/internal/hostile"
)

func TestAcceptedLanguages(t *testing.T) {
	many := strings.Repeat("de-Latn-AT-1996,", 20)
	for _, c := range []struct {
		name  string
		lines []string
		want  string
	}{
		{"no header", nil, ""},
		{"empty", []string{""}, ""},
		{"one", []string{"de"}, "de"},
		{"a browser's", []string{"de-AT,de;q=0.9,en-US;q=0.8,en;q=0.7"}, "de-AT de en-US en"},
		{"by weight", []string{"en;q=0.1, fr;q=0.333, de;q=0.33, it"}, "it fr de en"},
		{"of one weight, as sent", []string{"it;q=0.5,de;q=0.5,fr;q=0.5"}, "it de fr"},
		{"several lines", []string{"en;q=0.5", "de", " fr ;q=0.7"}, "de fr en"},
		{"white space and empty elements", []string{" ,\tde ; q=0.5 ,, fr\t,"}, "fr de"},
		{"any", []string{"*"}, ""},
		{"any, and one", []string{"*, de;q=0.1"}, "de"},
		{"weight 0", []string{"de;q=0, fr;q=0.000, en"}, "en"},
		{"none", []string{"de;q=0, *;q=0"}, ""},
		{"twice", []string{"de;q=0.1, fr;q=0.5, DE, de-de;q=0.2, de-DE"}, "de de-DE fr"},
		{"letter case", []string{"DE-at, ZH-hant-tw"}, "de-AT zh-Hant-TW"},
		{"old codes", []string{"iw, in, i-klingon, zh-cmn-Hans"}, "he id tlh cmn-Hans"},
		{"subtags that aren't registered", []string{"de-AJ, de-Abcd-AT, en-UK"}, "de de-AT en-GB"},
		{"private use", []string{"x-klingon, de-x-formal"}, "x-klingon de-x-formal"},
		{"an extension", []string{"de-u-co-phonebk"}, "de-u-co-phonebk"},
		{"no language", []string{"und, und-DE, qq, zz-ZZ, C, root"}, ""},
		{"malformed", []string{"de_DE, d, 1, de-, -de, de--DE, ü, de DE, abcdefghi, de-abcdefghi, (de), \"de\", de/at"}, ""},
		{"malformed weights", []string{"de;q=2, de;q=0.1234, de;q=-1, de;q=, de;q, de;=1, de;q=1;q=1, fr"}, "fr"},
		{"longer than a tag", []string{"de-x-" + strings.Repeat("abcdefgh-", 3) + "abcd, de-x-" + strings.Repeat("abcdefgh-", 3) + "abc"}, "de-x-abcdefgh-abcdefgh-abcdefgh-abc"},
		{"as many as are looked at", []string{strings.Repeat("de,", maxLanguages-1) + "fr,en"}, "de fr"},
		{"malformed ones count", []string{strings.Repeat("1,", maxLanguages) + "fr"}, ""},
		{"those of weight 0 don't count", []string{strings.Repeat("de;q=0,", maxLanguages) + "fr"}, "fr"},
		{"cut off", []string{strings.Repeat(",", maxAcceptLanguage-3) + "de-AT"}, ""},
		{"at the limit", []string{strings.Repeat(",", maxAcceptLanguage-5) + "de-AT"}, "de-AT"},
		{"beyond the limit", []string{strings.Repeat(",", maxAcceptLanguage), "de"}, ""},
		{"much", []string{many, many}, "de-Latn-AT-1996"},
	} {
		if got := strings.Join(acceptedLanguages(c.lines), " "); got != c.want {
			t.Errorf("%s: got the languages %q, want %q", c.name, got, c.want)
		}
	}
}

func TestAcceptedLanguagesCost(t *testing.T) {
	lines := map[string][]string{
		"long tags":       {strings.Repeat("de-Latn-AT-1996-u-co-phonebk,", 1<<15)},
		"unknown subtags": {strings.Repeat("de-qx-u-xx-yy-zz-aa-bb-cc-dd-ee,", 1<<15)},
		"short tags":      {strings.Repeat("a,", 1<<19)},
		"weights":         {strings.Repeat("de;q=0,", 1<<18)},
		"one tag":         {"de" + strings.Repeat("-abcdefgh", 1<<17)},
	}
	for name, l := range hostile.Headers {
		lines[name] = l
	}
	for name, l := range lines {
		const most = 512 // of about 11 a tag
		if got := testing.AllocsPerRun(5, func() { acceptedLanguages(l) }); got > most {
			t.Errorf("%s: acceptedLanguages allocated %.0f times, want at most %d", name, got, most)
		}
	}
}

func BenchmarkAcceptedLanguages(b *testing.B) {
	for name, line := range map[string]string{
		"browser": "de-AT,de;q=0.9,en-US;q=0.8,en;q=0.7",
		"hostile": strings.Repeat("de-qx-u-xx-yy-zz-aa-bb-cc-dd-ee,", 1<<15),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			lines := []string{line}
			for b.Loop() {
				acceptedLanguages(lines)
			}
		})
	}
}

// The tags are canonical and few, each is in the header once, and the order is that of
// the package language if that can read the header.
func FuzzAcceptedLanguages(f *testing.F) {
	for _, seed := range []string{
		"", "*", "de", "de-AT,de;q=0.9,en-US;q=0.8,en;q=0.7", "en;q=0.1, fr;q=0.333, de;q=0.33, it", "iw, in, tl;q=0.5",
		"de_DE, de--DE, -de", "x-klingon, i-klingon, art-lojban", "de;q=0, *;q=0.5", "zh-cmn-Hans-CN;q=1.000", "de;q=2;q=1",
		"sr-latn-RS-u-co-phonebk-x-abc", "\"de\", fr;q=\"0.5\"", "en-UK, de-QX, und, qq", "de,\x00,\xff,ü", strings.Repeat("a,", 600),
		"de-1901-1996, sl-rozaj-biske-1994", "en-a-bbb-x-a-ccc", "de;;q=0.5;", "mo, sh, no-bok, aaa-bbb-ccc",
	} {
		f.Add(seed, "")
		f.Add("en;q=0.5", seed)
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		got := acceptedLanguages([]string{first, second})
		if len(got) > maxLanguages {
			t.Fatalf("got %d languages, want at most %d", len(got), maxLanguages)
		}
		for i, tag := range got {
			again, err := language.Parse(tag)
			_, unknown := err.(language.ValueError)
			if err != nil && !unknown || again.String() != tag || slices.Contains(got[:i], tag) {
				t.Errorf("got the language %q (of %q), which is read as %q, %v; want a canonical tag, once", tag, got, again, err)
			}
		}
		if joined := acceptedLanguages([]string{fmt.Sprintf("%s,%s", first, second)}); !slices.Equal(joined, got) && balanced(first) {
			t.Errorf("got the languages %q from two lines, and %q from one; want the same", got, joined)
		}
	})
}

// balanced reports whether a comma after s isn't within quotes.
func balanced(s string) bool { return !strings.ContainsAny(s, `"\`) }
