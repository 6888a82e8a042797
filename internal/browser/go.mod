module github.com/gosignup/signup/internal/browser

go 1.26.0

require (
	github.com/chromedp/cdproto v0.159.0
	github.com/chromedp/chromedp v0.23.0
	github.com/gosignup/signup v0.0.0
	github.com/gosignup/signup/mailer v0.0.0
	github.com/gosignup/signup/scssession v0.0.0
)

require (
	github.com/alexedwards/scs/v2 v2.9.0 // indirect
	github.com/go-json-experiment/json v0.0.0-20260213210345-44df1a37e875 // indirect
	github.com/wneessen/go-mail v0.8.1 // indirect
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/net v0.62.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/text v0.43.0 // indirect
)

replace (
	github.com/gosignup/signup => ../..
	github.com/gosignup/signup/mailer => ../../mailer
	github.com/gosignup/signup/scssession => ../../scssession
)
