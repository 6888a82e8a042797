// Package signup gives a web application user accounts: an http.Handler that
// registers users, in memory or in Elasticsearch, and the rules behind it.
//
//	accounts := &signup.Accounts{Store: memstore.New()}
//	mux := http.NewServeMux()
//	mux.Handle("POST /v1/users/new", signup.NewHandler(accounts, nil))
//
// A client then registers a user, and sees a second registration refused:
//
//	$ curl -H 'Content-Type: application/json' localhost:8000/v1/users/new \
//	    -d '{"email_address": "ada@example.org", "password": "correct horse battery"}'
//	{"message":"'ada@example.org' added successfully!","success":true}
//
// and the application logs the user in:
//
//	user, err := accounts.Authenticate(ctx, email, password)
//
// A request passes from the handler to Accounts, which holds the rules, and
// on to a Store, which keeps the users:
//
//   - NewHandler reads the request and words the answer. JSONErrors gives the
//     errors of any router the same form.
//   - Accounts checks addresses (CanonicalEmail), passwords (Policy) and
//     declared extra fields (Field), and hashes passwords (Hasher).
//   - A Store is four methods with an exact contract, tested by package
//     storetest. Package memstore keeps users in memory; package esstore in
//     Elasticsearch, shared by any number of processes.
//
// No error, log record or answer of this module contains a password or a hash,
// and none but the answer to who typed it an address.
package signup
