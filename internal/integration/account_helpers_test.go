package integration

import (
	"context"
	"crypto/rand"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/elastic/elastic-transport-go/v8/elastictransport"
	"github.com/elastic/go-elasticsearch/v8"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

// accountSecrets seal the tokens and cookies of all Accounts of the tests.
var accountSecrets = []signup.Secret{signup.NewSecret([]byte(rand.Text() + rand.Text()))}

// A mailbox keeps the token of the last mail to each address.
type mailbox struct {
	mu     sync.Mutex
	tokens map[string]string
}

func (b *mailbox) send(_ context.Context, m signup.Mail) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if m.Token != "" {
		b.tokens[m.To] = m.Token
	}
	return nil
}

// take returns the token that was last sent to an address, and removes it.
func (b *mailbox) take(address string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	token := b.tokens[address]
	delete(b.tokens, address)
	return token
}

// newAccounts returns Accounts whose hashes are cheap, and the mailbox that they send to.
func newAccounts(store signup.Store) (*signup.Accounts, *mailbox) {
	box := &mailbox{tokens: map[string]string{}}
	return &signup.Accounts{
		Store: store, Hasher: signup.Bcrypt{Cost: 4}, Secrets: accountSecrets, Send: box.send,
		HashLimits: signup.HashLimits{MaxWait: time.Minute}, // so that ErrBusy is not for lack of a turn
		// Tests send more mails to one address than users do, and use more wrong passwords.
		Limits: signup.Limits{PerAccount: 100, MailInterval: time.Millisecond},
	}, box
}

// A pair is two processes' worth of Accounts on the users of one index, each with a
// transport of its own.
type pair struct {
	accounts    [2]*signup.Accounts
	boxes       [2]*mailbox
	sent, wrote atomic.Int64 // requests, and writes of documents that were made
}

// newPair returns a pair with a new index on s. If it isn't recorded, what it sends isn't
// searched for secrets.
func newPair(t *testing.T, s *server, recorded bool) *pair {
	t.Helper()
	p, alias := new(pair), indexName(t)
	for i := range p.accounts {
		transport, err := s.transport()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(transport.CloseIdleConnections)
		cfg := elasticsearch.Config{
			Addresses: []string{s.URL}, Username: s.Username, Password: s.Password, Transport: transport,
			RetryOnError: esstore.RetryOnError, Interceptors: []elastictransport.InterceptorFunc{p.count},
		}
		if recorded {
			cfg = instrumented(cfg)
		}
		client, err := elasticsearch.NewClient(cfg)
		if err != nil {
			t.Fatal(err)
		}
		store := esstore.New(client, &esstore.Options{Alias: alias})
		if err := store.Setup(t.Context()); err != nil {
			t.Fatalf("Setup returned %v, want nil", err)
		}
		p.accounts[i], p.boxes[i] = newAccounts(store)
	}
	return p
}

func (p *pair) count(next elastictransport.RoundTripFunc) elastictransport.RoundTripFunc {
	return func(req *http.Request) (*http.Response, error) {
		p.sent.Add(1)
		res, err := next(req)
		if err == nil && req.Method != http.MethodGet && res.StatusCode < 300 {
			p.wrote.Add(1)
		}
		return res, err
	}
}

// register registers the user of an address.
func (p *pair) register(t *testing.T, address, password string) signup.User {
	t.Helper()
	u, err := p.accounts[0].Register(t.Context(), signup.Registration{Email: address, Password: password})
	if err != nil {
		t.Fatalf("Register returned %v, want nil", err)
	}
	return u
}

// atOnce makes n calls at once, and returns their errors.
func atOnce(n int, call func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			<-start
			errs[i] = call(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}

// counts returns how often each error came, nil included.
func counts(errs []error) map[error]int {
	n := map[error]int{}
	for _, err := range errs {
		n[err]++
	}
	return n
}
