package pages

import (
	"errors"
	"mime"
	"net/http"
)

const formType = "application/x-www-form-urlencoded"

// isForm reports whether the body of r is in the one form that is read. A body in another
// one would be taken for a form without fields, and some pages would say that it was saved.
func isForm(r *http.Request) bool {
	typ, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && typ == formType || r.ContentLength == 0
}

// maxForm returns the limit of a posted form, in bytes. A declared field has at most 1024
// characters, each of which is up to 12 bytes in a form.
func (s *site) maxForm() int64 { return 64<<10 + int64(len(s.accounts.Fields))*(12<<10) }

// parseForm reads the posted form, or responds to one that can't be read.
func (q *request) parseForm() bool {
	if !isForm(q.r) {
		q.w.Header().Set("Accept", formType) // RFC 9110, section 15.5.16
		q.message(http.StatusUnsupportedMediaType, "page_bad_form")
		return false
	}
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
