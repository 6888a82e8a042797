// Package scssession implements [signup.Sessions] with github.com/alexedwards/scs/v2. The
// client has a random token in a cookie, and the server has the data.
//
//	sessions := scssession.New(nil) // in memory
//	mux.Handle("/account/", pages.New(accounts, sessions, options))
//	http.ListenAndServe(addr, sessions.Handler(mux))
//
// [Sessions.Handler] surrounds all handlers that use the sessions.
//
// # Stores and settings
//
// In memory, sessions end with the process, and each process has its own. With one of
// the stores of scs, such as redisstore or pgxstore, they are shared and stay:
//
//	manager := scssession.NewManager(&scssession.Options{Store: pgxstore.New(pool)})
//	manager.Cookie.Name = "__Host-orchard"
//	sessions := scssession.New(manager)
//
// An application may keep data of its own in the same manager, beside the
// [signup.Session]: manager.Put(r.Context(), "basket", id). What is there before a log-in
// is kept. All of it is removed by a log-out, and by the log-in of another user.
//
// # How long a session lasts
//
// A session of [NewManager] ends 30 days after the user's last proof of identity, the
// most that NIST SP 800-63B-4, section 2.1.3, advises for a single factor, and after 14
// days without a request. If the user doesn't want to be remembered
// ([signup.Session].Remember), it ends after 24 hours, or before, when the browser
// removes the cookie. Browsers that restore their tabs keep such cookies, too. For
// assurance level 2, section 2.2.3 advises at most 24 hours, and 1 hour without a
// request: set Lifetime and IdleTimeout of the manager.
//
// [signup.Accounts.Resume] decides, at each request, whether the session goes on for the
// account: a new password, for example, ends it at once.
package scssession
