package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
)

// An exchange is an expected request and its response.
type exchange struct {
	request  string // method, path and body
	status   int
	response string
}

// refreshed is how each reading begins.
func refreshed(status int, response string) exchange {
	return exchange{`POST /example/_refresh?allow_no_indices=false&expand_wildcards=all `, status, response}
}

var refreshedAll = refreshed(200, `{"_shards":{"total":10,"successful":5,"failed":0}}`) // without replicas

func searched(status int, response string) exchange {
	return exchange{`POST /example/_search?scroll=5m&allow_no_indices=false&expand_wildcards=all {"size":1000,"sort":["_doc"]}`, status, response}
}

func scrolled(response string) exchange {
	return exchange{`POST /_search/scroll {"scroll":"5m","scroll_id":"s1"}`, 200, response}
}

var forgotten = exchange{`DELETE /_search/scroll {"scroll_id":["s1"]}`, 200, `{"succeeded":true}`}

func pageOf(total, hits string) string {
	return `{"_scroll_id":"s1","timed_out":false,"_shards":{"total":5,"successful":5,"failed":0},"hits":{"total":` + total + `,"hits":[` + hits + `]}}`
}

// readIndex reads from a server that expects these exchanges, in order.
func readIndex(t *testing.T, exchanges ...exchange) (texts []string, total int64, err error) {
	t.Helper()
	return read(t, true, append([]exchange{refreshedAll}, exchanges...)...)
}

func read(t *testing.T, refresh bool, exchanges ...exchange) (texts []string, total int64, err error) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("reading a request: got the error %v, want nil", err)
		}
		got := fmt.Sprintf("%s %s %s", r.Method, r.RequestURI, body)
		if len(exchanges) == 0 || exchanges[0].request != got || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("got the request %s, want the next of the exchanges", got)
			w.WriteHeader(http.StatusTeapot)
			return
		}
		next := exchanges[0]
		exchanges = exchanges[1:]
		w.WriteHeader(next.status)
		_, _ = io.WriteString(w, next.response)
	}))
	defer server.Close()
	client, err := newTransport(server.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	total = -1
	for e, err := range fromIndex(client, "example", refresh)(t.Context(), func(n int64) { total = n }) {
		if err != nil {
			return texts, total, err
		}
		texts = append(texts, string(e.text))
	}
	if len(exchanges) > 0 {
		t.Errorf("%d requests were not sent, want all", len(exchanges))
	}
	return texts, total, nil
}

func TestFromIndex(t *testing.T) {
	for _, total := range []string{`3`, `{"value":3,"relation":"eq"}`} { // up to version 6, and later
		texts, n, err := readIndex(t,
			searched(200, pageOf(total, `{"n":1},{"n":2}`)), scrolled(pageOf(total, `{"n":3}`)), scrolled(pageOf(total, ``)), forgotten)
		if err != nil || n != 3 || strings.Join(texts, " ") != `{"n":1} {"n":2} {"n":3}` {
			t.Errorf("total %s: got %q of %d, error %v; want three documents of 3", total, texts, n, err)
		}
	}
	if texts, n, err := readIndex(t, searched(200, pageOf("0", "")), forgotten); err != nil || n != 0 || texts != nil {
		t.Errorf("an empty index: got %q of %d, error %v; want no document of 0", texts, n, err)
	}
}

// Incomplete reading is an error, and the error quotes nothing of a response.
func TestFromIndexFails(t *testing.T) {
	const secret = "ada@example.org"
	for _, c := range []struct {
		name      string
		exchanges []exchange
		want      string
	}{
		{"no index", []exchange{searched(404, `{"error":{"type":"index_not_found_exception","reason":"`+secret+`"},"status":404}`)},
			"the source returned status 404, index_not_found_exception: it has no index that matches -from-index"},
		{"an error in an old format", []exchange{searched(404, `{"error":"IndexMissingException[`+secret+`]","status":404}`)},
			"the source returned status 404: it has no index that matches -from-index"},
		{"another type", []exchange{searched(400, `{"error":{"type":"`+secret+`"}}`)}, "the source returned status 400"},
		{"a proxy's page", []exchange{searched(200, "<html>"+secret)}, "the source's response is not Elasticsearch's"},
		{"another response", []exchange{searched(200, `{"hits":[]}`)}, "the source's response is not Elasticsearch's"},
		{"no total", []exchange{searched(200, pageOf(`"many"`, "")), forgotten}, "the source's response has no number of documents"},
		{"a shard missing", []exchange{searched(200, strings.Replace(pageOf("1", "{}"), `"successful":5`, `"successful":4`, 1))},
			"not all of the source's shards responded: 4 of 5"},
		{"a shard failed", []exchange{searched(200, strings.Replace(pageOf("1", "{}"), `"failed":0`, `"failed":1`, 1))},
			"not all of the source's shards responded: 5 of 5"},
		{"a later page fails", []exchange{searched(200, pageOf("2", `{}`)),
			{scrolled("").request, 404, `{"error":{"type":"search_phase_execution_exception"}}`}, forgotten},
			"the source returned status 404, search_phase_execution_exception"},
		{"too few", []exchange{searched(200, pageOf("2", `{}`)), scrolled(pageOf("2", "")), forgotten},
			"the source announced 2 documents and returned 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, _, err := readIndex(t, c.exchanges...); err == nil || err.Error() != c.want {
				t.Errorf("got the error %v, want %s", err, c.want)
			}
		})
	}
}

