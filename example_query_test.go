package signup_test

import (
	"context"
	"fmt"
	"log"
	"net/url"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// An administrator's screen lists users in pages. The link to the next page has the
// position of the last user.
func ExampleQuery() {
	ctx := context.Background()
	store := memstore.New()
	accounts := &signup.Accounts{Store: store}
	for _, name := range []string{"Ada", "Grace", "Edsger"} {
		r := signup.Registration{Email: name + "@example.org", Password: "correct horse battery staple", FirstName: name}
		if _, err := accounts.Register(ctx, r); err != nil {
			log.Fatal(err)
		}
	}

	page := func(after string) (next string) {
		q := signup.Query{Active: new(true), Sort: signup.SortByEmail, Limit: 2}
		if err := q.After.UnmarshalText([]byte(after)); err != nil {
			log.Fatal(err)
		}
		n := 0
		for u, err := range store.Search(ctx, q) {
			if err != nil {
				log.Fatal(err)
			}
			fmt.Println(u.FirstName, u.Email)
			n++
			text, err := q.PositionOf(u).MarshalText()
			if err != nil {
				log.Fatal(err)
			}
			next = string(text)
		}
		if n < q.Limit {
			return ""
		}
		return "/users?after=" + next
	}
	next := page("")
	fmt.Println("…")
	link, err := url.Parse(next)
	if err != nil {
		log.Fatal(err)
	}
	page(link.Query().Get("after"))
	// Output:
	// Ada Ada@example.org
	// Edsger Edsger@example.org
	// …
	// Grace Grace@example.org
}
