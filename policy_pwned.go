package signup

import (
	"bufio"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gosignup/signup/internal/outage"
)

// PwnedPasswords asks a service such as Have I Been Pwned whether a password is
// known from a data breach. Its method Compromised is for the field Compromised of
// [NIST].
//
// It uses the k-anonymity range protocol: it sends the first 5 hexadecimal digits
// of the password's SHA-1 hash, and the response has the rest of every hash that
// begins with them. The response is padded, so that its length doesn't reveal the
// digits.
//
// The zero value asks Have I Been Pwned, and fails closed: if the service can't be
// asked, no password is accepted. A PwnedPasswords is safe for concurrent use; its
// fields must not be changed, and it must not be copied, after the first call.
type PwnedPasswords struct {
	// URL is the address of the service, to which the 5 digits are appended.
	// Empty is https://api.pwnedpasswords.com/range/.
	URL string
	// Client makes the requests. Nil is [http.DefaultClient].
	Client *http.Client
	// Timeout limits the time of each call, which is the wait for other calls and
	// the request. 0 is 2 seconds.
	Timeout time.Duration
	// MaxConcurrent limits how many requests are made at once. Further calls wait
	// in the order in which they came. A call that can't begin its request within
	// Timeout fails like a request that takes too long. 0 is 16; a negative value
	// is 16, too.
	MaxConcurrent int
	// FailOpen decides what happens if the service can't be asked. If it is
	// true, the password counts as not compromised. A warning is logged when that
	// begins, and one with the number of unchecked passwords when it hasn't
	// happened for 10 seconds. If it is false, Compromised returns the error.
	FailOpen bool
	// Logger is for the warnings, and for a record of each unchecked password at
	// level DEBUG. Nil is [slog.Default].
	Logger *slog.Logger

	once  sync.Once
	slots chan struct{} // one element for each request that is being made
	// unchecked counts the passwords that FailOpen let through.
	unchecked outage.Outage
}

const (
	defaultPwnedConcurrent = 16

	pwnedURL = "https://api.pwnedpasswords.com/range/"
	// A response has about a thousand lines of 40 bytes.
	maxPwnedResponse = 4 << 20
)

// Compromised reports whether the service knows the password. The error is ctx's,
// or describes a failure of the service, and reveals nothing about the password. It
// wraps [ErrBusy] if the service can't be reached, takes too long, or has responded with
// 429 or a status of 500 or more. If FailOpen is true, it is nil unless ctx is done.
func (p *PwnedPasswords) Compromised(ctx context.Context, password string) (bool, error) {
	// The protocol has no other hash than SHA-1.
	sum := sha1.Sum([]byte(nfc(password)))
	digits := strings.ToUpper(hex.EncodeToString(sum[:]))
	found, err := p.lookUp(ctx, digits[:5], digits[5:])
	if err == nil || !p.FailOpen || ctx.Err() != nil {
		return found, err
	}
	if first, other := p.unchecked.Note(err.Error(), p.noteEnd); first || other {
		p.logger().WarnContext(ctx, "signup: passwords are not checked for breaches", "error", err)
	} else {
		p.logger().DebugContext(ctx, "signup: password not checked for breaches", "error", err)
	}
	return false, nil
}

// noteEnd logs that passwords are checked again, or looks again later.
func (p *PwnedPasswords) noteEnd() {
	if n, lasted := p.unchecked.End(p.noteEnd); n > 0 {
		p.logger().Warn("signup: passwords are checked for breaches again", "unchecked", n, "duration", lasted)
	}
}

func (p *PwnedPasswords) logger() *slog.Logger {
	if p.Logger != nil {
		return p.Logger
	}
	return slog.Default()
}

func (p *PwnedPasswords) lookUp(ctx context.Context, prefix, suffix string) (bool, error) {
	timeout := p.Timeout
	if timeout == 0 {
		timeout = 2 * time.Second
	}
	bounded, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if err := p.acquire(bounded); err != nil {
		return false, unavailable(fmt.Errorf("wait for other requests: %w", err))
	}
	defer func() { <-p.slots }()
	base := p.URL
	if base == "" {
		base = pwnedURL
	}
	req, err := http.NewRequestWithContext(bounded, http.MethodGet, base+prefix, nil)
	if err != nil {
		return false, errors.New("signup: PwnedPasswords.URL is not a valid URL")
	}
	req.Header.Set("Add-Padding", "true")
	req.Header.Set("User-Agent", "github.com/gosignup/signup") // required by Have I Been Pwned
	client := p.Client
	if client == nil {
		client = http.DefaultClient
	}
	res, err := client.Do(req)
	if err != nil {
		return false, unavailable(withoutURL(err, prefix))
	}
	defer func() { _ = res.Body.Close() }()
	switch code := res.StatusCode; {
	case code == http.StatusTooManyRequests, code >= 500:
		return false, unavailable(fmt.Errorf("status %d", code))
	case code != http.StatusOK:
		return false, fmt.Errorf("signup: range service: status %d", code)
	}
	return findSuffix(io.LimitReader(res.Body, maxPwnedResponse+1), suffix)
}

// unavailable returns an error for a failure of the service that may pass soon.
func unavailable(err error) error { return fmt.Errorf("%w: range service: %w", ErrBusy, err) }

// acquire waits until one more request may be made. If ctx ends first, it returns
// ctx's error.
func (p *PwnedPasswords) acquire(ctx context.Context) error {
	p.once.Do(func() {
		n := p.MaxConcurrent
		if n <= 0 {
			n = defaultPwnedConcurrent
		}
		p.slots = make(chan struct{}, n)
	})
	if ctx.Err() != nil { // select chooses at random
		return ctx.Err()
	}
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// withoutURL returns err without the URL, which ends in the digits. If the rest
// contains them too, as the URL of a redirect may, it returns another error.
func withoutURL(err error, digits string) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	if strings.Contains(strings.ToUpper(err.Error()), digits) {
		return errors.New("request failed; the cause would reveal the digits")
	}
	return err
}

// findSuffix reports whether the response, of lines such as "0018A45C…:3", has
// suffix with a count other than 0, which is padding. It reads all of the response,
// so that the connection can be reused, and a truncated one is an error.
func findSuffix(body io.Reader, suffix string) (found bool, err error) {
	read := 0
	lines := bufio.NewScanner(body)
	for lines.Scan() {
		read += len(lines.Bytes()) + 1
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			continue
		}
		hash, count, ok := strings.Cut(line, ":")
		if !ok || len(hash) != len(suffix) || strings.Trim(count, "0123456789") != "" || count == "" {
			return false, errors.New("signup: range service: invalid response")
		}
		if strings.EqualFold(hash, suffix) && strings.Trim(count, "0") != "" {
			found = true
		}
	}
	switch err := lines.Err(); {
	case err != nil:
		return false, unavailable(fmt.Errorf("read response: %w", err))
	case read > maxPwnedResponse:
		return false, errors.New("signup: range service: response is too long")
	case read == 0:
		return false, errors.New("signup: range service: response is empty")
	}
	return found, nil
}
