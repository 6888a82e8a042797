package sqlstore_test

import (
	"context"
	"database/sql"
	"log"
	"os"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/sqlstore"
)

// Accounts of any number of processes in PostgreSQL. The program also imports a driver:
// _ "github.com/jackc/pgx/v5/stdlib".
func Example() {
	db, err := sql.Open("pgx", os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(20) // otherwise there is no limit
	db.SetMaxIdleConns(20)

	store := sqlstore.New(db, nil)
	if err := store.Setup(context.Background()); err != nil {
		log.Fatal(err)
	}
	accounts := &signup.Accounts{Store: store, Counter: sqlstore.NewCounter(db, nil)}
	_ = accounts
}

// What an operator should know of the database.
func ExampleStore_Check() {
	db, err := sql.Open("sqlite", "file:users.db?_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	findings, err := sqlstore.New(db, nil).Check(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range findings {
		log.Printf("%s: %s: %s Remedy: %s", f.Severity, f.Code, f.Problem, f.Remedy)
	}
}

// A page of an administrator's screen: the latest fifty users.
func ExampleStore_Search() {
	db, err := sql.Open("pgx", os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	q := signup.Query{Descending: true, Limit: 50}
	for u, err := range sqlstore.New(db, nil).Search(context.Background(), q) {
		if err != nil {
			log.Fatal(err)
		}
		log.Print(u.CreatedAt, u.FirstName, u.LastName)
		q.After = q.PositionOf(u) // with it, q is the next page
	}
}
