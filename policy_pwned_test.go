package signup_test

import (
	"context"
	"crypto/rand"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"golang.org/x/text/unicode/norm"
)

// sha1Hex is how the protocol writes the hash of a password.
func sha1Hex(password string) string {
	sum := sha1.Sum([]byte(password))
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

// A rangeService speaks the range protocol: it knows hashes, and no password.
type rangeService struct {
	t       *testing.T
	counts  map[string]int // by hash; with 0 as padding only
	format  func(suffix string, count int) string
	secrets []string // which no request may contain
	asked   atomic.Int64
}

func newRangeService(t *testing.T, counts map[string]int) *rangeService {
	s := &rangeService{t: t, counts: make(map[string]int)}
	s.format = func(suffix string, count int) string { return fmt.Sprintf("%s:%d\r\n", suffix, count) }
	for password, count := range counts {
		s.counts[sha1Hex(password)] = count
	}
	return s
}

var rangePath = regexp.MustCompile(`^/range/[0-9A-F]{5}$`)

func (s *rangeService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.asked.Add(1)
	s.checkRequest(r)
	w.Header().Set("Content-Type", "text/plain")
	_, _ = io.WriteString(w, s.answer(strings.TrimPrefix(r.URL.Path, "/range/")))
}

func (s *rangeService) answer(prefix string) string {
	var b strings.Builder
	random := func(count int) {
		var sum [sha1.Size]byte
		_, _ = rand.Read(sum[:])
		b.WriteString(s.format(strings.ToUpper(hex.EncodeToString(sum[:]))[5:], count))
	}
	for range 100 {
		random(3)
	}
	for hash, count := range s.counts {
		if suffix, ok := strings.CutPrefix(hash, prefix); ok {
			b.WriteString(s.format(suffix, count))
		}
	}
	for range 100 {
		random(0)
	}
	return b.String()
}

// checkRequest checks that the request is what the protocol asks for, and
// that nothing else is in it, least of all more of a hash.
func (s *rangeService) checkRequest(r *http.Request) {
	dump, err := httputil.DumpRequest(r, true)
	if err != nil {
		s.t.Errorf("httputil.DumpRequest returned %v, want nil", err)
	}
	if r.Method != http.MethodGet || !rangePath.MatchString(r.RequestURI) || r.ContentLength != 0 || r.Header.Get("Add-Padding") != "true" {
		s.t.Errorf("got the request\n%s\nwant a GET of a range, without a body, with Add-Padding: true", dump)
	}
	for name := range r.Header {
		switch name {
		case "Add-Padding", "User-Agent", "Accept-Encoding", "Referer": // the last after a redirect
		default:
			s.t.Errorf("got the request header %s, want Add-Padding, User-Agent, Accept-Encoding and Referer only", name)
		}
	}
	for _, secret := range s.secrets {
		hash := sha1Hex(norm.NFC.String(secret))
		told := strings.ToUpper(string(dump))
		for i := range len(hash) - 5 {
			if strings.Contains(told, hash[i:i+6]) {
				s.t.Errorf("the request has more than 5 digits of the hash, want 5:\n%s", dump)
			}
		}
		if strings.Contains(told, strings.ToUpper(secret)) {
			s.t.Errorf("the request has the password, want only 5 digits of its hash:\n%s", dump)
		}
	}
}

func (s *rangeService) start() (url string) {
	server := httptest.NewServer(s)
	s.t.Cleanup(server.Close)
	return server.URL + "/range/"
}

// wantNoPassword fails the test if text contains the password or digits of its hash.
func wantNoPassword(t *testing.T, what, text, password string) {
	t.Helper()
	upper := strings.ToUpper(text)
	hash := sha1Hex(norm.NFC.String(password))
	for _, part := range []string{strings.ToUpper(password), hash[:5], hash[5:], hash[5:15], hash[30:]} {
		if strings.Contains(upper, part) {
			t.Errorf("%s has %s, want neither the password nor digits of its hash: %s", what, part, text)
		}
	}
}

func TestPwnedPasswords(t *testing.T) {
	const nfc, nfd = "caf\u00e9 au lait, toujours", "cafe\u0301 au lait, toujours"
	known := map[string]int{
		"found with many others": 1_234_567,
		"found once, only once":  1,
		"counted in tens 10":     10,
		"padding, and no more":   0,
		nfc:                      2,
	}
	service := newRangeService(t, known)
	lower := newRangeService(t, known)
	lower.format = func(suffix string, count int) string { return fmt.Sprintf("%s:%d\n", strings.ToLower(suffix), count) }
	zeros := newRangeService(t, known)
	zeros.format = func(suffix string, count int) string { return fmt.Sprintf("%s:%03d\r\n\r\n", suffix, count) }
	for _, s := range []struct {
		name    string
		service *rangeService
	}{{"CRLF", service}, {"lower case, LF", lower}, {"leading zeros, empty lines", zeros}} {
		url := s.service.start()
		for _, c := range []struct{ password, code string }{
			{"found with many others", "compromised"},
			{"found once, only once", "compromised"},
			{"counted in tens 10", "compromised"},
			{"padding, and no more", ""},
			{"correct horse battery", ""},
			{"Found with many others", ""}, // letter case matters to a hash
			{nfc, "compromised"},
			{nfd, "compromised"},
			{" found once, only once", ""},
		} {
			t.Run(s.name+", "+c.password, func(t *testing.T) {
				for _, open := range []bool{false, true} {
					s.service.secrets = []string{c.password}
					s.service.asked.Store(0)
					policy := signup.NIST{Compromised: (&signup.PwnedPasswords{URL: url, FailOpen: open}).Compromised}
					wantCode(t, policy.Check(t.Context(), c.password, signup.User{}), c.code, c.password)
					if n := s.service.asked.Load(); n != 1 {
						t.Errorf("got %d requests, want 1", n)
					}
				}
			})
		}
	}
	t.Run("refused before", func(t *testing.T) {
		service.asked.Store(0)
		policy := signup.NIST{Compromised: (&signup.PwnedPasswords{URL: service.start()}).Compromised}
		wantCode(t, policy.Check(t.Context(), "1234567890123456", signup.User{}), "common", "1234567890123456")
		if n := service.asked.Load(); n != 0 {
			t.Errorf("got %d requests for a common password, want 0", n)
		}
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// The zero value, except for the network.
func TestPwnedPasswordsDefaults(t *testing.T) {
	const password = "correct horse battery"
	inner := errors.New("no network in tests")
	for _, answer := range []string{"", sha1Hex(password)[5:] + ":3\r\n", sha1Hex("x")[5:] + ":3\r\n"} {
		p := signup.PwnedPasswords{Client: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			if want := "https://api.pwnedpasswords.com/range/" + sha1Hex(password)[:5]; r.URL.String() != want {
				t.Errorf("got a request to %s, want %s", r.URL, want)
			}
			if r.Header.Get("Add-Padding") != "true" || r.Header.Get("User-Agent") == "" || r.Body != nil {
				t.Errorf("got the request header %v, want Add-Padding: true, a User-Agent and no body", r.Header)
			}
			if deadline, ok := r.Context().Deadline(); !ok || time.Until(deadline) > 2*time.Second {
				t.Errorf("the request's deadline is %s, set: %t; want one within 2s", deadline, ok)
			}
			if answer == "" {
				return nil, inner
			}
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(answer))}, nil
		})}}
		found, err := p.Compromised(t.Context(), password)
		if answer == "" {
			if found || !errors.Is(err, inner) {
				t.Errorf("Compromised returned %t, %v; want false, %v", found, err, inner)
			}
		} else if err != nil || found != strings.HasPrefix(answer, sha1Hex(password)[5:]) {
			t.Errorf("Compromised returned %t, %v; want %t, nil", found, err, strings.HasPrefix(answer, sha1Hex(password)[5:]))
		}
	}
}

