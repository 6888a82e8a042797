package signup

// RequireFresh is for the tests outside of the package.
var RequireFresh = requireFresh

const (
	MaxDevices     = maxDevices
	MaxDeviceLabel = maxDeviceLabel
)

// OpenDeviceCookie returns the device of a cookie of u.
func (a *Accounts) OpenDeviceCookie(cookie string, u User) (device string, ok bool) {
	d := a.openDeviceCookie(cookie)
	return d.device, d.isOf(u)
}
