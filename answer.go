package signup

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// An answer is what a client gets: the tutorial's JSON, or to who prefers
// them, RFC 9457 problem details.
type answer struct {
	status     int
	message    string
	fields     []FieldError
	isHTTP     bool   // the message is HTTP's rather than the application's: "error" names the status
	retryAfter string // in seconds
}

// broken tells that something failed, and nothing else.
var broken = answer{status: http.StatusInternalServerError, message: "Something broke... We are looking into it!"}

// httpError returns the answer for an error of HTTP's own.
func httpError(status int) answer {
	message := map[int]string{
		http.StatusNotFound:           "There is nothing at this URL.",
		http.StatusMethodNotAllowed:   "The method is not allowed for this URL.",
		http.StatusServiceUnavailable: "The service is busy. Please try again in a moment.",
	}[status]
	return answer{status: status, message: message, isHTTP: true}
}

type plainBody struct {
	Error   string       `json:"error,omitempty"`
	Message string       `json:"message"`
	Success bool         `json:"success"`
	Errors  []FieldError `json:"errors,omitempty"`
}

// problemBody has the members of RFC 9457, section 3.1; "about:blank", the
// default of type, says that the status tells the kind of problem.
type problemBody struct {
	Title  string       `json:"title"`
	Status int          `json:"status"`
	Detail string       `json:"detail,omitempty"`
	Errors []FieldError `json:"errors,omitempty"`
}

func (ans answer) write(w http.ResponseWriter, r *http.Request) {
	contentType, body := "application/json", any(plainBody{
		Message: ans.message, Success: ans.status < 400, Errors: ans.fields,
	})
	header := w.Header()
	if ans.status >= 400 {
		header.Add("Vary", "Accept")
		title := http.StatusText(ans.status)
		switch {
		case prefersProblem(r.Header.Values("Accept")):
			contentType = problemJSON
			body = problemBody{title, ans.status, ans.message, ans.fields}
		case ans.isHTTP:
			body = plainBody{Error: fmt.Sprintf("%d: %s", ans.status, title), Message: ans.message}
		}
	}
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // strings, numbers and booleans always have a JSON form
	}
	if ans.retryAfter != "" {
		header.Set("Retry-After", ans.retryAfter)
	}
	// Header.Set would make a slice of each.
	values := []string{contentType, strconv.Itoa(len(text) + 1), "no-store", "nosniff"}
	header["Content-Type"] = values[0:1:1]
	header["Content-Length"] = values[1:2:2]
	header["Cache-Control"] = values[2:3:3]
	header["X-Content-Type-Options"] = values[3:4:4]
	w.WriteHeader(ans.status)
	_, _ = w.Write(append(text, '\n')) // whoever doesn't get it has gone
}

const problemJSON = "application/problem+json"

// prefersProblem reports whether an Accept header names problem+json with a
// quality (RFC 9110, section 12.4.2) not below that of plain JSON. Wildcards
// don't count: who sends them gets what a client of the tutorial expects.
func prefersProblem(accept []string) bool {
	var problem, plain float64
	for _, line := range accept {
		for element := range strings.SplitSeq(line, ",") {
			mediaType, params, err := mime.ParseMediaType(element)
			if err != nil {
				continue
			}
			quality := 1.0
			if q, ok := params["q"]; ok {
				if quality, err = strconv.ParseFloat(q, 64); err != nil {
					continue
				}
			}
			switch mediaType {
			case problemJSON:
				problem = max(problem, quality)
			case "application/json":
				plain = max(plain, quality)
			}
		}
	}
	return problem > 0 && problem >= plain
}
