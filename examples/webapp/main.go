// Webapp is a small site with user accounts: people sign up, log in, and see a page of
// their own. Without flags, users are in memory, and mails are printed to the terminal.
// With -db sqlite:users.db, they are in a file.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"html/template"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/mailer"
	"github.com/gosignup/signup/pages"
	"github.com/gosignup/signup/scssession"
)

func main() {
	addr := flag.String("addr", "localhost:8080", "the `host:port` to listen on")
	db := flag.String("db", "", "keep users at this `URL`: sqlite:users.db, postgres://… or an Elasticsearch's http://…")
	smtp := flag.String("smtp", "", "send mails by the server on this `host`, without TLS")
	port := flag.Int("smtp-port", 25, "the `port` of the mail server")
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *addr, *db, server(os.Stdout, *smtp, *port)); err != nil {
		log.Fatal(err)
	}
}

// run serves the site until ctx is done.
func run(ctx context.Context, addr, db string, mailServer mailer.Server) error {
	store, counter, closeStore, err := open(ctx, db)
	if err != nil {
		return err
	}
	defer closeStore()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	base := baseURL(l.Addr())
	mails, err := mailer.New(mailer.Options{
		Name: "Orchard", From: "Orchard <no-reply@orchard.example>", BaseURL: base, Server: mailServer,
	})
	if err != nil {
		return err
	}
	accounts := &signup.Accounts{
		Store: store, Counter: counter, Send: mails.Send,
		Secrets:           []signup.Secret{signup.NewSecret([]byte(rand.Text() + rand.Text()))}, // in real life: the same at each start
		EmailVerification: signup.VerifyBeforeRegistration,                                      // nothing is stored before
		Discreet:          true,                                                                 // no response reveals which addresses have accounts
	}
	sessions := scssession.New(scssession.NewManager(&scssession.Options{InsecureCookies: true})) // no TLS here
	account := pages.New(accounts, sessions, &pages.Options{Name: "Orchard", BaseURL: base, Home: "/private"})
	guard := &signup.Guard{Accounts: accounts, Sessions: sessions, LogInURL: "/account/log-in"}
	mux := http.NewServeMux()
	mux.Handle("/account/", account)
	mux.Handle("/.well-known/change-password", account)
	mux.Handle("/api/account/", signup.NewAPI(accounts, sessions, &signup.APIOptions{InsecureCookies: true}))
	mux.Handle("/{$}", guard.Load(http.HandlerFunc(home)))
	mux.Handle("/private", guard.Require(http.HandlerFunc(home)))
	s := &http.Server{Handler: sessions.Handler(mux), ReadTimeout: 10 * time.Second, WriteTimeout: time.Minute}
	context.AfterFunc(ctx, func() { _ = s.Shutdown(context.Background()) })
	fmt.Println("Open", base, "and sign up. Without -smtp, mails appear here.")
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return mails.Close(ctx)
}

// baseURL returns the URL of a server that listens at addr. If that is every address of the
// machine, as for -addr :8080, it is the URL on this machine.
func baseURL(addr net.Addr) string {
	if a, ok := addr.(*net.TCPAddr); ok && a.IP.IsUnspecified() {
		return fmt.Sprintf("http://localhost:%d", a.Port)
	}
	return "http://" + addr.String()
}

func server(out io.Writer, host string, port int) mailer.Server {
	if host == "" {
		return mailer.Print(out)
	}
	return mailer.SMTP{Host: host, Port: port, Plaintext: true}
}

var page = template.Must(template.New("").Parse(`<!DOCTYPE html><html lang="en"><title>Orchard</title>
<link rel="stylesheet" href="/account/style.css"><link rel="icon" href="/account/icon.svg"><main><h1>Orchard</h1>
{{if .Email}}<p>Hello, {{or .FirstName .Email}}. This is <a href="/account/">your account</a>.</p>
{{else}}<p><a href="/account/sign-up">Sign up</a> or <a href="/account/log-in?next=/private">log in</a>.</p>{{end}}</main></html>`))

func home(w http.ResponseWriter, r *http.Request) {
	user, _ := signup.CurrentUser(r.Context()) // the zero User without a log-in
	_ = page.Execute(w, user)
}
