package servers

import (
	"context"
	"io"
	"net/http"
	"sync"

	"github.com/aarondl/authboss/v3"
	"github.com/aarondl/authboss/v3/defaults"
	_ "github.com/aarondl/authboss/v3/register" // registers itself
)

// AuthbossSignUpPath is where Authboss's register module listens.
const AuthbossSignUpPath = "/auth/register"

// Authboss returns Authboss with its register module and its defaults, as a JSON
// API, with users in a map under a mutex, no sessions, and a log that is discarded.
// Its response has status 200 for a failure, too; the member "status" is "failure".
func Authboss(hasher authboss.Hasher) (http.Handler, error) {
	ab := authboss.New()
	ab.Config.Paths.Mount = "/auth"
	ab.Config.Storage.Server = &authbossStore{users: make(map[string]*authbossUser)}
	ab.Config.Core.ViewRenderer = defaults.JSONRenderer{}
	defaults.SetCore(&ab.Config, true, false)
	logger := defaults.NewLogger(io.Discard)
	ab.Config.Core.Logger = logger
	ab.Config.Core.ErrorHandler = defaults.NewErrorHandler(logger)
	redirector := defaults.NewRedirector(ab.Config.Core.ViewRenderer, authboss.FormValueRedirect)
	redirector.CorceRedirectTo200 = true
	ab.Config.Core.Redirector = redirector
	ab.Config.Core.Hasher = hasher
	if err := ab.Init("register"); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/auth/", http.StripPrefix("/auth", ab.LoadClientStateMiddleware(ab.Config.Core.Router)))
	return mux, nil
}

// AuthbossBcrypt returns the default Hasher of Authboss, with [Cost].
func AuthbossBcrypt() authboss.Hasher { return authboss.NewBCryptHasher(Cost) }

type authbossUser struct{ pid, password string }

func (u *authbossUser) GetPID() string          { return u.pid }
func (u *authbossUser) PutPID(pid string)       { u.pid = pid }
func (u *authbossUser) GetPassword() string     { return u.password }
func (u *authbossUser) PutPassword(hash string) { u.password = hash }

type authbossStore struct {
	mu    sync.Mutex
	users map[string]*authbossUser
}

func (s *authbossStore) Load(_ context.Context, key string) (authboss.User, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u, ok := s.users[key]; ok {
		return u, nil
	}
	return nil, authboss.ErrUserNotFound
}

func (s *authbossStore) Save(_ context.Context, user authboss.User) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users[user.GetPID()] = user.(*authbossUser)
	return nil
}

func (s *authbossStore) New(context.Context) authboss.User { return &authbossUser{} }

func (s *authbossStore) Create(_ context.Context, user authboss.User) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.users[user.GetPID()]; taken {
		return authboss.ErrUserFound
	}
	s.users[user.GetPID()] = user.(*authbossUser)
	return nil
}
