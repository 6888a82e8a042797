package es

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// ErrEncoding means that a response is compressed although that wasn't asked for.
var ErrEncoding = errors.New("the response has a Content-Encoding that was not asked for")

// decodeBody returns the body of a response, decompressed if it is compressed with gzip.
// net/http does that only if it has asked for gzip itself, but a proxy may compress any
// response. For another encoding, the error wraps ErrEncoding.
func decodeBody(header http.Header, body io.ReadCloser) (io.ReadCloser, error) {
	encoding := strings.ToLower(strings.TrimSpace(strings.Join(header["Content-Encoding"], ",")))
	switch {
	case encoding == "", encoding == "identity", body == nil:
		return body, nil
	case encoding == "gzip", encoding == "x-gzip": // RFC 9110, section 8.4.1.3
		return &gzipBody{compressed: bufio.NewReader(body), closer: body}, nil
	case len(encoding) > 40 || strings.Trim(encoding, "abcdefghijklmnopqrstuvwxyz0123456789-, ") != "":
		return body, ErrEncoding // without what may be anything
	}
	return body, fmt.Errorf("%w: %s", ErrEncoding, encoding)
}

// A gzipBody decompresses a body. An empty one stays empty.
type gzipBody struct {
	compressed *bufio.Reader
	closer     io.Closer
	plain      *gzip.Reader
}

func (b *gzipBody) Read(p []byte) (n int, err error) {
	if b.plain == nil {
		if _, err := b.compressed.Peek(1); err != nil {
			return 0, err // io.EOF if the body is empty
		}
		if b.plain, err = gzip.NewReader(b.compressed); err != nil {
			return 0, err
		}
	}
	return b.plain.Read(p)
}

func (b *gzipBody) Close() error { return b.closer.Close() }
