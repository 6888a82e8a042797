package pages

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	bcp47 "golang.org/x/text/language"

	"github.com/gosignup/signup"
)

// texts has the texts of all languages.
type texts struct {
	english   map[string]string
	languages []map[string]string // in the order of the matcher's tags; the first is English
	matcher   bcp47.Matcher
}

const english = "en"

// loadTexts reads the files texts/*.json: one object for each language, with a text for
// each code.
func loadTexts(s *site) *texts {
	names := s.names("texts")
	slices.SortFunc(names, func(a, b string) int { // English first: it is the default
		if isEnglish := a == english+".json"; isEnglish != (b == english+".json") {
			if isEnglish {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
	t := &texts{}
	var tags []bcp47.Tag
	for _, name := range names {
		tag, err := bcp47.Parse(strings.TrimSuffix(name, ".json"))
		if err != nil {
			panic(fmt.Sprintf("pages: texts/%s isn't named after a language: %v", name, err))
		}
		catalog := make(map[string]string)
		for _, files := range []fs.FS{embedded, s.files()} {
			content, err := fs.ReadFile(files, "texts/"+name)
			if err == nil {
				err = json.Unmarshal(content, &catalog) // adds to it
			}
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				panic(fmt.Sprintf("pages: texts/%s: %v", name, err))
			}
		}
		if catalog["language"] == "" {
			catalog["language"] = tag.String()
		}
		tags = append(tags, tag)
		t.languages = append(t.languages, catalog)
	}
	t.english = t.languages[0]
	t.matcher = bcp47.NewMatcher(tags)
	return t
}

// A language is that of one request.
type language struct {
	catalog map[string]string
	accept  []string // the tags that the client prefers
}

// maxAcceptLanguage limits what is read of Accept-Language, in bytes.
const maxAcceptLanguage = 1 << 10

// match returns the language for a request with these Accept-Language lines.
func (t *texts) match(lines []string) *language {
	header := strings.Join(lines, ",")
	if len(header) > maxAcceptLanguage {
		header = header[:strings.LastIndexByte(header[:maxAcceptLanguage+1], ',')+1]
	}
	tags, _, err := bcp47.ParseAcceptLanguage(strings.TrimSuffix(header, ","))
	if err != nil || len(tags) == 0 {
		return &language{catalog: t.english}
	}
	_, i, _ := t.matcher.Match(tags...)
	l := &language{catalog: t.languages[i]}
	for _, tag := range tags {
		l.accept = append(l.accept, tag.String())
	}
	return l
}

func (l *language) tags() []string { return slices.Clone(l.accept) }

// text returns the text of m in the language l. m.English is only used if no catalog has
// the Code.
func (l *language) text(s *site, m signup.Message) string {
	if text, ok := s.texts.english[m.Code]; ok {
		m.English = fill(text, s.opts.Name, m)
	}
	if s.opts.Translate != nil {
		if text := s.opts.Translate(l.tags(), m); text != "" {
			return text
		}
	}
	if text, ok := l.catalog[m.Code]; ok {
		return fill(text, s.opts.Name, m)
	}
	return m.English
}

// fill returns text with the fields of m in the place of their names in braces, and with
// the name of the site for {site}.
func fill(text, site string, m signup.Message) string {
	if !strings.Contains(text, "{") {
		return text
	}
	return strings.NewReplacer("{site}", site, "{value}", m.Value, "{character}", m.Character,
		"{min}", strconv.Itoa(m.Min), "{max}", strconv.Itoa(m.Max)).Replace(text)
}

// translate is the Translate of the Guard's responses.
func (s *site) translate(languages []string, m signup.Message) string {
	return s.texts.match(languages).text(s, m)
}
