package integration

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

// A primary that is cut off from its replica shows writes which the cluster then
// loses, because it goes on without that primary. The Store must not report a write
// as made because it reads it there.
func TestIsolatedPrimary(t *testing.T) {
	c := startCluster(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*startTime)
	defer cancel()
	l, _, index := c.ledger(ctx, t)
	primary, err := c.primaryOf(ctx, index)
	if err != nil {
		t.Fatal(err)
	}
	there := only(t, index, primary)

	const each = 10 // a read there may go to the replica, and so nowhere
	var registrations []signup.Registration
	var changed, gone []signup.User
	for range each {
		registrations = append(registrations, l.newRegistration())
		for _, users := range []*[]signup.User{&changed, &gone} {
			u, err := l.accounts.Register(ctx, l.newRegistration())
			if err != nil {
				t.Fatalf("Register returned %v, want nil", err)
			}
			*users = append(*users, u)
		}
	}
	// The first Create of a Store reads the index, which takes a master.
	if _, err := (&signup.Accounts{Store: there, Hasher: l.accounts.Hasher}).Register(ctx, l.newRegistration()); err != nil {
		t.Fatalf("Register returned %v, want nil", err)
	}
	if err := primary.disconnect(ctx); err != nil {
		t.Fatal(err)
	}
	cut := time.Now()
	shown := map[string]*atomic.Int64{"Create": {}, "Update": {}, "Delete": {}}
	var wg sync.WaitGroup
	write := func(what string, u signup.User, write func(context.Context) error, is func(stored string) bool) {
		wg.Go(func() {
			bounded, cancel := context.WithTimeout(ctx, time.Second)
			defer cancel()
			err := write(bounded)
			record("%v", err)
			if !isUnknown(err) {
				t.Errorf("%s on a primary that is cut off returned %v, want an error of unknown outcome", what, err)
			}
			if is(local(t, primary, index, u)) {
				shown[what].Add(1)
			}
		})
	}
	for i := range each {
		r := registrations[i]
		write("Create", signup.User{Email: r.Email}, func(ctx context.Context) error {
			_, err := (&signup.Accounts{Store: there, Hasher: l.accounts.Hasher}).Register(ctx, r)
			return err
		}, func(stored string) bool { return strings.Contains(stored, `"found":true`) })
		v := changed[i]
		v.LastName = "changed"
		write("Update", v, func(ctx context.Context) error { return there.Update(ctx, &v) },
			func(stored string) bool { return strings.Contains(stored, `"last_name":"changed"`) })
		write("Delete", gone[i], func(ctx context.Context) error { return there.Delete(ctx, gone[i]) },
			func(stored string) bool { return strings.Contains(stored, `"found":false`) })
	}
	wg.Wait()
	told := ""
	for what, n := range shown {
		if n.Load() == 0 { // or the test shows nothing: this is what it is about
			t.Errorf("%s: the primary shows 0 of %d writes, want at least 1", what, each)
		}
		told += fmt.Sprintf("%s %d, ", what, n.Load())
	}

	// The others go on without it.
	others := slices.DeleteFunc(slices.Clone(c.nodes), func(n *node) bool { return n == primary })
	if err := (&cluster{nodes: others}).waitFor(ctx, "green", 2); err != nil {
		t.Fatal(err)
	}
	t.Attr("isolated", fmt.Sprintf("of %d each, shown and then lost: %sthe others went on after %s; acknowledged by the primary that was cut off: 0",
		each, told, time.Since(cut).Round(time.Second)))
	store := only(t, index, others...)
	for i := range each {
		if u, err := store.Get(ctx, (signup.User{Email: registrations[i].Email}).Key()); !errors.Is(err, signup.ErrNotFound) {
			t.Errorf("Get of a new user returned %v, %v, want ErrNotFound", u, err)
		}
		for _, before := range []signup.User{changed[i], gone[i]} {
			if u, err := store.Get(ctx, before.Key()); err != nil || !u.Equal(before) {
				t.Errorf("Get returned %v, %v, want %v as before, nil", u, err, before)
			}
		}
		// And now the same request, sent again, is carried out.
		if _, err := (&signup.Accounts{Store: store, Hasher: l.accounts.Hasher}).Register(ctx, registrations[i]); err != nil {
			t.Errorf("a repeated Register returned %v, want nil", err)
		}
	}
	next := changed[0]
	next.LastName = "changed again"
	if err := store.Update(ctx, &next); err != nil {
		t.Errorf("another Update returned %v, want nil", err)
	}
	if err := c.heal(ctx); err != nil {
		t.Fatal(err)
	}
	if u, err := there.Get(ctx, next.Key()); err != nil || !u.Equal(next) {
		t.Errorf("Get from the former primary, back again, returned %v, %v, want %v, nil", u, err, next)
	}
}

