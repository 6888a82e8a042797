package esstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// Every wait of Setup and Reindex ends:
//
//   - A request that fails and may succeed later is sent again, at most maxTries
//     times in a row and within maxFailing. One rule holds for all steps.
//   - A request without a response ends after patience.
//   - The wait for another process ends when its state, which includes its
//     heartbeats, hasn't changed for leasePatience or blockedPatience. The other
//     process is bound by the rules above, so it makes progress or fails.

const (
	// maxTries limits how often a cutover is tried, and how many transient failures
	// in a row Setup and Reindex survive.
	maxTries = 10
	// maxFailing limits how long such failures may last.
	maxFailing = 5 * time.Minute
	// maxRaces limits how often in a row another process may be first.
	maxRaces = 30
	// calm is how long after a failure or a race a wait for another process counts as
	// progress. Otherwise failures and waits could alternate for ever.
	calm = time.Minute
)

// errRace is the error of a step that failed because the installation isn't as it was
// seen before.
var errRace = errors.New("the installation was changed meanwhile")

// retry waits and returns nil if the step that failed with err may be tried again.
// Otherwise it returns err.
func (a *attempt) retry(ctx context.Context, s *Store, err error) error {
	if err != nil {
		defer func() { a.troubled = time.Now() }()
	}
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return a.ended(err)
	case errors.Is(err, errRace):
		if a.races++; a.races > maxRaces {
			return err
		}
		return nil
	case !isPassing(err):
		return err
	}
	if a.failures == 0 {
		a.failing = time.Now()
	}
	if a.failures == maxTries || time.Since(a.failing) > maxFailing {
		s.logger.ErrorContext(ctx, "giving up: the next Setup continues", "operation", a.op, "tries", a.failures+1, "error", err)
		return err
	}
	a.failures++
	a.last = err
	pause := time.Duration(a.failures) * time.Second
	s.logger.WarnContext(ctx, "a step failed and is tried again", "operation", a.op, "tries", a.failures, "pause", pause, "error", err)
	if !sleep(ctx, pause) {
		return fmt.Errorf("esstore: %s: %w, after the error: %w", a.op, ctx.Err(), err)
	}
	return nil
}

// ended returns the error of an attempt whose context was done, with the failure before.
func (a *attempt) ended(err error) error {
	if a.last == nil {
		return err
	}
	return fmt.Errorf("%w, after the error: %w", err, a.last)
}

// progress notes that a step has succeeded.
func (a *attempt) progress() { a.failures, a.races, a.last = 0, 0, nil }

// waitFor notes that the attempt waits for another process, and logs it at the
// beginning and then at each waitLogInterval.
func (a *attempt) waitFor(ctx context.Context, s *Store, what string) {
	if time.Since(a.troubled) > calm {
		a.progress()
	}
	if a.waiting == what && time.Since(a.waitLogged) < waitLogInterval {
		return
	}
	if a.waiting != what {
		a.waiting, a.waitBegun = what, time.Now()
	}
	a.waitLogged = time.Now()
	s.logger.Log(ctx, slog.LevelInfo, "waiting for another process", "operation", a.op, "for", what,
		"since", time.Since(a.waitBegun).Round(time.Second))
}

// bounded returns a Store whose requests end after patience.
func (s *Store) bounded() *Store {
	b := &Store{client: s.client, instrument: s.instrument, alias: s.alias, logger: s.logger, served: s.served}
	if s.client.Err == nil {
		b.client.Transport = boundedTransport{s.client.Transport}
	}
	b.documents.Client = &b.client
	return b
}

// A boundedTransport ends each request after patience, if it isn't done.
type boundedTransport struct{ esapi.Transport }

var errNoResponse = fmt.Errorf("no response within %v", patience)

func (t boundedTransport) Perform(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeoutCause(r.Context(), patience, errNoResponse)
	res, err := t.Transport.Perform(r.WithContext(ctx))
	if err != nil {
		if errors.Is(err, context.DeadlineExceeded) && r.Context().Err() == nil && ctx.Err() != nil {
			err = errNoResponse
		}
		cancel()
		return res, err
	}
	if res.Body == nil {
		cancel()
		return res, nil
	}
	res.Body = boundedBody{res.Body, cancel}
	return res, nil
}

// A boundedBody is a body whose request is ended by Close.
type boundedBody struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (b boundedBody) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close()
}
