// Package esstore keeps users in Elasticsearch, version 8.19 or later, for any
// number of processes at once.
//
// It takes the one-method esapi.Transport, which the official client is. The
// application builds that, with its addresses, certificates and credentials:
//
//	transport := http.DefaultTransport.(*http.Transport).Clone()
//	transport.MaxIdleConnsPerHost = 64 // as many as requests at once; the default is 2
//	transport.TLSClientConfig = &tls.Config{RootCAs: authority}
//	client, err := elasticsearch.NewClient(elasticsearch.Config{
//		Addresses: []string{"https://es1:9200", "https://es2:9200"},
//		Username:  "signup",
//		Password:  password,
//		Transport: transport,
//		// Or a request whose caller has gone is tried three more times.
//		RetryOnError: func(r *http.Request, _ error) bool { return r.Context().Err() == nil },
//	})
//	store := esstore.New(client, nil)
//	err = store.Setup(ctx)
//	accounts := &signup.Accounts{Store: store}
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
// # When an answer is lost
//
// The client retries on its own, so that a Create which succeeded may be
// answered 409. After that, and after any error that leaves open whether a
// write was made, the Store reads the document, even if the caller's context is
// done by then (each time for two seconds at most), and tells from what it finds: a Create by
// the user's ID, an Update by a random token which is stored with it. If that
// fails too, the error is the first one, and the outcome unknown.
//
// Errors tell the status and the type of Elasticsearch's error, never its
// reason, which may quote the document.
package esstore
