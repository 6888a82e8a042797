package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// A source yields the documents as text, each with its line if it is a file. An
// error comes last. If total is not nil, the source calls it with the number of
// documents, as soon as that is known.
type source func(ctx context.Context, total func(int64)) iter.Seq2[entry, error]

type entry struct {
	text []byte // valid until the next entry
	line int64
	long bool // it is longer than maxLine, and text is nil
}

const (
	pageSize = 1000
	maxPage  = 64 << 20
	maxLine  = 1 << 20
	// keepAlive is how long the server keeps a scroll for the next page.
	keepAlive  = "5m"
	endTimeout = 5 * time.Second
)

// fromIndex reads an index of Elasticsearch, version 2 or later, as it was when
// reading began. With refresh, documents that no search has found yet are read, too. The
// name may be a pattern. It is an error if no index matches, or one that is closed.
func fromIndex(t *transport, index string, refresh bool) source {
	return func(ctx context.Context, total func(int64)) iter.Seq2[entry, error] {
		return func(yield func(entry, error) bool) {
			s := scroll{transport: t}
			defer s.end(ctx)
			err := error(nil)
			if refresh {
				err = s.refresh(ctx, index)
			}
			if err == nil {
				err = s.read(ctx, index, total, yield)
			}
			if err != nil {
				yield(entry{}, err)
			}
		}
	}
}

// matching makes a pattern match all its indices. Otherwise Elasticsearch leaves out
// those that are closed or hidden, and accepts a pattern without an index.
const matching = "allow_no_indices=false&expand_wildcards=all"

type scroll struct {
	transport *transport
	id        string
}

// A page is Elasticsearch's response with some of the documents.
type page struct {
	Scroll   string                                     `json:"_scroll_id"`
	TimedOut bool                                       `json:"timed_out"`
	Shards   *struct{ Total, Successful, Failed int64 } `json:"_shards"`
	Hits     struct {
		Total json.RawMessage
		Hits  []json.RawMessage
	}
}

// refresh makes all documents visible to a search.
func (s *scroll) refresh(ctx context.Context, index string) error {
	status, text, err := s.send(ctx, http.MethodPost, "/"+url.PathEscape(index)+"/_refresh?"+matching, nil)
	if err != nil {
		return fmt.Errorf("refreshing the source: %w: -no-refresh reads without it, and may miss the users that were stored last", err)
	}
	var response struct {
		Shards *struct{ Failed int64 } `json:"_shards"`
	}
	err = json.Unmarshal(text, &response)
	switch {
	case status == http.StatusNotFound:
		return statusError(status, text)
	case status != http.StatusOK:
		return fmt.Errorf("refreshing the source: %w: it takes the privilege maintenance; -no-refresh reads without it, and may miss the users that were stored last",
			statusError(status, text))
	case err != nil || response.Shards == nil:
		return errors.New("the source's response is not Elasticsearch's")
	case response.Shards.Failed > 0:
		return fmt.Errorf("refreshing the source: %d shards failed", response.Shards.Failed)
	}
	return nil
}

// statusError returns the error for a response with another status than 200.
func statusError(status int, text []byte) error {
	none := ""
	if status == http.StatusNotFound {
		none = ": it has no index that matches -from-index"
	}
	return fmt.Errorf("the source returned status %d%s%s", status, errorType(text), none)
}

func (s *scroll) read(ctx context.Context, index string, total func(int64), yield func(entry, error) bool) error {
	path := "/" + url.PathEscape(index) + "/_search?scroll=" + keepAlive + "&" + matching
	p, err := s.ask(ctx, path, map[string]any{"size": pageSize, "sort": []string{"_doc"}})
	if err != nil {
		return err
	}
	all, err := p.total()
	if err != nil {
		return err
	}
	if total != nil {
		total(all)
	}
	for n := int64(0); ; {
		for _, hit := range p.Hits.Hits {
			if !yield(entry{text: hit}, nil) {
				return nil
			}
		}
		n += int64(len(p.Hits.Hits))
		switch {
		case len(p.Hits.Hits) > 0:
		case n != all:
			return fmt.Errorf("the source announced %d documents and returned %d", all, n)
		default:
			return nil
		}
		if p, err = s.ask(ctx, "/_search/scroll", map[string]any{"scroll": keepAlive, "scroll_id": s.id}); err != nil {
			return err
		}
	}
}

