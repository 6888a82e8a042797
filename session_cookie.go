package signup

import (
	"crypto/subtle"
)

// The bytes that are sealed in a device cookie, in order:
//
//	user        16   a digest of the user's ID
//	device           what remains
const (
	minCookie = 1 + saltSize + stateSize + 1 + tagSize
	maxCookie = minCookie - 1 + maxDeviceID

	cookieDomain = "github.com/gosignup/signup: device cookie"
)

var deviceCookies = sealing{domain: cookieDomain, version: 1, least: minCookie, most: maxCookie}

// DeviceCookie returns a text by which [Accounts.LogIn] recognizes the device of s
// ([Client].Cookie). It is a device cookie as OWASP describes it: sealed with
// [Accounts].Secrets, it shows that the user of s has logged in before with the browser
// that sends it. It logs in no user, and the address can't be read in it. It has about
// 100 characters, which are letters, digits, "-" and "_".
//
// Set it after each log-in, as a cookie of its own that lasts longer than the session,
// for a year for example, with Secure, HttpOnly and SameSite, and leave it when the
// user logs out. It is recognized until the device is ended or forgotten, or the
// Secret that sealed it is removed, also if the user's address changes.
//
// If there are no valid Secrets, or s is no log-in, DeviceCookie returns "". Then each
// log-in makes a new device.
func (a *Accounts) DeviceCookie(s Session) string {
	if a.checkTokens() != nil || s.Key == "" || s.ID == "" || s.Device == "" || len(s.Device) > maxDeviceID {
		return ""
	}
	cookie, err := deviceCookies.seal(a.Secrets, append(cookieUser(s.ID), s.Device...))
	if err != nil {
		return ""
	}
	return cookie
}

// cookieUser returns the digest of a user in a cookie. It isn't of the key, so that a
// device stays known when the address changes.
func cookieUser(id string) []byte { return digest(cookieDomain, id) }

// A knownDevice is what a device cookie says.
type knownDevice struct {
	user   []byte
	device string // "": nothing
}

// isOf reports whether d is a device of u. It may have been ended since.
func (d knownDevice) isOf(u User) bool {
	return d.device != "" && u.ID != "" && subtle.ConstantTimeCompare(d.user, cookieUser(u.ID)) == 1
}

// openDeviceCookie returns what cookie says, if one of the Secrets sealed it.
// Otherwise it returns the zero value.
func (a *Accounts) openDeviceCookie(cookie string) knownDevice {
	if cookie == "" || a.checkTokens() != nil {
		return knownDevice{}
	}
	plain, ok, err := deviceCookies.open(a.Secrets, cookie)
	if err != nil || !ok {
		return knownDevice{}
	}
	return knownDevice{plain[:stateSize:stateSize], string(plain[stateSize:])}
}