// only returns the store as these nodes alone have it.
func only(t *testing.T, index string, nodes ...*node) *esstore.Store {
	t.Helper()
	cfg := configOf(nodes...)
	cfg.RetryOnError = esstore.RetryOnError
	client, err := elasticsearch.NewClient(instrumented(cfg))
	if err != nil {
		t.Fatal(err)
	}
	return esstore.New(client, &esstore.Options{Alias: index})
}

// local returns what the node itself has of u.
func local(t *testing.T, n *node, index string, u signup.User) string {
	t.Helper()
	url := n.URL + "/" + index + "/_doc/" + documentID(u) + "?preference=_local"
	client := http.Client{Timeout: 5 * time.Second}
	res, err := client.Get(url)
	if err != nil {
		t.Errorf("GET from the node: got %v, want a response", err)
		return ""
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Errorf("reading the node's response: got %v, want no error", err)
	}
	return string(text)
}

// configOf returns the configuration of a client that knows these nodes.
func configOf(nodes ...*node) (cfg elasticsearch.Config) {
	for _, n := range nodes {
		cfg.Addresses = append(cfg.Addresses, n.URL)
	}
	return cfg
}

// Without a majority there is no master, and nothing can be written: writes return an
// error of unknown outcome, and nothing else. What can be read is read.
func TestNoMaster(t *testing.T) {
	c := startCluster(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*startTime)
	defer cancel()
	l, everywhere, index := c.ledger(ctx, t)
	r := l.newRegistration()
	u, err := l.accounts.Register(ctx, r)
	if err != nil {
		t.Fatalf("Register returned %v, want nil", err)
	}
	last, err := c.primaryOf(ctx, index)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range c.nodes {
		if n != last {
			if err := n.kill(ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
	other, next := l.newRegistration(), u
	next.LastName = "changed"
	for name, write := range map[string]func(context.Context) error{
		"Create":          func(ctx context.Context) error { _, err := l.accounts.Register(ctx, other); return err },
		"repeated Create": func(ctx context.Context) error { _, err := l.accounts.Register(ctx, r); return err },
		"Update":          func(ctx context.Context) error { v := next; return l.store.Update(ctx, &v) },
		"Delete":          func(ctx context.Context) error { return l.store.Delete(ctx, u) },
	} {
		bounded, cancel := context.WithTimeout(ctx, 3*time.Second)
		began := time.Now()
		err := write(bounded)
		cancel()
		record("%v", err)
		t.Logf("%s: %v", name, err)
		if !isUnknown(err) {
			t.Errorf("%s without a master returned %v, want an error of unknown outcome", name, err)
		}
		if took := time.Since(began); took > 8*time.Second {
			t.Errorf("%s took %s, want at most 8s", name, took)
		}
	}
	if stored, err := l.store.Get(ctx, u.Key()); err != nil || !stored.Equal(u) {
		t.Errorf("Get without a master returned %v, %v, want %v, nil", stored, err, u)
	}
	if err := c.heal(ctx); err != nil {
		t.Fatal(err)
	}
	// What was not done then can be done now, and is done once.
	if _, err := l.accounts.Register(ctx, other); err != nil {
		t.Errorf("the repeated Register returned %v, want nil", err)
	}
	if n := count(t, everywhere, index); n > 2 {
		t.Errorf("got %d documents, want at most 2", n)
	}
}
