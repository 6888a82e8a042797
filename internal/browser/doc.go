// Package browser has the tests of the account pages as people use them: in Chromium,
// with mails over SMTP, and with axe-core, which searches pages for what keeps people
// with disabilities out. It has no code but tests; "make browser" runs them, after
// scripts/browser-tools has installed what they need.
package browser
