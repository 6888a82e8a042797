package esstore_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

// The active users that signed up in a year, by name, at most a page of 50. To change one
// of them, Get the user first: those of a listing have no hash.
func ExampleStore_Search() {
	var client esapi.Transport = transportFunc(pretend) // or an *elasticsearch.Client
	store := esstore.New(client, nil)
	users := store.Search(context.Background(), signup.Query{
		CreatedFrom:   time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC),
		CreatedBefore: time.Date(2027, time.January, 1, 0, 0, 0, 0, time.UTC),
		Active:        new(true),
		Sort:          signup.SortByName,
		Limit:         50,
	})
	for u, err := range users {
		switch {
		case errors.Is(err, signup.ErrBusy):
			fmt.Println("try again later")
			return
		case err != nil:
			fmt.Println(err)
			return
		}
		fmt.Println(u.LastName, u.FirstName, u.Key(), u.Active)
	}
	// Output:
	// Hopper Grace grace@example.org true
	// Lovelace Ada ada@example.org true
}

// The users of one company whose names have a word. Only Elasticsearch finds these.
func ExampleStore_SearchText() {
	var client esapi.Transport = transportFunc(pretend) // or an *elasticsearch.Client
	store := esstore.New(client, nil)
	users := store.SearchText(context.Background(), esstore.Query{
		Query:     signup.Query{Active: new(true), Sort: signup.SortByName},
		NameWords: "hopper",
		Profile:   map[string]string{"company": "Analytical Engines"},
	})
	for u, err := range users {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(u.LastName, u.FirstName, u.Key())
		break // the first one is enough
	}
	// Output:
	// Hopper Grace grace@example.org
}

// pretend responds like Elasticsearch with two users.
func pretend(req *http.Request) (*http.Response, error) {
	respond := func(body string) (*http.Response, error) { return response(http.StatusOK, body), nil }
	hit := func(address, last, first string) string {
		return fmt.Sprintf(`{"_id": %q, "_source": {"id": "1", "key": %q, "email_address": %q, "last_name": %q, "first_name": %q, "is_active": true,
			"created_at": "2026-05-01T12:00:00.000Z", "updated_at": "2026-05-01T12:00:00.000Z"}, "sort": [%q, %q, %q]}`,
			idOf(address), address, address, last, first, last, first, address)
	}
	switch req.URL.Path {
	case lookPath:
		return respond(mappedBody("users", map[string]string{"users-000001": ours}))
	case "/users/_pit":
		return respond(`{"id": "1"}`)
	case "/_search":
		return respond(`{"pit_id": "1", "hits": {"hits": [` +
			hit("grace@example.org", "Hopper", "Grace") + `,` + hit("ada@example.org", "Lovelace", "Ada") + `]}}`)
	}
	return respond(`{"succeeded": true}`)
}