func TestPwnedPasswordsFailures(t *testing.T) {
	const password = "correct horse battery"
	hash := sha1Hex(password)
	service := newRangeService(t, map[string]int{password: 7}) // so that accepting it is due to FailOpen
	good := service.answer(hash[:5])
	text := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	// These don't pass by themselves.
	lasting := []string{
		"404", "401", "204", "206", "HTML", "JSON", "the request, echoed", "empty", "whole hashes", "no counts", "empty counts",
		"negative counts", "one line that isn't one", "over the limit", "cut in a line", "redirected, without a Location",
		"no URL", "control character in the URL",
	}

	for _, c := range []struct {
		name    string
		handler http.HandlerFunc
		url     string // in place of the handler's
	}{
		{"500", text(http.StatusInternalServerError, good), ""},
		{"503", text(http.StatusServiceUnavailable, ""), ""},
		{"429", text(http.StatusTooManyRequests, good), ""},
		{"404", text(http.StatusNotFound, good), ""},
		{"401", text(http.StatusUnauthorized, good), ""},
		{"204", text(http.StatusNoContent, ""), ""},
		{"206", text(http.StatusPartialContent, good), ""},
		{"HTML", text(http.StatusOK, "<!DOCTYPE html>\n<html><head><title>Log in to this network</title></head></html>\n"), ""},
		{"JSON", text(http.StatusOK, `{"statusCode": 429, "message": "Rate limit is exceeded."}`), ""},
		{"the request, echoed", func(w http.ResponseWriter, r *http.Request) { _, _ = fmt.Fprintf(w, "%s%s\n", r.URL, hash) }, ""},
		{"empty", text(http.StatusOK, ""), ""},
		{"whole hashes", text(http.StatusOK, hash+":3\r\n"), ""},
		{"no counts", text(http.StatusOK, hash[5:]+"\r\n"), ""},
		{"empty counts", text(http.StatusOK, hash[5:]+":\r\n"), ""},
		{"negative counts", text(http.StatusOK, hash[5:]+":-1\r\n"), ""},
		{"one line that isn't one", text(http.StatusOK, good+"and so on\r\n"+good), ""},
		{"one long line", text(http.StatusOK, strings.Repeat("0", 100_000)), ""},
		{"over the limit", func(w http.ResponseWriter, _ *http.Request) {
			// 397 divides 4 MiB + 1: what is read ends with a line.
			line := strings.Repeat("0", 35) + ":" + strings.Repeat("3", 360) + "\n"
			_, _ = io.WriteString(w, strings.Repeat(line, 12_000))
		}, ""},
		{"cut, by its Content-Length", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100000")
			_, _ = io.WriteString(w, good)
		}, ""},
		{"cut, chunked", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, good)
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, ""},
		{"cut in a line", func(w http.ResponseWriter, _ *http.Request) {
			hijack(t, w, "HTTP/1.0 200 OK\r\n\r\n"+good[:len(good)-10])
		}, ""},
		{"nothing at all", func(w http.ResponseWriter, _ *http.Request) { hijack(t, w, "") }, ""},
		{"no HTTP", func(w http.ResponseWriter, _ *http.Request) { hijack(t, w, "220 mail.example.org ESMTP\r\n") }, ""},
		{"timeout before the answer", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, ""},
		{"timeout within the answer", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, good)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}, ""},
		{"redirects without end", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) }, ""},
		{"redirected to another scheme", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "gopher://localhost"+r.URL.Path, http.StatusFound)
		}, ""},
		{"redirected to what is no URL", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "http://[::1"+r.URL.Path)
			w.WriteHeader(http.StatusFound)
		}, ""},
		{"redirected to nowhere", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, gone.URL+r.URL.Path, http.StatusFound)
		}, ""},
		{"redirected, without a Location", text(http.StatusFound, ""), ""},
		{"connection refused", nil, gone.URL + "/range/"},
		{"no URL", nil, "http://[::1/range/"},
		{"control character in the URL", nil, "http://localhost/\x7f/"},
		{"no scheme", nil, "localhost/range/"},
		{"another scheme", nil, "file:///range/"},
		{"no host", nil, "http:///range/"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			url := c.url
			if url == "" {
				server := httptest.NewServer(c.handler)
				t.Cleanup(server.Close)
				url = server.URL + "/range/"
			}
			timeout := 5 * time.Second
			if strings.HasPrefix(c.name, "timeout") {
				timeout = 50 * time.Millisecond
			}
			l, log := newLog(t)
			p := &signup.PwnedPasswords{URL: url, Timeout: timeout, Logger: l}

			found, err := p.Compromised(t.Context(), password)
			if found || err == nil || errors.Is(err, signup.ErrInvalid) {
				t.Fatalf("Compromised returned %t, %v; want false, an error other than ErrInvalid", found, err)
			}
			wantNoPassword(t, "the error", fmt.Sprintf("%v %+v %q", err, err, err), password)
			a := newAccounts()
			a.Policy = signup.NIST{Compromised: p.Compromised}
			_, err = a.Register(t.Context(), signup.Registration{Email: "ada@example.org", Password: password})
			if busy := !slices.Contains(lasting, c.name); err == nil || errors.Is(err, signup.ErrInvalid) || errors.Is(err, signup.ErrBusy) != busy {
				t.Errorf("Register returned %v, want an error other than ErrInvalid, and ErrBusy: %t", err, busy)
			} else {
				wantNoPassword(t, "Register's error", err.Error(), password)
			}
			if log.String() != "" {
				t.Errorf("logged %s, want nothing for an error that is returned", log)
			}

			p.FailOpen = true
			if _, err := a.Register(t.Context(), signup.Registration{Email: "ada@example.org", Password: password}); err != nil {
				t.Errorf("with FailOpen: Register returned %v, want nil", err)
			}
			if records := log.records(t); len(records) != 1 || records[0]["level"] != "WARN" || records[0]["error"] == "" {
				t.Errorf("logged %s, want one warning with the error", log)
			}
			wantNoPassword(t, "the log", log.String(), password)
		})
	}
}

