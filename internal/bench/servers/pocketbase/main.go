// Pocketbase runs PocketBase until it is killed. It uses PocketBase's default users
// collection, and sets only the cost of its hashes. It prints its URL.
package main

import (
	"flag"
	"fmt"
	"net"
	"os"

	"github.com/pocketbase/pocketbase"
	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"

	"github.com/gosignup/signup/internal/bench/servers"
)

func main() {
	dir := flag.String("dir", "", "an empty directory for its database")
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := serve(*dir); err != nil {
		fmt.Fprintln(os.Stderr, "pocketbase:", err)
		os.Exit(1)
	}
}

func serve(dir string) error {
	os.Args = os.Args[:1] // because PocketBase reads the arguments, too
	app := pocketbase.NewWithConfig(pocketbase.Config{DefaultDataDir: dir, HideStartBanner: true})
	if err := app.Bootstrap(); err != nil {
		return err
	}
	if err := app.RunAllMigrations(); err != nil {
		return err
	}
	users, err := app.FindCollectionByNameOrId("users")
	if err != nil {
		return err
	}
	users.Fields.GetByName(core.FieldNamePassword).(*core.PasswordField).Cost = servers.Cost
	if err := app.Save(users); err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	app.OnServe().BindFunc(func(e *core.ServeEvent) error {
		e.Listener = l
		e.InstallerFunc = nil // the installer opens a browser
		fmt.Println("listening on http://" + l.Addr().String())
		return e.Next()
	})
	return apis.Serve(app, apis.ServeConfig{})
}
