package signup_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gosignup/signup"
)

// A countingService is a transport to a range service that counts its requests.
type countingService struct {
	asked, now, most atomic.Int64
	delay            func(context.Context)
}

func (s *countingService) RoundTrip(r *http.Request) (*http.Response, error) {
	s.asked.Add(1)
	now := s.now.Add(1)
	defer s.now.Add(-1)
	for most := s.most.Load(); now > most && !s.most.CompareAndSwap(most, now); most = s.most.Load() {
	}
	if s.delay != nil {
		s.delay(r.Context())
	}
	if r.Context().Err() != nil {
		return nil, r.Context().Err()
	}
	body := strings.Repeat("0", 35) + ":3\r\n"
	return &http.Response{StatusCode: http.StatusOK, Body: readCloser{strings.NewReader(body)}}, nil
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

func TestPwnedPasswordsMaxConcurrent(t *testing.T) {
	for _, c := range []struct{ max, want, calls int }{{0, 16, 2000}, {-1, 16, 2000}, {1, 1, 200}, {5, 5, 500}} {
		t.Run(fmt.Sprint(c.max), func(t *testing.T) {
			service := &countingService{delay: func(context.Context) { time.Sleep(100 * time.Microsecond) }}
			p := &signup.PwnedPasswords{Client: &http.Client{Transport: service}, Timeout: time.Minute, MaxConcurrent: c.max}
			var failed atomic.Int64
			var wg sync.WaitGroup
			for range c.calls {
				wg.Go(func() {
					if found, err := p.Compromised(t.Context(), goodPassword); found || err != nil {
						failed.Add(1)
					}
				})
			}
			wg.Wait()
			if most := service.most.Load(); most > int64(c.want) || most < 1 {
				t.Errorf("got %d requests at once, want at most %d", most, c.want)
			}
			if asked := service.asked.Load(); asked != int64(c.calls) || failed.Load() != 0 {
				t.Errorf("got %d requests and %d failures, want %d and 0", asked, failed.Load(), c.calls)
			}
		})
	}
}

// 2000 sign-ups at once, through Register.
func TestPwnedPasswordsCrowd(t *testing.T) {
	service := &countingService{delay: func(context.Context) { time.Sleep(time.Millisecond) }}
	p := &signup.PwnedPasswords{Client: &http.Client{Transport: service}, Timeout: time.Minute}
	a := newAccounts()
	a.Policy = signup.NIST{Compromised: p.Compromised}
	const signUps = 2000
	var registered, busy, other atomic.Int64
	var wg sync.WaitGroup
	for i := range signUps {
		wg.Go(func() {
			_, err := a.Register(t.Context(), signup.Registration{Email: fmt.Sprintf("ada%d@example.org", i), Password: goodPassword})
			switch {
			case err == nil:
				registered.Add(1)
			case errors.Is(err, signup.ErrBusy):
				busy.Add(1)
			default:
				other.Add(1)
			}
		})
	}
	wg.Wait()
	if most := service.most.Load(); most > 16 || registered.Load() == 0 || other.Load() != 0 {
		t.Errorf("got %d requests at once, %d registered, %d busy, %d other errors; want at most 16, some, any, 0", most, registered.Load(), busy.Load(), other.Load())
	}
}

// A call that can't begin its request in time fails as one that takes too long, and
// no call that failed keeps a place.
func TestPwnedPasswordsWait(t *testing.T) {
	for _, open := range []bool{false, true} {
		t.Run(fmt.Sprintf("FailOpen %t", open), func(t *testing.T) {
			started, release := make(chan struct{}), make(chan struct{})
			service := &countingService{}
			var once sync.Once
			service.delay = func(context.Context) {
				once.Do(func() {
					close(started)
					<-release // longer than any Timeout
				})
			}
			l, log := newLog(t)
			p := &signup.PwnedPasswords{
				Client: &http.Client{Transport: service}, Timeout: 50 * time.Millisecond, MaxConcurrent: 1, FailOpen: open,
				Logger: l,
			}
			var first sync.WaitGroup
			first.Go(func() { _, _ = p.Compromised(t.Context(), goodPassword) })
			<-started
			for range 3 {
				found, err := p.Compromised(t.Context(), goodPassword)
				if found || open != (err == nil) || !open && (!errors.Is(err, context.DeadlineExceeded) || errors.Is(err, signup.ErrInvalid)) {
					t.Errorf("Compromised returned %t, %v; want false, and context.DeadlineExceeded: %t", found, err, !open)
				}
			}
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(5*time.Millisecond, cancel)
			if _, err := p.Compromised(ctx, goodPassword); !errors.Is(err, context.Canceled) {
				t.Errorf("a canceled Compromised returned %v, want context.Canceled", err)
			}
			if asked := service.asked.Load(); asked != 1 {
				t.Errorf("got %d requests, want 1", asked)
			}
			close(release)
			first.Wait()
			wantNoPassword(t, "the log", log.String(), goodPassword)
			for range 3 {
				if found, err := p.Compromised(t.Context(), goodPassword); found || err != nil {
					t.Errorf("afterwards, Compromised returned %t, %v; want false, nil", found, err)
				}
			}
		})
	}
}

// The service is asked last of all, and about nothing that is refused anyway.
func TestPolicyAskedLast(t *testing.T) {
	good := signup.Registration{Email: "ada@example.org", Password: goodPassword, Profile: map[string]string{"company": "x"}}
	inner := errors.New("inner")
	for _, c := range []struct {
		name   string
		change func(*signup.Registration)
		want   string // the fields and codes
		asked  int64
	}{
		{"all right", func(*signup.Registration) {}, "", 1},
		{"no address", func(r *signup.Registration) { r.Email = "" }, "email_address: required", 0},
		{"an invalid address", func(r *signup.Registration) { r.Email = "ada" }, "email_address: invalid", 0},
		{"an invalid address and a common password", func(r *signup.Registration) { r.Email, r.Password = "ada", "1234567890123456" },
			"email_address: invalid, password: common", 0},
		{"a short password", func(r *signup.Registration) { r.Password = "correct horse" }, "password: too_short", 0},
		{"no password", func(r *signup.Registration) { r.Password = "" }, "password: required", 0},
		{"an invalid name", func(r *signup.Registration) { r.FirstName = "\x01" }, "first_name: control_characters", 0},
		{"a long name", func(r *signup.Registration) { r.LastName = strings.Repeat("x", 256) }, "last_name: too_long", 0},
		{"a refused field", func(r *signup.Registration) { r.Profile = map[string]string{"company": "refused"} }, "company: invalid", 0},
		{"an absent field", func(r *signup.Registration) { r.Profile = nil }, "company: required", 0},
		{"an invalid key", func(r *signup.Registration) { r.IdempotencyKey = "x" }, "Idempotency-Key: idempotency_key", 0},
	} {
		for name, policy := range map[string]func(signup.NIST) signup.Policy{
			"NIST":        func(n signup.NIST) signup.Policy { return n },
			"*NIST":       func(n signup.NIST) signup.Policy { return &n },
			"NIST within": func(n signup.NIST) signup.Policy { return struct{ signup.NIST }{n} },
		} {
			t.Run(c.name+", "+name, func(t *testing.T) {
				service := &countingService{}
				a := newAccounts()
				a.Policy = policy(signup.NIST{Compromised: (&signup.PwnedPasswords{Client: &http.Client{Transport: service}}).Compromised})
				a.Fields = []signup.ProfileField{{Name: "company", Required: true, Validate: func(_ context.Context, value string) error {
					if value == "refused" {
						return inner
					}
					return nil
				}}}
				r := good
				c.change(&r)
				_, err := a.Register(t.Context(), r)
				got := ""
				if v, ok := errors.AsType[*signup.ValidationError](err); ok {
					got = codes(v.Fields)
				} else if err != nil {
					got = err.Error()
				}
				if got != c.want || service.asked.Load() != c.asked {
					t.Errorf("Register refused %q after %d requests, want %q after %d", got, service.asked.Load(), c.want, c.asked)
				}
			})
		}
	}
}

// What Before refuses costs neither a call of the Policy nor a hash.
func TestBeforeIsAskedFirst(t *testing.T) {
	for name, call := range map[string]func(a *signup.Accounts, token string) error{
		"Register": func(a *signup.Accounts, _ string) error {
			_, err := a.Register(t.Context(), signup.Registration{Email: "bob@example.org", Password: newPassword})
			return err
		},
		"SetPassword": func(a *signup.Accounts, _ string) error {
			_, err := a.SetPassword(t.Context(), adaEmail, newPassword)
			return err
		},
		"ChangePassword": func(a *signup.Accounts, _ string) error {
			_, err := a.ChangePassword(t.Context(), adaEmail, goodPassword, newPassword)
			return err
		},
		"ResetPassword": func(a *signup.Accounts, token string) error {
			_, err := a.ResetPassword(t.Context(), token, newPassword)
			return err
		},
	} {
		a, tr := traced()
		if _, err := a.Register(t.Context(), adaRepeated(goodPassword)); err != nil {
			t.Fatalf("Register returned %v, want nil", err)
		}
		tr.take()
		if err := a.SendPasswordReset(t.Context(), adaEmail, signup.Client{}); err != nil {
			t.Fatalf("SendPasswordReset returned %v, want nil", err)
		}
		token, hasher, asked := tr.token(t, signup.PurposeResetPassword), &countingHasher{Bcrypt: cheap}, 0
		a = &signup.Accounts{Store: a.Store, Hasher: hasher, Secrets: a.Secrets, Send: a.Send}
		a.Policy = policyFunc(func(context.Context, string, signup.User) error { asked++; return nil })
		a.Before = func(context.Context, signup.Event, signup.User) error { return errClosed }
		if err := call(a, token); !errors.Is(err, errClosed) || asked != 0 || hasher.hashes.Load() != 0 {
			t.Errorf("%s returned %v after %d calls of the Policy and %d hashes, want the error of Before and none of them",
				name, err, asked, hasher.hashes.Load())
		}
	}
}

// A Policy of the application's own is asked last; one that is local, as well as
// everything else.
func TestPolicyOfApplicationLast(t *testing.T) {
	refuse := func(context.Context, string, signup.User) error {
		return &signup.FieldError{Field: "password", Code: "mine", Message: "My message."}
	}
	for _, c := range []struct {
		name   string
		policy signup.Policy
		email  string
		want   string
	}{
		{"plain", policyFunc(refuse), "ada", "email_address: invalid"},
		{"plain, all else right", policyFunc(refuse), "ada@example.org", "password: mine"},
		{"local", localPolicyFunc(refuse), "ada", "email_address: invalid, password: mine"},
		{"local, all else right", localPolicyFunc(refuse), "ada@example.org", "password: mine"},
		// The embedded NIST's CheckLocal accepts; Check decides.
		{"around NIST", aroundNIST{check: refuse}, "ada@example.org", "password: mine"},
	} {
		a := newAccounts()
		a.Policy = c.policy
		_, err := a.Register(t.Context(), signup.Registration{Email: c.email, Password: goodPassword})
		v, ok := errors.AsType[*signup.ValidationError](err)
		if !ok || codes(v.Fields) != c.want {
			t.Errorf("%s: Register returned %v, want %s", c.name, err, c.want)
		}
	}
}

type aroundNIST struct {
	signup.NIST
	check policyFunc
}

func (p aroundNIST) Check(ctx context.Context, password string, u signup.User) error {
	return p.check(ctx, password, u)
}

// Every form of a refusal reaches the client with its message.
func TestPolicyFieldErrorForms(t *testing.T) {
	e := signup.FieldError{Field: "password", Code: "mine", Message: "My message."}
	other := signup.FieldError{Field: "email_address", Code: "other", Message: "Another."}
	var none *signup.ValidationError
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"value":                     {e, "My message."},
		"pointer":                   {&e, "My message."},
		"wrapped twice":             {fmt.Errorf("a: %w", fmt.Errorf("b: %w", &e)), "My message."},
		"joined":                    {errors.Join(errors.New("a"), &e), "My message."},
		"joined with ErrInvalid":    {errors.Join(signup.ErrInvalid, e), "My message."},
		"a ValidationError":         {&signup.ValidationError{Fields: []signup.FieldError{e}}, "My message."},
		"wrapped ValidationError":   {fmt.Errorf("a: %w", &signup.ValidationError{Fields: []signup.FieldError{other, e}}), "My message."},
		"empty ValidationError":     {&signup.ValidationError{}, "'password' is not acceptable."},
		"ErrInvalid":                {fmt.Errorf("a: %w", signup.ErrInvalid), "'password' is not acceptable."},
		"nil *ValidationError":      {none, "'password' is not acceptable."},
		"nil *FieldError, wrapped":  {fmt.Errorf("a: %w", (*signup.FieldError)(nil)), "'password' is not acceptable."},
		"nil *FieldError, no error": {(*signup.FieldError)(nil), "'password' is not acceptable."},
		"without a text":            {signup.FieldError{Field: "password", Code: "mine"}, "'password' is not acceptable."},
		"without a field and text":  {&signup.FieldError{Code: signup.CodeTooShort, Min: 20}, "'password' must be at least 20 characters long."},
	} {
		for _, local := range []bool{false, true} {
			a := newAccounts()
			a.Policy = policyFunc(func(context.Context, string, signup.User) error { return c.err })
			if local {
				a.Policy = localPolicyFunc(func(context.Context, string, signup.User) error { return c.err })
			}
			_, err := a.Register(t.Context(), signup.Registration{Email: "ada@example.org", Password: goodPassword})
			v, ok := errors.AsType[*signup.ValidationError](err)
			if !ok || len(v.Fields) != 1 || v.Fields[0].Message != c.want || v.Fields[0].Field != "password" {
				t.Errorf("%s, local %t: Register returned %v, want the message %q for password", name, local, err, c.want)
			}
		}
	}
}
