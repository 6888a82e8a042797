package signup

import (
	"maps"
	"net/http"
	"strconv"
	"strings"
)

// maxBareText is more than the length of each text that a router writes, in bytes.
const maxBareText = 64

// bareTexts returns the texts that routers write with a status, in lower case.
func bareTexts(status int) []string {
	switch status {
	case http.StatusNotFound:
		return []string{"404 page not found"}
	case http.StatusMethodNotAllowed:
		return []string{"method not allowed", "405 method not allowed"}
	case http.StatusInternalServerError:
		return []string{"internal server error"}
	}
	return nil
}

func bareResponse(status int) response {
	switch status {
	case http.StatusNotFound:
		return httpError(status, Message{Code: CodeNotFound})
	case http.StatusMethodNotAllowed:
		return notAllowed
	}
	return brokenResponse
}

// isBare reports whether the response is a router's and not the application's.
func (h heldResponse) isBare() bool {
	if !h.isPlain() {
		return false
	}
	// Without its body, a response to HEAD is not known to be bare.
	if length := h.header.Get("Content-Length"); length != "" && length != strconv.Itoa(len(h.body)) {
		return false
	}
	text := strings.ToLower(strings.TrimSpace(string(h.body)))
	for _, bare := range bareTexts(h.status) {
		if text == bare {
			return true
		}
	}
	return len(h.body) == 0
}

// mayBecomeBare reports whether the response can be bare if its body begins with
// body.
func (h heldResponse) mayBecomeBare(body []byte) bool {
	if len(body) > maxBareText || !h.isPlain() {
		return false
	}
	if length, err := strconv.Atoi(h.header.Get("Content-Length")); err == nil && length < len(body) {
		return false // a Write of too much is an error
	}
	begun := strings.ToLower(strings.TrimSpace(string(body)))
	for _, bare := range bareTexts(h.status) {
		if strings.HasPrefix(bare, begun) {
			return true
		}
	}
	return false
}

// isPlain reports whether the header permits a router's text.
func (h heldResponse) isPlain() bool {
	mediaType, _, _ := strings.Cut(h.header.Get("Content-Type"), ";")
	mediaType = strings.TrimSpace(mediaType)
	return (mediaType == "" || strings.EqualFold(mediaType, "text/plain")) && h.header.Get("Content-Encoding") == ""
}

// setHeader makes h a copy of to.
func setHeader(h, to http.Header) {
	clear(h)
	maps.Copy(h, to)
}

// removeBodyHeaders removes what describes a body that isn't sent, including its
// trailers.
func removeBodyHeaders(h http.Header) {
	for _, name := range []string{
		"Accept-Ranges", "Content-Digest", "Content-Disposition", "Content-Encoding", "Content-Language",
		"Content-Location", "Content-Md5", "Content-Range", "Digest", "Etag", "Last-Modified", "Repr-Digest",
		"Trailer", "Transfer-Encoding",
	} {
		h.Del(name)
	}
	maps.DeleteFunc(h, func(name string, _ []string) bool { return strings.HasPrefix(name, http.TrailerPrefix) })
}