func hijack(t *testing.T, w http.ResponseWriter, answer string) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		t.Errorf("Hijack returned %v, want nil", err)
		return
	}
	_, _ = io.WriteString(conn, answer)
	_ = conn.Close()
}

// If the context is canceled, the sign-up fails also with FailOpen, and nothing is
// logged.
func TestPwnedPasswordsCancelled(t *testing.T) {
	const password = "correct horse battery"
	for _, open := range []bool{false, true} {
		for _, when := range []string{"before", "before the answer", "within the answer"} {
			t.Run(fmt.Sprintf("%s, FailOpen %t", when, open), func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if when == "within the answer" {
						_, _ = io.WriteString(w, strings.Repeat("0", 35)+":3\r\n")
						_ = http.NewResponseController(w).Flush()
					}
					cancel()
					<-r.Context().Done()
				}))
				t.Cleanup(server.Close)
				if when == "before" {
					cancel()
				}
				l, log := newLog(t)
				p := &signup.PwnedPasswords{URL: server.URL + "/range/", FailOpen: open, Timeout: time.Minute, Logger: l}
				a := newAccounts()
				a.Policy = signup.NIST{Compromised: p.Compromised}
				_, err := a.Register(ctx, signup.Registration{Email: "ada@example.org", Password: password})
				if !errors.Is(err, context.Canceled) || errors.Is(err, signup.ErrInvalid) {
					t.Fatalf("Register returned %v, want context.Canceled without ErrInvalid", err)
				}
				wantNoPassword(t, "the error", err.Error(), password)
				if log.String() != "" {
					t.Errorf("logged %s, want nothing", log)
				}
			})
		}
	}
}