// ask returns the next page. A partial page is an error.
func (s *scroll) ask(ctx context.Context, path string, body any) (page, error) {
	status, text, err := s.send(ctx, http.MethodPost, path, body)
	if err != nil {
		return page{}, err
	}
	var p page
	err = json.Unmarshal(text, &p)
	switch {
	case status == http.StatusNotFound && s.id == "":
		return page{}, statusError(status, text)
	case status != http.StatusOK:
		return page{}, fmt.Errorf("the source returned status %d%s", status, errorType(text))
	case err != nil || p.Shards == nil || p.Hits.Hits == nil || p.Scroll == "":
		return page{}, errors.New("the source's response is not Elasticsearch's")
	case p.TimedOut || p.Shards.Failed > 0 || p.Shards.Successful < p.Shards.Total:
		return page{}, fmt.Errorf("not all of the source's shards responded: %d of %d", p.Shards.Successful, p.Shards.Total)
	}
	s.id = p.Scroll
	return p, nil
}

// send sends a request. Without a body, body is nil.
func (s *scroll) send(ctx context.Context, method, path string, body any) (status int, response []byte, err error) {
	var b []byte
	if body != nil {
		if b, err = json.Marshal(body); err != nil {
			return 0, nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, path, bytes.NewReader(b))
	if err != nil {
		return 0, nil, errors.New("the name of the source's index is invalid")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	res, err := s.transport.Perform(req)
	if err != nil {
		return 0, nil, fmt.Errorf("the source: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	response, err = io.ReadAll(io.LimitReader(res.Body, maxPage+1))
	switch {
	case err != nil:
		return 0, nil, fmt.Errorf("reading the source's response: %w", err)
	case len(response) > maxPage:
		return 0, nil, fmt.Errorf("the source's response is longer than %d bytes", maxPage)
	}
	return res.StatusCode, response, nil
}

// end deletes the scroll, which the server would otherwise keep for keepAlive.
func (s *scroll) end(ctx context.Context) {
	if s.id == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	_, _, _ = s.send(ctx, http.MethodDelete, "/_search/scroll", map[string]any{"scroll_id": []string{s.id}})
}

// total returns the number of documents in all pages. Elasticsearch sends a number,
// and from version 7 on an object with a number.
func (p page) total() (int64, error) {
	var n int64
	var object struct{ Value *int64 }
	if json.Unmarshal(p.Hits.Total, &n) == nil {
		return n, nil
	}
	if json.Unmarshal(p.Hits.Total, &object) != nil || object.Value == nil {
		return 0, errors.New("the source's response has no number of documents")
	}
	return *object.Value, nil
}

// errorType returns ", " and the type of Elasticsearch's error, or "". It leaves out
// the reason, which may quote any value.
func errorType(response []byte) string {
	var e struct{ Error struct{ Type string } }
	if json.Unmarshal(response, &e) != nil || e.Error.Type == "" || strings.Trim(e.Error.Type, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return ""
	}
	return ", " + e.Error.Type
}

// fromLines reads lines of JSON. It skips empty lines, and a byte order mark at
// the start.
func fromLines(r io.Reader) source {
	return func(ctx context.Context, _ func(int64)) iter.Seq2[entry, error] {
		return func(yield func(entry, error) bool) {
			lines := bufio.NewReaderSize(r, maxLine+len("\n"))
			for n := int64(1); ; n++ {
				text, err := lines.ReadSlice('\n')
				long := errors.Is(err, bufio.ErrBufferFull)
				for errors.Is(err, bufio.ErrBufferFull) {
					_, err = lines.ReadSlice('\n')
				}
				if ctx.Err() != nil {
					err = ctx.Err()
				}
				if n == 1 {
					text = bytes.TrimPrefix(text, []byte("\ufeff")) // RFC 8259, section 8.1
				}
				if err != nil && !errors.Is(err, io.EOF) {
					yield(entry{}, fmt.Errorf("line %d: %w", n, err))
					return
				}
				e := entry{bytes.TrimSpace(text), n, long}
				if e.long {
					e.text = nil
				}
				if (len(e.text) > 0 || e.long) && !yield(e, nil) || err != nil {
					return
				}
			}
		}
	}
}
