package mailer_test

import (
	"io/fs"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/mailer"
)

// TestDocs checks that docs/mail.md has all templates, texts and fields.
func TestDocs(t *testing.T) {
	b, err := os.ReadFile("../docs/mail.md")
	if err != nil {
		t.Fatal(err)
	}
	docs := string(b)
	files := os.DirFS("templates")
	define := regexp.MustCompile(`{{define "(\w+)"`)
	names, err := fs.Glob(files, "*/*.txt")
	if err != nil || len(names) < 30 {
		t.Fatalf("got %d templates (error %v), want 30 or more", len(names), err)
	}
	for _, name := range names {
		_, mail, _ := strings.Cut(strings.TrimSuffix(name, ".txt"), "/")
		if !strings.Contains(docs, "`"+mail) && !strings.Contains(docs, "/"+mail) {
			t.Errorf("docs/mail.md: got no template %s, want it", name)
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range define.FindAllStringSubmatch(string(text), -1) {
			if d[1] != "time" && !strings.Contains(docs, "`"+d[1]+"`") {
				t.Errorf("docs/mail.md: got no text %s of %s, want it", d[1], name)
			}
		}
	}
	for _, of := range []any{mailer.Data{}, mailer.Layout{}} {
		for f := range reflect.TypeOf(of).Fields() {
			if !strings.Contains(docs, "`."+f.Name+"`") {
				t.Errorf("docs/mail.md: got no field %s of %T, want it", f.Name, of)
			}
		}
	}
	// The example has a template.
	_, after, _ := strings.Cut(docs, "`templates/en/invite.txt`:\n\n")
	example, _, _ := strings.Cut(after, "\n\n##")
	o := options(nil)
	o.Files = fstest.MapFS{"templates/en/invite.txt": {Data: []byte(example)}}
	if text := printed(t, o, signup.Mail{To: adaMail, Purpose: signup.PurposeInvite}); !strings.Contains(text, "The gardeners of Orchard") {
		t.Errorf("the template in docs/mail.md: got another mail than the one described, want that")
	}
}
