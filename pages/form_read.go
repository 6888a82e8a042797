package pages

import (
	"errors"
	"maps"
	"net/http"

	"github.com/gosignup/signup/internal/mediatype"
)

// maxForm returns the limit of a posted form, in bytes. A declared field has at most 1024
// characters, each of which is up to 12 bytes in a form.
func (s *site) maxForm() int64 { return 64<<10 + int64(len(s.accounts.Fields))*(12<<10) }

// isForm reports whether the body is in the one form that is read, and otherwise sets the
// header that says which one that is. A body in another one would be taken for a form
// without fields, and some pages would say that it was saved.
func (q *request) isForm() bool {
	if q.r.ContentLength != 0 && !mediatype.Is(q.r.Header["Content-Type"], mediatype.Form) {
		q.w.Header().Set("Accept", mediatype.Form) // RFC 9110, section 15.5.16
		return false
	}
	if !mediatype.IsIdentity(q.r.Header["Content-Encoding"]) {
		q.w.Header().Set("Accept-Encoding", "identity") // RFC 9110, section 12.5.3
		return false
	}
	return true
}

// parseForm reads the posted form, or responds to one that can't be read.
func (q *request) parseForm() bool {
	if !q.isForm() {
		q.message(http.StatusUnsupportedMediaType, "page_bad_form")
		return false
	}
	// ParseForm reads the type again, by package mime. The header is shared with the
	// request of the caller.
	header := make(http.Header, len(q.r.Header))
	maps.Copy(header, q.r.Header)
	header["Content-Type"] = []string{mediatype.Form}
	q.r.Header = header
	q.r.Body = http.MaxBytesReader(q.w, q.r.Body, q.maxForm())
	if err := q.r.ParseForm(); err != nil {
		status := http.StatusBadRequest
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			status = http.StatusRequestEntityTooLarge
		}
		q.message(status, "page_bad_form")
		return false
	}
	q.form = make(map[string]string, len(q.r.PostForm))
	for name, values := range q.r.PostForm {
		q.form[name] = values[0]
	}
	return true
}
