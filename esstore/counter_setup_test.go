package esstore_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gosignup/signup/esstore"
)

// Setup refuses an index for counts that loses them, and names what is wrong.
func TestCounterSetupRefuses(t *testing.T) {
	for _, test := range []struct{ name, value, want string }{
		{"index.number_of_replicas", "1", ""},
		{"index.lifecycle.name", "delete-after-1d", "index.lifecycle.name"},
		{"index.default_pipeline", "x", "index.default_pipeline"},
		{"index.mode", "logsdb", "index.mode"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var index object
			err := esstore.NewCounter(transportFunc(func(r *http.Request) (*http.Response, error) {
				switch {
				case r.Method == http.MethodGet && index == nil:
					return response(http.StatusNotFound, failedBody(http.StatusNotFound, "index_not_found_exception")), nil
				case r.Method == http.MethodGet:
					return response(http.StatusOK, marshal(object{"users-counts-000001": index})), nil
				}
				body, err := io.ReadAll(r.Body)
				if err != nil {
					return nil, err
				}
				if err := json.Unmarshal(body, &index); err != nil {
					return nil, err
				}
				setting(test.name, test.value)(index) // as an index template does
				return response(http.StatusOK, `{"acknowledged":true}`), nil
			}), nil).Setup(t.Context())
			if got := err != nil; got != (test.want != "") || got && !strings.Contains(err.Error(), "these parts are not as this package asks for: "+test.want+".") {
				t.Errorf("got the error %v, want one with %q, none if that is empty", err, test.want)
			}
		})
	}
}
