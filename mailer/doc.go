// Package mailer writes the mails of [signup.Accounts], in the user's language, and
// delivers them over SMTP:
//
//	m, err := mailer.New(mailer.Options{
//		Name:    "Orchard",
//		From:    "Orchard <no-reply@orchard.example>",
//		BaseURL: "https://orchard.example",
//		Server:  mailer.SMTP{Host: "smtp.orchard.example", Username: user, Password: password},
//	})
//	if err != nil {
//		return err
//	}
//	accounts.Send = m.Send
//	… // serve until the server has been shut down
//	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
//	defer cancel()
//	return m.Close(ctx)
//
// Close after the server, so that mails of the last requests are sent, and with a context
// of its own: if one that a signal has canceled is given, mails in the queue are lost.
//
// For development, [Print] as the Server writes the mails to a terminal instead.
//
// # Mails
//
// There is a mail for each [signup.Purpose] and each [signup.Notice], in English and
// German, as text and as HTML. The HTML loads nothing from other places and doesn't
// track the reader. The mail says until when its link is valid, and what to do if the
// recipient didn't ask for it. Options.Files replaces any of the templates, and adds
// languages; [Data] and [Layout] are what the templates get.
//
// A stranger can sign up with any address and any name. So the names of the user are only
// in a mail to an address that the user has verified. Mails to other addresses have no
// text that a stranger has written.
//
// # The queue
//
// [Mailer.Send] puts the mail into a queue in memory and returns. Workers send it. They
// keep a connection for mails that follow soon.
//
//   - If the SMTP server can't be reached, refuses the connection or the log-in, or accepts
//     no mail for the time being (a 4xx response to MAIL, as beyond a limit of the sender),
//     all mails wait. The wait begins with Options.RetryAfter and doubles with each attempt,
//     up to five minutes.
//   - If the server refuses a mail for the time being (a 4xx response), or the connection
//     breaks, that mail waits in the same way.
//   - If the server refuses a mail for good (a 5xx response), the mail is given up.
//   - A mail is given up when its Token has expired, and after 24 hours.
//
// If the connection breaks after the server has got the mail and before it has confirmed
// that, the mail is sent again, with the same Message-ID (RFC 5321, section 6.1).
//
// Mails in the queue are lost if the process ends without [Mailer.Close], or if Close has
// to stop before all are sent. No account is harmed: users ask for a link again. An
// application whose notices may not be lost keeps a queue of its own.
//
// # Log
//
// Each attempt makes a log record, with the purpose or notice, the user's ID, the number
// of the attempt, the code of the SMTP response and the duration. No record has an
// address, name, token or code, or the text of a response, since servers repeat
// addresses in it.
package mailer
