// Package esstore keeps users in Elasticsearch, version 8.19 or 9, for any number
// of processes at once, and finds them there.
//
// It takes the one-method esapi.Transport, which the official client is. The
// application builds that, with its addresses, certificates and credentials:
//
//	transport := http.DefaultTransport.(*http.Transport).Clone()
//	transport.MaxIdleConnsPerHost = 64 // as many as requests at once; the default is 2
//	transport.ResponseHeaderTimeout = 30 * time.Second // a node may never answer; the default is to wait
//	transport.TLSClientConfig = &tls.Config{RootCAs: authority}
//	client, err := elasticsearch.NewClient(elasticsearch.Config{
//		Addresses:    []string{"https://es1:9200", "https://es2:9200"},
//		Username:     "signup",
//		Password:     password,
//		Transport:    transport,
//		RetryOnError: esstore.RetryOnError, // not for a caller who has gone
//	})
//	store := esstore.New(client, nil)
//	err = store.Setup(ctx)
//	accounts := &signup.Accounts{Store: store}
//
// What else the client can be told:
//
//   - CACert is another way to name the authority, in PEM, which the client puts
//     into a copy of Transport. Without either the system's authorities count,
//     and those of a server that made its own certificate aren't among them.
//   - APIKey, as Elasticsearch returns it ("encoded"), takes the place of
//     Username and Password, and wins over them.
//   - CloudID takes the place of Addresses. It is an error to set both.
//   - Several Addresses are used in turn. A request that reaches none of them is
//     tried at the next, and a node that can't be reached is left out for a
//     minute, then longer each time.
//   - MaxIdleConnsPerHost is for each address. With fewer connections than
//     requests at once most of them begin with a new one, and with TLS's
//     handshake. MaxIdleConns, which is 100, is for all addresses together:
//     raise it along, or set it to 0 for no limit.
//   - Logger: those of the client have EnableRequestBody and EnableResponseBody.
//     Leave both off, or the log gets addresses and hashes. CurlLogger has
//     bodies always.
//   - Instrumentation: NewOpenTelemetryInstrumentation with captureSearchBody
//     false, for the same reason.
//
// # How users are stored
//
// Each user is a document of the index behind the alias Options.Index. Its id
// is the SHA-256 of the user's key in unpadded Base64 for URLs, so that one
// address is one document, and no address appears in URLs, access logs and
// traces. A Create is one round trip with op_type=create and require_alias,
// which Elasticsearch makes atomic. Get is by id, and so in real time: it needs
// no refresh. Update and Delete compare sequence number and primary term.
//
// A newer version of this package may store members that this one doesn't know.
// Update keeps them, and the name of the rule by which a key was made. If a
// document has such members, or a key of another rule than signup.EmailRule, its
// Update reads it first and so takes two round trips. Search and Export leave the
// members out.
//
// Setup must have made or migrated the index before a program of this version
// writes users with SecurityStamp, EmailVerifiedAt, Private or Placeholder: an
// index of an older schema refuses them.
//
// Get, Create, Update and Delete return ErrBusy if Elasticsearch has no capacity
// (429) or the index takes no writes (403), as at the end of a migration.
//
// # For operators
//
// Setup makes the index, and migrates an older one; Check tells what is wrong with
// an installation; Role and SetupRole are what the Store's user needs. The guide is
// docs/elasticsearch.md in this module.
//
// # When an answer is lost
//
// The client retries on its own, so that a Create which succeeded may be
// answered 409. After that, and after any error that leaves open whether a
// write was made, the Store reads the document, even if the caller's context is
// done by then, and tells from what it finds: a Create by the user's ID, an
// Update by a random token which is stored with it.
//
// What it reads may be a write that the cluster is about to lose: a primary
// shows one before the other copies and its own disk have it, and if it was cut
// off from the others they never will. So a document that was read as one's own
// is written once more, in the place of itself, before the method returns nil:
// that is answered when all copies in sync have it on their disks, or not at all.
// How a write may end, and what the method then returns:
//
//	2xx, and it is Elasticsearch's     nil
//	409                                nil, ErrExists, ErrReplayed, ErrConflict or
//	                                   ErrNotFound, as the document shows; if it can't
//	                                   be read, ErrConflict, and from Create an error
//	429                                ErrBusy: nothing was done, unless it was sent before
//	403 of an index that is blocked    likewise
//	other 4xx                          an error: nothing was done, unless it was sent before
//	5xx, a proxy's page, a cut or      nil if the document is this write's, and could be
//	lost answer, no connection, the    written once more; ErrExists if it is another
//	context done, no master            user's, and the primary says so too;
//	                                   else an error, outcome unknown
//
// After an unknown outcome a Create of the same User settles it, and so does
// Accounts.Register with the same IdempotencyKey. That Create writes the stored
// document once more before it returns ErrReplayed. The user keeps its Version.
// After an Update or Delete, Get shows what became of it.
//
// Where the caller's context is done, each request of these is given two
// seconds more. What remains to be known:
//
//   - A Get that is answered by a node which was cut off from the others shows
//     the past, or what will be lost, until that node notices.
//   - Nobody can write once more that there is nothing. A Delete whose answer was
//     lost is sent again, and the user looked for again; that both of these
//     were answered by a node that was cut off can't be ruled out.
//   - Elasticsearch itself sends a write once more when a primary fails under it. If
//     that is a Delete which was made already, it finds nobody: ErrNotFound, though
//     the deletion was its own.
//   - The network may hold back a request for long after its caller has given
//     up. An Update or Delete then finds another version, and does nothing. A
//     Create finds the user there, or, if they were deleted in the meantime,
//     makes them anew.
//
// # What it takes to lose nothing
//
// A write that returned nil is on the disks of all copies that were in sync. For
// that to be worth something, see to these settings, or have Check see to them:
//
//   - index.translog.durability is "request", which is the default. With
//     "async" a node that crashes loses the writes of the last seconds.
//   - There is a replica, on another node. The index that Setup makes has one as
//     soon as there is a second node (index.auto_expand_replicas is "0-1"). A
//     cluster goes on without any one of its nodes if three of them are eligible
//     as master. On a single node the users are as safe as its disk.
//   - index.write.wait_for_active_shards stays at "1", its default. It is looked
//     at before a write, and promises nothing of what comes after; and a higher
//     one doesn't go with auto_expand_replicas, which may set the number of
//     replicas to 0 (elastic/elasticsearch issue 74305). While a replica is being
//     replaced, the primary alone acknowledges writes.
//
// Errors tell the status and the type of Elasticsearch's error, never its
// reason, which may quote the document.
package esstore
