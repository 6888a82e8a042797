package esstore

import "net/http"

// RetryOnError is for the field of that name in the official client's
// configuration, elasticsearch.Config.RetryOnError. With it, the client repeats a
// request after any network error, at most MaxRetries times, as it does by default,
// but not after the request's context is done.
//
// Without it, a request whose context is done costs three more round trips. Each of
// them fails at once, and after each the client treats a node as dead for a minute
// or longer. So one cancelled request takes up to four nodes out of use. With
// RetryOnError it takes out only the node that the request was sent to.
func RetryOnError(r *http.Request, _ error) bool { return r.Context().Err() == nil }
