package es

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
)

// An Error describes a request that failed. Its texts quote nothing of the request
// or the response except for the status and the type of Elasticsearch's error, and the
// reason if the request has no user's data.
type Error struct {
	Status   int    // of the response; 0 if there was none
	Type     string // of Elasticsearch's error; "" if the response has none
	Reason   string // of Elasticsearch's error; "" if the request may have a user's data
	Err      error  // why there is no response, or what is wrong with it; nil otherwise
	Attempts int64  // how often the request was sent: see Response
	Unsent   bool   // the request was not sent
	// Unreached reports that no server could be reached, and so none has got the
	// request.
	Unreached bool
	// OtherProduct reports that the official client has found that the server is not
	// Elasticsearch.
	OtherProduct bool
	// Acknowledged reports that the status is 2xx and Elasticsearch's, and that only
	// the body can't be used.
	Acknowledged bool
}

// What may be wrong with a response.
var (
	ErrTooLong          = errors.New("the response is longer")
	ErrNotElasticsearch = errors.New("the response is not Elasticsearch's")
	ErrUnacknowledged   = errors.New("not all nodes have acknowledged the change in time")
	ErrPartial          = errors.New("not all copies of the index have carried it out")
)

// unquoted returns an error of a transport without what net/http quotes of a
// response that it can't parse. That may be the document.
func unquoted(err error) error {
	const broken = "transport connection broken"
	if isOfNetwork(err) {
		return err
	}
	if before, _, ok := strings.Cut(err.Error(), broken+": "); ok {
		return errors.New(before + broken)
	}
	return err
}

// isOtherProduct reports whether err is the official client's about a successful
// response without X-Elastic-Product. It has no type.
func isOtherProduct(err error) bool {
	return strings.Contains(err.Error(), "the server is not Elasticsearch and we do not support this unknown product")
}

// withoutURL returns an error of net/http without the URL, so that requests that fail
// for one cause have one text.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// readError returns the error for a response whose body couldn't be read because
// of err. It doesn't quote the body.
func readError(err error) error {
	const text = "the response could not be read"
	if isOfNetwork(err) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf(text+": %w", err)
	}
	if errors.Is(err, ErrTooLong) || errors.Is(err, ErrEncoding) {
		return err
	}
	return errors.New(text)
}

func isOfNetwork(err error) bool {
	_, ok := errors.AsType[*net.OpError](err)
	return ok || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// errorType returns the type of the error in the body of a response, or "".
func errorType(body []byte) string {
	var response struct{ Error struct{ Type string } }
	if json.Unmarshal(body, &response) != nil {
		return ""
	}
	return validType(response.Error.Type)
}

// validType returns text if it has the form of a type of Elasticsearch's errors,
// otherwise "". A proxy may put anything there.
func validType(text string) string {
	if len(text) > 100 || strings.Trim(text, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return ""
	}
	return text
}
