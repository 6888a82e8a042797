package signup

// WithAcceptLanguage is for the tests outside of the package.
var WithAcceptLanguage = withAcceptLanguage
