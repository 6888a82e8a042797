// Package signup gives a web application user accounts: handlers that register
// users and log them in, and the rules behind them, with the users in memory, in
// PostgreSQL, in SQLite or in Elasticsearch.
//
//	accounts := &signup.Accounts{Store: memstore.New()}
//	mux := http.NewServeMux()
//	mux.Handle("/v1/users/new", signup.NewHandler(accounts, nil))
//	mux.Handle("/v1/auth/login", signup.NewLoginHandler(accounts, startSession, nil))
//
// startSession is the application's function, which sets the cookie of a session. Package
// pages serves the pages of an account, with sessions and mails; the program in
// examples/webapp is a whole site, and the one to begin with.
//
// A client then registers a user, and a second registration is refused:
//
//	$ curl -H 'Content-Type: application/json' localhost:8000/v1/users/new \
//	    -d '{"email_address": "ada@example.org", "password": "correct horse battery"}'
//	{"message":"'ada@example.org' added successfully!","success":true}
//
// A request passes from the handler to [Accounts], which holds the rules, and on
// to a [Store], which keeps the users:
//
//   - [NewHandler] and [NewLoginHandler] read the request and write the response.
//     [JSONErrors] gives the errors of any router the same form. [NewAPI] serves the
//     whole life of an account as JSON, and a [Guard] lets logged-in users through to
//     the application's own handlers.
//   - [Accounts] checks addresses ([CanonicalEmail]), passwords ([Policy]) and
//     declared extra fields ([ProfileField]), and hashes passwords ([Hasher])
//     within limits ([HashLimits]). [Accounts.Register] and
//     [Accounts.Authenticate] do without HTTP what the handlers do.
//   - [Accounts.LogIn] returns a [Session], which the application keeps, and
//     [Accounts.Resume] returns the user of a Session at each request. With a Session,
//     users change their password ([Accounts.ChangeOwnPassword]), profile and address,
//     end other sessions, export their data, and deactivate or delete the account.
//   - If the application can send mail ([Accounts].Send), users verify their address
//     ([EmailVerification]) and reset a forgotten password
//     ([Accounts.SendPasswordReset]). They change their address, and the old address
//     can undo that ([Accounts.SendEmailChange]). They log in without a password
//     ([Accounts.SendLogIn]), and register by invitation ([Accounts.Invite]). The tokens
//     in the mails are sealed ([Accounts].Secrets), work once, and are stored nowhere.
//   - Wrong passwords, requests of one origin and mails are limited ([Limits]). A
//     [Counter] counts them, in memory by default. With [Accounts].Discreet, no
//     response reveals which addresses have users.
//   - [Accounts].Before may refuse a change, and After gets an [Event] for each. The
//     latest fifty are kept with the user ([Accounts.Events]).
//   - Every text for a client has a code, and [HandlerOptions].Translate puts it into
//     the client's language.
//   - A [Store] is four methods with an exact contract, tested by package storetest.
//     Package memstore keeps users in memory; module sqlstore in PostgreSQL or SQLite,
//     and package esstore in Elasticsearch, both for any number of processes.
//
// No error and no log record of this module contains a password, a hash or an
// address, and no response contains a password or a hash. An address is only in
// the response to a client that sent it, is logged in as its user, or sent a token that
// was mailed to it.
package signup
