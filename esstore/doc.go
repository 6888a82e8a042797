// Package esstore keeps users in Elasticsearch, version 8.19 or 9. Any number of
// processes can use a [Store] at once, and search its users.
//
// A Store needs an esapi.Transport, which has one method. The official client
// implements it. The application builds the client, with its addresses,
// certificates and credentials:
//
//	transport := http.DefaultTransport.(*http.Transport).Clone()
//	transport.MaxIdleConnsPerHost = 64 // as many as concurrent requests; the default is 2
//	transport.ResponseHeaderTimeout = 30 * time.Second // a node may never respond; the default is to wait
//	transport.TLSClientConfig = &tls.Config{RootCAs: authority}
//	client, err := elasticsearch.NewClient(elasticsearch.Config{
//		Addresses:    []string{"https://es1:9200", "https://es2:9200"},
//		Username:     "signup",
//		Password:     password,
//		Transport:    transport,
//		RetryOnError: esstore.RetryOnError, // no retries after the context is done
//	})
//	store := esstore.New(client, nil)
//	err = store.Setup(ctx)
//	accounts := &signup.Accounts{Store: store}
//
// Other options of the client:
//
//   - CACert is another way to set the certificate authority, in PEM. The client
//     puts it into a copy of Transport. Without either, the system's authorities
//     are used, which don't include that of a server with a self-made certificate.
//   - APIKey, as Elasticsearch returns it ("encoded"), replaces Username and
//     Password. If all are set, APIKey is used.
//   - CloudID replaces Addresses. It is an error to set both.
//   - Several Addresses are used in turn. If a request doesn't reach a node, it is
//     sent to the next. A node that can't be reached is left out for a minute, and
//     then for longer each time.
//   - MaxIdleConnsPerHost is for each address. If there are fewer connections than
//     concurrent requests, most requests open a new connection, with a TLS
//     handshake. MaxIdleConns, 100 by default, is for all addresses together: raise
//     it too, or set it to 0 for no limit.
//   - Logger: the client's loggers have EnableRequestBody and EnableResponseBody.
//     Leave both off. Otherwise the log contains addresses and hashes. CurlLogger
//     always logs bodies.
//   - Instrumentation: call NewOpenTelemetryInstrumentation with captureSearchBody
//     false, for the same reason.
//
// # How users are stored
//
// Each user is a document of the index behind the alias Options.Alias. The id of
// the document is the SHA-256 of the user's key, in Base64 for URLs without
// padding. So each address has one document, and no address appears in URLs,
// access logs and traces. Create is one round trip with op_type=create and
// require_alias, which Elasticsearch makes atomic. Get reads by id, and so in real
// time, without a refresh. Update and Delete compare the sequence number and the
// primary term.
//
// A newer version of this package may store members that this one doesn't know.
// Update keeps them, and the name of the rule by which a key was made. If a
// document has such members, or a key of another rule than [signup.EmailRule], its
// Update reads it first and so takes two round trips. Search and Export leave the
// members out.
//
// Setup must have made or migrated the index before a program of this version
// registers users: an index of an older schema refuses SecurityStamp,
// EmailVerifiedAt, Private and Placeholder.
//
// Get, Create, Update and Delete return ErrBusy if Elasticsearch has no capacity or its
// disk is full (429), if the index refuses writes (403), as it does during the cutover
// of a migration, or if there is no connection to a server: it is refused, the name
// can't be resolved, or the TLS handshake fails.
//
// # For operators
//
// [Store.Setup] makes the index, and migrates an index with an older schema.
// [Store.Check] returns the problems of an installation. [Role] and [SetupRole]
// return the roles for the Store's user. The guide is docs/elasticsearch.md in this
// module.
//
// # If a response is lost
//
// The client retries by itself, so a Create that succeeded may get the status 409.
// After that status, and after any error that leaves the outcome of a write
// unknown, the Store reads the document, even if the caller's context is done by
// then. It recognizes its own write by a random token that is stored with the
// user, and an earlier Create of the same user by the user's ID.
//
// A document that was read may be one that the cluster is about to lose: a primary
// shows a write before the other copies and its own disk have it, and if the
// primary is cut off from the others they never get it. So if the document is the
// Store's own write, the Store writes it again in place before the method returns
// nil. That write succeeds only when all in-sync copies have it on their disks.
// How a write may end, and what the method returns:
//
//	2xx from Elasticsearch             nil, also if the body is truncated and the document
//	                                   can be read
//	409                                nil, ErrExists, ErrReplayed, ErrConflict or
//	                                   ErrNotFound, according to the document; if it
//	                                   can't be read, an error
//	429, no connection to a server     ErrBusy: nothing was done, unless it was sent before
//	403, the index is blocked          the same
//	another 4xx                        an error: nothing was done, unless it was sent before
//	5xx, a proxy's page, a lost        nil if the document is this write and could be
//	response, the context done,        written again; ErrExists if it is another user's,
//	no master                          and the primary confirms it;
//	                                   otherwise an error, outcome unknown
//
// After an unknown outcome, a Create of the same User settles it, and so does
// Accounts.Register with the same IdempotencyKey. That Create writes the stored
// document again before it returns ErrReplayed; the user keeps its Version. After
// an Update or Delete, call Get.
//
// If the caller's context is done, each of these requests gets two more seconds.
// Some limits remain:
//
//   - If Get is served by a node that was cut off from the others, it returns an
//     old state, or one that will be lost, until that node notices.
//   - The absence of a document can't be written again. If the response to a Delete
//     is lost, the Store sends the Delete again and looks for the user again. It
//     can't be ruled out that a node that was cut off served both.
//   - Elasticsearch itself repeats a write if a primary fails. If that write is a
//     Delete that was done already, Delete returns ErrNotFound, although it deleted
//     the user itself.
//   - The network may delay a request until long after its caller has given up. An
//     Update or Delete then finds another version and does nothing. A Create finds
//     the user, or, if the user was deleted in the meantime, creates the user
//     again.
//
// # Settings that prevent the loss of users
//
// A write that returned nil is on the disks of all copies that were in sync. For
// that to be enough, use these settings, or let Check verify them:
//
//   - index.translog.durability is "request", the default. With "async", a node
//     that crashes loses the writes of the last seconds.
//   - There is a replica on another node. The index that Setup makes gets one as
//     soon as there is a second node (index.auto_expand_replicas is "0-1"). A
//     cluster keeps working without any one of its nodes if three of them are
//     master-eligible. On a single node, users are as safe as its disk.
//   - index.write.wait_for_active_shards stays at "1", the default. It is checked
//     before a write, and guarantees nothing about what follows. A higher value
//     conflicts with auto_expand_replicas, which may set the number of replicas to 0
//     (elastic/elasticsearch issue 74305). While a replica is being replaced, only
//     the primary acknowledges writes.
//
// # Errors
//
// If a request fails, the error is or wraps an [*Error], with the status and the type
// of Elasticsearch's error. If the request has no user's data, as when an index is
// created, its text contains Elasticsearch's reason too. Otherwise it doesn't, because
// the reason may quote the document.
package esstore
