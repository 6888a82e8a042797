package integration

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/elastic/elastic-transport-go/v8/elastictransport"
	"github.com/elastic/go-elasticsearch/v8"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

const (
	guessOrigins = 1000
	guessedUser  = "owner@example.org"
	// guessLimit is the default of Limits.PerAccount.
	guessLimit = 20
)

func init() {
	children["guess"] = func(store *esstore.Store, argument string) error {
		client, err := childClient()
		if err != nil {
			return err
		}
		var number int
		if _, err := fmt.Sscan(argument, &number); err != nil {
			return err
		}
		g, err := newGuesser(context.Background(), store, client, os.Getenv(childVariable+"_INDEX"))
		if err != nil {
			return err
		}
		g.run(0, number)
		fmt.Println(g)
		return g.err
	}
}

// A comparingHasher counts the comparisons of wrong passwords with one hash.
type comparingHasher struct {
	signup.Bcrypt
	hash  signup.Hash
	right string
	wrong *atomic.Int64
}

func (h comparingHasher) Verify(hash signup.Hash, password string) bool {
	if hash == h.hash && password != h.right {
		h.wrong.Add(1)
	}
	return h.Bcrypt.Verify(hash, password)
}

// A guesser is a process whose clients guess a user's password.
type guesser struct {
	accounts *signup.Accounts
	compared atomic.Int64 // guesses that were compared with the user's hash
	busy     atomic.Int64 // calls that were repeated

	mu      sync.Mutex
	refused int
	err     error // the first other one
}

// newGuesser returns a guesser of the user that is stored. Its counts are in an index beside
// the users'.
func newGuesser(ctx context.Context, store *esstore.Store, t elastictransport.Interface, alias string) (*guesser, error) {
	u, err := store.Get(ctx, guessedUser)
	if err != nil {
		return nil, err
	}
	g := new(guesser)
	g.accounts, _ = newAccounts(store)
	g.accounts.Hasher = comparingHasher{signup.Bcrypt{Cost: 4}, u.PasswordHash, password(0), &g.compared}
	g.accounts.Counter = esstore.NewCounter(t, &esstore.CounterOptions{Alias: alias + "-counts"})
	g.accounts.Limits = signup.Limits{} // the defaults
	return g, nil
}

func (g *guesser) String() string {
	return fmt.Sprintf("guesses %d %d %d", g.refused, g.compared.Load(), g.busy.Load())
}

// run guesses as many times, 16 at once, and repeats what is refused as busy.
func (g *guesser) run(from, number int) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < number; i = int(next.Add(1)) - 1 {
				n := from + i
				c := signup.Client{Origin: fmt.Sprint("origin ", n%guessOrigins)}
				err := g.logIn(password(n+1), c)
				g.mu.Lock()
				if errors.Is(err, signup.ErrBadCredentials) {
					g.refused++
				} else if g.err == nil {
					g.err = fmt.Errorf("a guess returned %w, want ErrBadCredentials", err)
				}
				g.mu.Unlock()
			}
		})
	}
	wg.Wait()
}

// logIn repeats LogIn while it returns ErrBusy.
func (g *guesser) logIn(password string, c signup.Client) error {
	for {
		_, err := g.accounts.LogIn(context.Background(), guessedUser, password, c)
		if !errors.Is(err, signup.ErrBusy) {
			return err
		}
		g.busy.Add(1)
		time.Sleep(10 * time.Millisecond)
	}
}

// Strangers guess the password of one user from a thousand origins, through two processes
// that share a Counter. No more guesses are compared than the limit permits, and the user
// logs in from a known device each time.
func TestAccountGuesses(t *testing.T) {
	n, number, alias := startSingle(t), soaking(2_000, 10_000), indexName(t)
	client, err := elasticsearch.NewClient(elasticsearch.Config{Addresses: []string{n.URL}, RetryOnError: esstore.RetryOnError})
	if err != nil {
		t.Fatal(err)
	}
	g, known := newGuessed(t, esstore.New(client, &esstore.Options{Alias: alias}), client, alias)

	began := time.Now()
	other := startChild(t, n.server, "guess", alias, fmt.Sprint(number/2))
	var guessed sync.WaitGroup
	var done atomic.Bool
	guessed.Go(func() {
		g.run(number/2, number/2)
		other.wait(t, 10*time.Minute)
		done.Store(true)
	})
	logIns := 0
	for ; !done.Load(); logIns++ {
		if err := g.logIn(password(0), known); err != nil {
			t.Errorf("LogIn from a known device returned %v, want nil", err)
		}
	}
	guessed.Wait()
	took := time.Since(began)
	if g.err != nil {
		t.Error(g.err)
	}

	var refused, compared, busy int
	line := other.output.String()
	if _, err := fmt.Sscanf(line[max(0, strings.Index(line, "guesses ")):], "guesses %d %d %d", &refused, &compared, &busy); err != nil {
		t.Fatalf("the other process printed %q, want its counts", line)
	}
	refused, compared, busy = refused+g.refused, compared+int(g.compared.Load()), busy+int(g.busy.Load())
	if refused != number || compared < 1 || compared > guessLimit || logIns == 0 {
		t.Errorf("%d guesses were refused, of which %d were compared, and %d log-ins of the user succeeded; want %d, 1 to %d, and some", refused, compared, logIns, number, guessLimit)
	}
	if err := g.logIn(password(0), signup.Client{}); !errors.Is(err, signup.ErrBadCredentials) {
		t.Errorf("LogIn from an unknown device after the guesses returned %v, want ErrBadCredentials", err)
	}
	t.Attr("guesses", fmt.Sprintf("%d from %d origins through 2 processes in %s: %d compared, %d log-ins of the user from a known device; %d calls repeated as busy",
		number, guessOrigins, took.Round(time.Second), compared, logIns, busy))
}

// newGuessed stores the user, and returns a guesser of this process and a device that the
// user has logged in with.
func newGuessed(t *testing.T, store *esstore.Store, client *elasticsearch.Client, alias string) (*guesser, signup.Client) {
	t.Helper()
	if err := store.Setup(t.Context()); err != nil {
		t.Fatalf("Setup returned %v, want nil", err)
	}
	if err := esstore.NewCounter(client, &esstore.CounterOptions{Alias: alias + "-counts"}).Setup(t.Context()); err != nil {
		t.Fatalf("Setup of the Counter returned %v, want nil", err)
	}
	a, _ := newAccounts(store)
	if _, err := a.Register(t.Context(), signup.Registration{Email: guessedUser, Password: password(0)}); err != nil {
		t.Fatalf("Register returned %v, want nil", err)
	}
	s, err := a.LogIn(t.Context(), guessedUser, password(0), signup.Client{})
	if err != nil {
		t.Fatalf("LogIn returned %v, want nil", err)
	}
	g, err := newGuesser(t.Context(), store, client, alias)
	if err != nil {
		t.Fatalf("Get returned %v, want nil", err)
	}
	return g, signup.Client{Cookie: a.DeviceCookie(s)}
}
