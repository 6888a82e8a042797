package mailer_test

import (
	"context"
	"os"
	"testing/fstest"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/mailer"
)

// In development, the mails are printed instead of sent.
func ExamplePrint() {
	m, err := mailer.New(mailer.Options{
		Name:    "Orchard",
		From:    "Orchard <no-reply@orchard.example>",
		BaseURL: "http://localhost:8080",
		Server:  mailer.Print(os.Stdout),
	})
	if err != nil {
		panic(err)
	}
	accounts := &signup.Accounts{Send: m.Send} // with Store, Secrets …

	_ = accounts.Send(context.Background(), signup.Mail{ // Accounts calls Send
		To: "ada@example.org", Purpose: signup.PurposeResetPassword, Token: "AbC",
		Expires: time.Date(2126, 11, 27, 14, 30, 0, 0, time.UTC),
	})
	_ = m.Close(context.Background())
	// Output:
	// To: ada@example.org
	// Subject: Choose a new password for Orchard
	//
	// Hello,
	//
	// A new password was requested for your account at Orchard.
	//
	// Choose a new password:
	//
	// http://localhost:8080/account/link?token=AbC
	//
	// The link is valid until 27 November 2126, 14:30 UTC.
	//
	// If you didn't request it, ignore this email: your password stays as it
	// is.
	//
	// This email was sent by Orchard (http://localhost:8080) because of an
	// account with your address, or because your address was entered there.
	// ------------------------------------------------------------------------
}

// A template of the application's own replaces that for one mail, and an added one is in
// another language.
func ExampleOptions_files() {
	m, err := mailer.New(mailer.Options{
		Name: "Orchard", From: "no-reply@orchard.example", BaseURL: "https://orchard.example",
		Server: mailer.Print(os.Stdout), Workers: 1,
		Files: fstest.MapFS{ // an embed.FS, for example
			"templates/en/invite.txt": {Data: []byte(`
				{{define "subject"}}Help us to plant trees{{end}}
				{{define "before"}}The gardeners of {{.Site}} would like you to join them.{{end}}
				{{define "button"}}Join{{end}}`)},
			"templates/fr/common.txt": {Data: []byte(`{{define "hello"}}Bonjour,{{end}}`)},
			"templates/fr/deleted.txt": {Data: []byte(`
				{{define "subject"}}Votre compte a été supprimé{{end}}
				{{define "before"}}Votre compte sur {{.Site}} a été supprimé.{{end}}`)},
		},
	})
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	_ = m.Send(ctx, signup.Mail{To: "ada@example.org", Purpose: signup.PurposeInvite, Token: "AbC"})
	_ = m.Send(signup.WithLanguages(ctx, []string{"fr-CA"}), signup.Mail{To: "ada@example.org", Notice: signup.NoticeDeleted})
	_ = m.Close(ctx)
	// Output:
	// To: ada@example.org
	// Subject: Help us to plant trees
	//
	// Hello,
	//
	// The gardeners of Orchard would like you to join them.
	//
	// Join:
	//
	// https://orchard.example/account/link?token=AbC
	//
	// This email was sent by Orchard (https://orchard.example) because of an
	// account with your address, or because your address was entered there.
	// ------------------------------------------------------------------------
	// To: ada@example.org
	// Subject: Votre compte a été supprimé
	//
	// Bonjour,
	//
	// Votre compte sur Orchard a été supprimé.
	// ------------------------------------------------------------------------
}