func TestPwnedPasswordsRedirect(t *testing.T) {
	service := newRangeService(t, map[string]int{"found in a breach": 3})
	service.secrets = []string{"found in a breach", "correct horse battery"}
	url := service.start()
	moved := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, url+strings.TrimPrefix(r.URL.Path, "/old/"), http.StatusMovedPermanently)
	}))
	t.Cleanup(moved.Close)
	policy := signup.NIST{Compromised: (&signup.PwnedPasswords{URL: moved.URL + "/old/"}).Compromised}
	wantCode(t, policy.Check(t.Context(), "found in a breach", signup.User{}), "compromised", "found in a breach")
	wantCode(t, policy.Check(t.Context(), "correct horse battery", signup.User{}), "", "correct horse battery")
}

func TestPwnedPasswordsConcurrently(t *testing.T) {
	counts := make(map[string]int)
	for i := range 32 {
		counts[fmt.Sprintf("the password of %d", i)] = i % 2
	}
	service := newRangeService(t, counts)
	for password := range counts {
		service.secrets = append(service.secrets, password)
	}
	policy := signup.NIST{Compromised: (&signup.PwnedPasswords{URL: service.start(), Timeout: time.Minute}).Compromised}
	var wg sync.WaitGroup
	for password, count := range counts {
		for range 4 {
			wg.Go(func() {
				code := ""
				if count > 0 {
					code = "compromised"
				}
				wantCode(t, policy.Check(t.Context(), password, signup.User{}), code, password)
			})
		}
	}
	wg.Wait()
	if n := service.asked.Load(); n != 128 {
		t.Errorf("got %d requests, want 128", n)
	}
}
