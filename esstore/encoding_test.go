package esstore_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gosignup/signup/esstore"
)

// zipped returns text compressed with gzip.
func zipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := io.WriteString(w, text)
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic(err)
	}
	return b.String()
}

// encodedAs is what a proxy makes of a response: its body goes through encode.
func encodedAs(encoding string, encode func(string) string, s step) step {
	return func(w http.ResponseWriter, r *http.Request, writes []string) {
		plain := httptest.NewRecorder()
		s(plain, r, writes)
		w.Header().Set("Content-Encoding", encoding)
		w.WriteHeader(plain.Code)
		_, _ = io.WriteString(w, encode(plain.Body.String()))
	}
}

// A proxy may compress a response that was asked for without compression.
func TestCompressedResponseIsRead(t *testing.T) {
	for _, encoding := range []string{"gzip", "GZIP", "x-gzip"} {
		f := newFake(t, encodedAs(encoding, zipped, created), encodedAs(encoding, zipped, foundFirst),
			encodedAs(encoding, zipped, updated), encodedAs(encoding, zipped, conflict), encodedAs(encoding, zipped, nothing))
		u := newUser()
		wantOutcome(t, f.store().Create(t.Context(), &u), "nil")
		got, err := f.store().Get(t.Context(), u.Key())
		if err != nil || !got.Equal(u) {
			t.Errorf("%s: got another user, error %v from Get, want the one that was stored", encoding, err)
		}
		wantOutcome(t, f.store().Update(t.Context(), &u), "nil")
		wantOutcome(t, f.store().Update(t.Context(), &u), "ErrNotFound")
	}
	// The elastic doesn't compress by itself, and its client asks for nothing.
	e := newElastic()
	store := esstore.New(transportFunc(func(r *http.Request) (*http.Response, error) {
		res, err := e.Perform(r)
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(res.Body)
		res.Header, res.Body = http.Header{"Content-Encoding": {"gzip"}}, io.NopCloser(strings.NewReader(zipped(string(text))))
		return res, err
	}), nil)
	if sum, err := store.Import(t.Context(), numbers(10), nil); sum.Created != 10 || err != nil {
		t.Errorf("got summary %+v, error %v from Import, want 10 users created", sum, err)
	}
	if n, err := store.Export(t.Context(), io.Discard, nil); n != 10 || err != nil {
		t.Errorf("got %d users, error %v from Export, want 10", n, err)
	}
}

// If a response can't be decompressed, the error says so, and quotes nothing else.
func TestErrorNamesContentEncoding(t *testing.T) {
	const text = "esstore: get: status 200, the response has a Content-Encoding that was not asked for"
	same := func(s string) string { return s }
	for _, c := range []struct {
		encoding string
		encode   func(string) string
		want     string
	}{
		{"br", same, text + ": br"},
		{"zstd", same, text + ": zstd"},
		{"gzip, deflate", same, text + ": gzip, deflate"},
		{"hash;qx=$2a$", same, text},
		{strings.Repeat("x", 41), same, text},
		{"identity", zipped, "esstore: get: status 200, the response is not Elasticsearch's"},
		{"gzip", same, "esstore: get: status 200, the response could not be read"},
		{"gzip", func(s string) string { return zipped(s)[:40] }, "esstore: get: status 200, the response could not be read: unexpected EOF"},
		{"gzip", func(string) string { return "" }, "esstore: get: status 200, the response is not Elasticsearch's"},
		{"gzip", func(string) string { return zipped(strings.Repeat(" ", 1<<20+1)) }, "esstore: get: status 200, the response is longer than 1048576 bytes"},
	} {
		f := newFake(t, created, encodedAs(c.encoding, c.encode, foundFirst))
		u := newUser()
		if err := f.store().Create(t.Context(), &u); err != nil {
			t.Fatal(err)
		}
		_, err := f.store().Get(t.Context(), u.Key())
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: got error %v, want %s", c.encoding, err, c.want)
		}
		wantNoSecret(t, err)
	}
}
