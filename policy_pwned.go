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
	"time"
)

// PwnedPasswords asks a service such as Have I Been Pwned whether a password is
// known from a data breach, by the k-anonymity range protocol: the service
// gets the first 5 hexadecimal digits of the password's SHA-1 hash, and answers
// with the rest of every hash that begins so, padded so that the length of the
// answer doesn't tell which. Its method Compromised is for NIST.Compromised.
//
// The zero value asks Have I Been Pwned, and fails closed. It is safe for
// concurrent use.
type PwnedPasswords struct {
	// URL is what the 5 digits are appended to. Empty is
	// https://api.pwnedpasswords.com/range/.
	URL string
	// Client makes the requests. Nil is http.DefaultClient.
	Client *http.Client
	// Timeout bounds each request. 0 is 2 seconds.
	Timeout time.Duration
	// FailOpen says what happens when the service can't be asked: the
	// password counts as not compromised, and Logger gets a warning. If it
	// is false, Compromised returns the error.
	FailOpen bool
	// Logger is for that warning. Nil is slog.Default().
	Logger *slog.Logger
}

const (
	pwnedURL = "https://api.pwnedpasswords.com/range/"
	// An answer has some thousand lines of about 40 bytes.
	maxPwnedAnswer = 4 << 20
)

// Compromised reports whether the service knows the password. The error is a
// failure of the service, or ctx's, and tells nothing of the password.
func (p *PwnedPasswords) Compromised(ctx context.Context, password string) (bool, error) {
	// As the service has them: the protocol has no other hash.
	sum := sha1.Sum([]byte(nfc(password)))
	digits := strings.ToUpper(hex.EncodeToString(sum[:]))
	found, err := p.lookUp(ctx, digits[:5], digits[5:])
	if err == nil || !p.FailOpen || ctx.Err() != nil {
		return found, err
	}
	logger := p.Logger
	if logger == nil {
		logger = slog.Default()
	}
	logger.WarnContext(ctx, "signup: password not checked for breaches", "error", err)
	return false, nil
}

func (p *PwnedPasswords) lookUp(ctx context.Context, prefix, suffix string) (bool, error) {
	timeout := p.Timeout
	if timeout == 0 {
		timeout = 2 * time.Second
	}
	bounded, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	base := p.URL
	if base == "" {
		base = pwnedURL
	}
	req, err := http.NewRequestWithContext(bounded, http.MethodGet, base+prefix, nil)
	if err != nil {
		return false, errors.New("signup: the URL of PwnedPasswords is not one")
	}
	req.Header.Set("Add-Padding", "true")
	req.Header.Set("User-Agent", "github.com/gosignup/signup") // which Have I Been Pwned asks for
	client := p.Client
	if client == nil {
		client = http.DefaultClient
	}
	res, err := client.Do(req)
	if err != nil {
		return false, fmt.Errorf("signup: the range service: %w", withoutURL(err, prefix))
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return false, fmt.Errorf("signup: the range service answered %d", res.StatusCode)
	}
	return findSuffix(io.LimitReader(res.Body, maxPwnedAnswer+1), suffix)
}

// withoutURL returns what went wrong, unless that quotes the digits: the URL ends
// in them, and so may the one of a redirection.
func withoutURL(err error, digits string) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	if strings.Contains(strings.ToUpper(err.Error()), digits) {
		return errors.New("it answers what can't be repeated here")
	}
	return err
}

// findSuffix reports whether answer, of lines such as "0018A45C…:3", has suffix
// with a count; padding has the count 0. It reads all of it, so that
// the connection can be used again, and a cut answer is an error.
func findSuffix(answer io.Reader, suffix string) (found bool, err error) {
	read := 0
	lines := bufio.NewScanner(answer)
	for lines.Scan() {
		read += len(lines.Bytes()) + 1
		line := strings.TrimSpace(lines.Text())
		if line == "" {
			continue
		}
		hash, count, ok := strings.Cut(line, ":")
		if !ok || len(hash) != len(suffix) || strings.Trim(count, "0123456789") != "" || count == "" {
			return false, errors.New("signup: the answer is not that of a range service")
		}
		if strings.EqualFold(hash, suffix) && strings.Trim(count, "0") != "" {
			found = true
		}
	}
	switch err := lines.Err(); {
	case err != nil:
		return false, fmt.Errorf("signup: the range service's answer: %w", err)
	case read > maxPwnedAnswer:
		return false, errors.New("signup: the range service's answer is too long")
	case read == 0:
		return false, errors.New("signup: the range service's answer is empty")
	}
	return found, nil
}
