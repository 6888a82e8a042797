package mailer_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/wiretest"
	"github.com/gosignup/signup/mailer"
)

const (
	site    = "Orchard"
	baseURL = "https://orchard.example"
	sentBy  = "Orchard <no-reply@orchard.example>"
	adaMail = "ada@example.org"
)

func options(s mailer.Server) mailer.Options {
	return mailer.Options{Name: site, From: sentBy, BaseURL: baseURL, Server: s, RetryAfter: time.Millisecond}
}

// ada is a user with a verified address.
func ada() signup.User {
	return signup.User{
		ID: "4f1c2a", Email: adaMail, FirstName: "Ada", LastName: "Lovelace", Active: true,
		EmailVerifiedAt: time.Now(),
	}
}

// resetMail is a mail with a token that is valid for an hour.
func resetMail() signup.Mail {
	return signup.Mail{
		To: adaMail, Purpose: signup.PurposeResetPassword, Token: "AbC-d_1", Expires: time.Now().Add(time.Hour), User: ada(),
	}
}

// A running Mailer is one with its log.
type running struct {
	*mailer.Mailer
	log *buffer
}

// start returns a Mailer, which is closed at the end of the test.
func start(t testing.TB, o mailer.Options) running {
	t.Helper()
	log := &buffer{}
	if o.Logger == nil {
		o.Logger = slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	m, err := mailer.New(o)
	if err != nil {
		t.Fatalf("New returned the error %v, want none", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = m.Close(ctx)
	})
	return running{m, log}
}

func (m running) send(t testing.TB, sent signup.Mail) {
	t.Helper()
	if err := m.Send(t.Context(), sent); err != nil {
		t.Fatalf("Send returned the error %v, want none", err)
	}
}

// drain closes m, and expects that no mail is lost.
func (m running) drain(t testing.TB) mailer.Stats {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := m.Close(ctx); err != nil {
		t.Fatalf("Close returned the error %v, want none", err)
	}
	return m.Stats()
}

// wait waits until the numbers of m are as is wants.
func (m running) wait(t testing.TB, is func(mailer.Stats) bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !is(m.Stats()); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("after 20 seconds, got the numbers %+v, want those that the test waits for", m.Stats())
		}
	}
}

// printed returns what Print writes for m.
func printed(t testing.TB, o mailer.Options, m signup.Mail) string {
	t.Helper()
	b := &buffer{}
	o.Server = mailer.Print(b)
	r := start(t, o)
	r.send(t, m)
	r.drain(t)
	return b.String()
}

// A buffer can be read while it is written.
type buffer struct{ wiretest.Buffer }

// records returns the log records, each with its attributes.
func (b *buffer) records(t testing.TB) (all []map[string]any) {
	t.Helper()
	for line := range strings.Lines(b.String()) {
		var r map[string]any
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("decoding a line of the log: got the error %v, want JSON", err)
		}
		all = append(all, r)
	}
	return all
}

// A parsed mail is one as a mail program reads it.
type parsed struct {
	header     mail.Header
	subject    string
	text, html string
}

// parse parses a mail that has a text and an HTML part.
func parse(t testing.TB, raw string) parsed {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatalf("reading the mail: got the error %v, want nil", err)
	}
	p := parsed{header: m.Header}
	if p.subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil {
		t.Fatalf("decoding the subject: got the error %v, want nil", err)
	}
	kind, parameters, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("got the Content-Type %q (error %v), want multipart/alternative", kind, err)
	}
	r := multipart.NewReader(m.Body, parameters["boundary"])
	for _, want := range []struct {
		kind string
		body *string
	}{{"text/plain; charset=UTF-8", &p.text}, {"text/html; charset=UTF-8", &p.html}} {
		part, err := r.NextPart() // which decodes quoted-printable
		if err != nil || part.Header.Get("Content-Type") != want.kind {
			t.Fatalf("got a part with the error %v, want one of %s", err, want.kind)
		}
		b, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		*want.body = strings.ReplaceAll(string(b), "\r\n", "\n")
	}
	if _, err := r.NextPart(); err != io.EOF {
		t.Errorf("after two parts, got the error %v, want io.EOF", err)
	}
	return p
}
