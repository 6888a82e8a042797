package webclient

import (
	"net/http"
	"time"
)

// The names of the cookies, without their prefix.
const (
	// Device has the text of Accounts.DeviceCookie. It stays when the user logs out.
	Device = "signup-device"
	// Challenge has the challenge of Accounts.SendLogIn.
	Challenge = "signup-challenge"
	// Token has a token from a mail, from the time the link is opened to the POST that
	// uses it.
	Token = "signup-token"
)

// DeviceLife is for how long a browser keeps a device cookie. Browsers keep no cookie
// for more than 400 days.
const DeviceLife = 365 * 24 * time.Hour

// Cookies sets and reads cookies that only HTTP requests of the same host get. Each has
// HttpOnly, SameSite=Lax and the path "/". If Insecure isn't set, each also has Secure
// and the prefix "__Host-" (RFC 6265bis, section 4.1.3.2), so that no other host and no
// connection without TLS can set it.
type Cookies struct {
	Insecure bool // for servers without TLS
}

// Set sets the cookie name to value, for life. A life of 0 ends with the browser's
// session. If value is empty, the cookie is removed.
func (c Cookies) Set(w http.ResponseWriter, name, value string, life time.Duration) {
	cookie := &http.Cookie{
		Name: c.name(name), Value: value, Path: "/", MaxAge: int(life.Seconds()),
		Secure: !c.Insecure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
	if value == "" {
		cookie.MaxAge = -1
	}
	http.SetCookie(w, cookie)
}

// Get returns the value of the cookie name, or "".
func (c Cookies) Get(r *http.Request, name string) string {
	cookie, err := r.Cookie(c.name(name))
	if err != nil {
		return ""
	}
	return cookie.Value
}

func (c Cookies) name(name string) string {
	if c.Insecure {
		return name
	}
	return "__Host-" + name
}
