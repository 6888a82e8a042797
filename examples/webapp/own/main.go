// Own serves the account pages with a template, a style sheet and a language of its own.
package main

import (
	"embed"
	"io/fs"
	"log"
	"net/http"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
	"github.com/gosignup/signup/pages"
	"github.com/gosignup/signup/scssession"
)

//go:embed files
var files embed.FS

func main() {
	own, err := fs.Sub(files, "files") // templates, static and texts
	if err != nil {
		log.Fatal(err)
	}
	accounts := &signup.Accounts{Store: memstore.New()}
	sessions := scssession.New(scssession.NewManager(&scssession.Options{InsecureCookies: true}))
	http.Handle("/account/", pages.New(accounts, sessions, &pages.Options{
		Name: "Verger", BaseURL: "http://localhost:8090", Files: own,
	}))
	log.Fatal(http.ListenAndServe("localhost:8090", sessions.Handler(http.DefaultServeMux)))
}
