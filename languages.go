package signup

import "context"

// Languages returns the languages that the client of a request prefers, in the form
// and order that [HandlerOptions].Translate gets. It is for [Accounts].Send, so that a
// mail is in the language of the page by which it was asked for. ctx is that of the
// call; the handlers of this package and of package pages set the languages. If nothing
// is known, Languages returns nil.
func Languages(ctx context.Context) []string {
	switch l := ctx.Value(languagesKey{}).(type) {
	case acceptLanguage:
		return acceptedLanguages(l)
	case []string:
		return l
	}
	return nil
}

// WithLanguages returns a context for which [Languages] returns languages: BCP 47 tags,
// the preferred one first. An application uses it if it knows the user's language, or
// calls [Accounts] in a handler of its own.
func WithLanguages(ctx context.Context, languages []string) context.Context {
	return context.WithValue(ctx, languagesKey{}, languages)
}

type languagesKey struct{}

// acceptLanguage has the Accept-Language lines of a request. They are only parsed if a
// mail is sent.
type acceptLanguage []string

// withAcceptLanguage returns ctx with the languages of the Accept-Language lines, if
// none are set yet.
func withAcceptLanguage(ctx context.Context, lines []string) context.Context {
	if len(lines) == 0 || ctx.Value(languagesKey{}) != nil {
		return ctx
	}
	return context.WithValue(ctx, languagesKey{}, acceptLanguage(lines))
}
