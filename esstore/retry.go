package esstore

import "net/http"

// RetryOnError is for the field of that name in the official client's
// configuration, elasticsearch.Config.RetryOnError. It has the client send a
// request again, MaxRetries times at most, after any error of the network, as
// the client does without it, but not once the request's context is done.
//
// Without it a caller who has gone, or whose deadline has passed, costs three
// round trips more. Each of them fails at once, and each has the client put a
// node aside as dead for a minute or longer: of several nodes, up to four a
// cancelled request. With it, the one that the request was sent to.
func RetryOnError(r *http.Request, _ error) bool { return r.Context().Err() == nil }