// Documents that no search has found yet are read. Whatever prevents that is an error
// before anything is read.
func TestFromIndexRefreshesFirst(t *testing.T) {
	const secret = "ada@example.org"
	const remedy = ": it takes the privilege maintenance; -no-refresh reads without it, and may miss the users that were stored last"
	for _, c := range []struct {
		name string
		exchange
		want string
	}{
		{"no privilege", refreshed(403, `{"error":{"type":"security_exception","reason":"`+secret+`"}}`),
			"refreshing the source: the source returned status 403, security_exception" + remedy},
		{"a block", refreshed(403, `{"error":{"type":"cluster_block_exception"}}`),
			"refreshing the source: the source returned status 403, cluster_block_exception" + remedy},
		{"a closed index", refreshed(400, `{"error":{"type":"index_closed_exception"}}`),
			"refreshing the source: the source returned status 400, index_closed_exception" + remedy},
		{"overload", refreshed(429, `{}`), "refreshing the source: the source returned status 429" + remedy},
		{"no index", refreshed(404, `{"error":{"type":"index_not_found_exception","reason":"`+secret+`"}}`),
			"the source returned status 404, index_not_found_exception: it has no index that matches -from-index"},
		{"a shard failed", refreshed(200, `{"_shards":{"total":5,"successful":4,"failed":1}}`), "refreshing the source: 1 shards failed"},
		{"a proxy's page", refreshed(200, "<html>"+secret), "the source's response is not Elasticsearch's"},
		{"another response", refreshed(200, `{"acknowledged":true}`), "the source's response is not Elasticsearch's"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, _, err := read(t, true, c.exchange); err == nil || err.Error() != c.want {
				t.Errorf("got the error %v, want %s", err, c.want)
			}
		})
	}
	if texts, _, err := read(t, false, searched(200, pageOf("1", `{"n":1}`)), scrolled(pageOf("1", "")), forgotten); err != nil || len(texts) != 1 {
		t.Errorf("without refresh: got %d documents and the error %v, want 1 and none", len(texts), err)
	}
}

// A refresh without a response, as of very many indices, is an error that says what to do.
func TestFromIndexRefreshHangs(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer server.Close()
	client, err := newTransport(server.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range fromIndex(client, "_all", true)(t.Context(), nil) {
		if err == nil || !strings.HasPrefix(err.Error(), "refreshing the source: ") || !strings.Contains(err.Error(), "-no-refresh") {
			t.Errorf("got the error %v, want one that names the refresh and -no-refresh", err)
		}
	}
}

func TestFromLines(t *testing.T) {
	longest := strings.Repeat("x", maxLine)
	var got []string
	text := "\ufeffone\n\n  \r\n two \r\n" + longest + "\n" + longest + "y\n" + longest + longest + "\nlast"
	for e, err := range fromLines(strings.NewReader(text))(t.Context(), nil) {
		if err != nil {
			t.Fatalf("got the error %v, want a line", err)
		}
		got = append(got, fmt.Sprintf("%d %.4s %d %t", e.line, e.text, len(e.text), e.long))
	}
	want := []string{"1 one 3 false", "4 two 3 false", fmt.Sprintf("5 xxxx %d false", maxLine), "6  0 true", "7  0 true", "8 last 4 false"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestFromLinesSkipsByteOrderMark(t *testing.T) {
	for text, want := range map[string]string{
		"\ufeffone\ntwo":         "1 one,2 two",
		"\ufeff one":             "1 one",
		"\ufeff":                 "",
		"\ufeff\r\none":          "2 one",
		"one\n\ufefftwo":         "1 one,2 \ufefftwo",
		"\ufeff\ufeffone\r\ntwo": "1 \ufeffone,2 two",
	} {
		var got []string
		for e, err := range fromLines(strings.NewReader(text))(t.Context(), nil) {
			if err != nil {
				t.Errorf("of %q fromLines yielded the error %v, want none", text, err)
			}
			got = append(got, fmt.Sprintf("%d %s", e.line, e.text))
		}
		if strings.Join(got, ",") != want {
			t.Errorf("of %q fromLines yielded %q, want %q", text, got, want)
		}
	}
}

func TestFromLinesFails(t *testing.T) {
	broken := errors.New("broken")
	ctx, cancel := context.WithCancel(t.Context())
	for _, c := range []struct {
		r    io.Reader
		do   func()
		want error
	}{
		{io.MultiReader(strings.NewReader("one\ntwo"), iotest.ErrReader(broken)), func() {}, broken},
		{strings.NewReader("one\ntwo\n"), cancel, context.Canceled},
	} {
		var lines []string
		var last error
		for e, err := range fromLines(c.r)(ctx, nil) {
			lines, last = append(lines, string(e.text)), err
			c.do()
		}
		if !errors.Is(last, c.want) || !strings.HasPrefix(last.Error(), "line 2: ") || strings.Join(lines, " ") != "one " {
			t.Errorf("got %q and error %v, want one line and %v at line 2", lines, last, c.want)
		}
	}
}

// basicAuth returns a server with an empty index that requires a user and a
// password.
func basicAuth(t *testing.T, want string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user+" "+password != want {
			t.Errorf("got a request of user %q, want user %q and the password", user, strings.Fields(want)[0])
		}
		if strings.HasSuffix(r.URL.Path, "/_refresh") {
			_, _ = io.WriteString(w, refreshedAll.response)
			return
		}
		_, _ = io.WriteString(w, pageOf("0", ""))
	})
}
