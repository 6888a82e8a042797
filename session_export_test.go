package signup

// RequireFresh is for the tests outside of the package.
var RequireFresh = requireFresh

const (
	MaxDevices     = maxDevices
	MaxDeviceLabel = maxDeviceLabel
)
