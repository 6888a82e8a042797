package signup

import (
	"net/http"
	"slices"
)

// The names of fields in requests to the handler of [NewAPI], beside those of a
// [Registration]. A [FieldError] may name them.
const (
	FieldOldPassword = "old_password"
	FieldToken       = "token"    // from a mail
	FieldCode        = "code"     // from a mail, for a log-in
	FieldRemember    = "remember" // true or false: see [Session].Remember
	FieldDevice      = "device"   // the ID of a [DeviceInfo]
)

// An apiEndpoint describes an endpoint of NewAPI. The handler, the table in docs/api.md
// and the tests of every endpoint are made from it.
type apiEndpoint struct {
	path  string // one element
	text  string // what it does
	isGet bool
	// fields are the members of the request's object. If declared is set, the declared
	// fields that a user may set follow.
	fields   []apiField
	declared bool
	// idempotencyKey reports whether the request may have the header Idempotency-Key.
	idempotencyKey bool
	// keepNull reports whether a null is the empty text.
	keepNull bool
	// ownChecks reports whether Accounts checks that the required fields are there.
	ownChecks bool
	session   sessionNeed
	// hashes reports whether a hash is computed, so that capacity is asked for first.
	hashes bool
	// configured returns an error if Accounts lacks something that the endpoint needs.
	configured func(*Accounts) error
	// results are the responses of its own; see allResults.
	results []apiResult
	// returns are the members of the response to a request that succeeds, beside
	// "message", "code" and "success".
	returns []apiMember
	// cookies reports whether such a response may set or remove cookies.
	cookies bool
	serve   func(p *api, q *request) (response, error)
}

// An apiField is a member of a request's object.
type apiField struct {
	name     string
	kind     fieldKind
	required bool
}

// An apiMember is a member of a response's object.
type apiMember struct {
	name     string
	optional bool // the response may lack it
}

type fieldKind int

const (
	kindText fieldKind = iota
	kindAddress
	kindPassword
	kindToken
	kindBoolean
)

// A sessionNeed says whether an endpoint needs a log-in.
type sessionNeed int

const (
	withoutSession sessionNeed = iota
	withSession
	withFreshSession // within maxFresh of a proof of the identity
)

// An apiResult is a kind of response.
type apiResult struct {
	status int
	code   string // of the message; "" if there are errors of fields, or a file
}

// The responses that several endpoints have.
var (
	resultThrottled      = apiResult{http.StatusTooManyRequests, CodeThrottled}
	resultBadCredentials = apiResult{http.StatusBadRequest, CodeBadCredentials}
	resultToken          = apiResult{http.StatusBadRequest, CodeTokenInvalid}
	resultTaken          = apiResult{http.StatusConflict, CodeAddressTaken}
	resultRequested      = apiResult{http.StatusAccepted, CodeMailRequested}
	resultDone           = apiResult{http.StatusOK, CodeDone}
)

func success(code string) apiResult { return apiResult{http.StatusOK, code} }

// apiEndpoints are all endpoints, in the order of docs/api.md.
var apiEndpoints = slices.Concat(apiSignUp, apiLogIn, apiPassword, apiUser, apiEmail, apiDevices, apiAccount)

var (
	fieldEmail       = apiField{FieldEmail, kindAddress, true}
	fieldPassword    = apiField{FieldPassword, kindPassword, true}
	fieldOldPassword = apiField{FieldOldPassword, kindPassword, true}
	fieldToken       = apiField{FieldToken, kindToken, true}
	fieldCode        = apiField{FieldCode, kindToken, true}
	fieldRemember    = apiField{FieldRemember, kindBoolean, false}
	fieldFirstName   = apiField{FieldFirstName, kindText, false}
	fieldLastName    = apiField{FieldLastName, kindText, false}
)

// members returns the names of the texts and of the booleans in a request to e.
func (e apiEndpoint) members(a *Accounts) (texts, booleans []string) {
	for _, f := range e.fields {
		if f.kind == kindBoolean {
			booleans = append(booleans, f.name)
		} else {
			texts = append(texts, f.name)
		}
	}
	if e.declared {
		texts = append(texts, a.declaredFields()...)
	}
	return texts, booleans
}

// required returns the names of the required fields that Accounts doesn't check.
func (e apiEndpoint) required() (names []string) {
	for _, f := range e.fields {
		if f.required && !e.ownChecks {
			names = append(names, f.name)
		}
	}
	return names
}

// allResults returns every kind of response that e has.
func (e apiEndpoint) allResults() []apiResult {
	all := slices.Clone(e.results)
	if e.session != withoutSession {
		all = append(all, apiResult{http.StatusUnauthorized, CodeNotLoggedIn})
	}
	if e.session == withFreshSession {
		all = append(all, apiResult{http.StatusUnauthorized, CodeNotFresh})
	}
	if !e.isGet {
		all = append(all, postResults...)
	}
	return append(all,
		apiResult{http.StatusMethodNotAllowed, CodeMethodNotAllowed},
		apiResult{http.StatusInternalServerError, CodeFailed}, apiResult{http.StatusServiceUnavailable, CodeBusy})
}

// postResults are the responses that every POST may get.
var postResults = []apiResult{
	{http.StatusBadRequest, ""}, // errors of fields
	{http.StatusBadRequest, CodeNotJSON}, {http.StatusBadRequest, CodeBodyUnreadable},
	{http.StatusBadRequest, CodeJSONEncoding}, {http.StatusBadRequest, CodeJSONNotUTF8},
	{http.StatusBadRequest, CodeJSONIncomplete}, {http.StatusBadRequest, CodeJSONSyntax},
	{http.StatusBadRequest, CodeJSONSurrogate}, {http.StatusBadRequest, CodeJSONNotObject},
	{http.StatusBadRequest, CodeJSONTooManyMembers}, {http.StatusBadRequest, CodeJSONTooDeep},
	{http.StatusBadRequest, CodeJSONRepeatedName}, {http.StatusBadRequest, CodeJSONRepeatedLongName},
	{http.StatusForbidden, CodeCrossOrigin},
	{http.StatusRequestEntityTooLarge, CodeBodyTooLong}, {http.StatusUnsupportedMediaType, CodeContentEncoding},
}
