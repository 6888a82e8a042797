package es

import (
	"encoding/json"
	"strings"
	"unicode"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// Elasticsearch's reason for an error often quotes the request: a document that can't
// be parsed, or a value that was searched for. So a reason is kept only if the request
// has no user's data.

// maxReason is the greatest number of characters of a reason.
const maxReason = 400

// isImpersonal reports whether no request of the type of req has a user's data. A type
// that is not listed may have.
func isImpersonal(req esapi.Request) bool {
	switch req.(type) {
	case esapi.IndicesCreateRequest, esapi.IndicesDeleteRequest, esapi.IndicesOpenRequest,
		esapi.IndicesGetRequest, esapi.IndicesStatsRequest, esapi.IndicesRefreshRequest,
		esapi.IndicesPutMappingRequest, esapi.IndicesPutSettingsRequest, esapi.IndicesAddBlockRequest,
		esapi.IndicesUpdateAliasesRequest, esapi.IndicesExistsAliasRequest,
		esapi.IndicesGetDataStreamRequest, esapi.IndicesGetIndexTemplateRequest,
		esapi.IndicesSimulateIndexTemplateRequest,
		esapi.ClusterHealthRequest, esapi.ClusterGetSettingsRequest, esapi.HealthReportRequest,
		esapi.OpenPointInTimeRequest, esapi.SecurityHasPrivilegesRequest:
		return true
	}
	return false
}

// reasonFor returns the reason of the error in the body of the response to req; "" if
// there is none, or if req may have a user's data.
func reasonFor(req esapi.Request, body []byte) string {
	if !isImpersonal(req) {
		return ""
	}
	type cause struct{ Reason string }
	var response struct {
		Error struct {
			cause
			Root []cause `json:"root_cause"`
		}
	}
	if json.Unmarshal(body, &response) != nil {
		return ""
	}
	if root := response.Error.Root; len(root) > 0 && root[0].Reason != "" {
		return printable(root[0].Reason)
	}
	return printable(response.Error.Reason)
}

// printable returns at most maxReason characters of text, in one line: each run of
// space and of characters that don't print is one space.
func printable(text string) string {
	text = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, " "), func(r rune) bool {
		return !unicode.IsPrint(r) || unicode.IsSpace(r)
	}), " ")
	if n := []rune(text); len(n) > maxReason {
		return string(n[:maxReason]) + "…"
	}
	return text
}
