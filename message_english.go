package signup

import (
	"strconv"
	"strings"
)

// notValid is the 2014 tutorial's sentence about an address.
const notValid = "'{value}' is not valid '{field}'."

// notBoolean is the text of CodeType for a field that has the Value typeBoolean.
const (
	notBoolean  = "'{field}' must be true or false."
	typeBoolean = "boolean"
)

// notAcceptable is the text of CodeUnacceptable without a field.
const notAcceptable = "This is not acceptable."

// englishTexts has the English text of each code. A name in braces stands for a
// field of Message.
//
// Those of the 2014 tutorial are pinned by its recordings.
var englishTexts = map[string]string{
	CodeRequired:       "'{field}' is required.",
	CodeType:           "'{field}' must be a string.",
	CodeInvalid:        notValid,
	CodeUnacceptable:   "'{field}' is not acceptable.",
	CodeTooShort:       "'{field}' must be at least {min} characters long.",
	CodeTooLong:        "'{field}' must be at most {max} characters long.",
	CodeTooManyBytes:   "'{field}' must be at most {max} bytes long.",
	CodeNotUTF8:        "'{field}' must be valid UTF-8 text.",
	CodeNotVisible:     "'{field}' must have a visible character.",
	CodeLineBreaks:     "'{field}' must not have line breaks.",
	CodeControls:       "'{field}' must not have control characters.",
	CodeOtherControls:  "'{field}' must not have control characters except line breaks and tabs.",
	CodeDirection:      "'{field}' must not have characters that set the direction of text.",
	CodeIdempotencyKey: "'{field}' must be {min} to {max} letters, digits and any of {value}",

	CodeUnchanged:     "'{field}' must not be the present one.",
	CodeOwnName:       "'{field}' must not be your own address or name.",
	CodeOwnNamePadded: "'{field}' must be more than your own address or name.",
	CodeService:       "'{field}' must not be the name of the service.",
	CodeServicePadded: "'{field}' must be more than the name of the service.",
	CodeSequence:      "'{field}' must not be a sequence or repetition.",
	CodeCommon:        "'{field}' must not be one that many people use.",
	CodeCommonPadded:  "'{field}' must be more than one that many people use.",
	CodeCompromised:   "'{field}' must not be one that is known from a data breach.",

	CodeAddressInvisible:    notValid + " It has an invisible character ({character}).",
	CodeAddressBrackets:     notValid + " Give only the address, without a name and angle brackets.",
	CodeAddressComment:      notValid + " Comments in parentheses are not accepted.",
	CodeAddressList:         notValid + " Give one address, without commas and semicolons.",
	CodeLocalPartEmpty:      notValid + " There is nothing before the '@'.",
	CodeLocalPartQuotes:     notValid + " The part before the '@' must not have quotation marks or backslashes.",
	CodeLocalPartSpaces:     notValid + " The part before the '@' must not have spaces.",
	CodeLocalPartDots:       notValid + " The part before the '@' must not begin or end with a dot, or have two dots in a row.",
	CodeLocalPartCharacters: notValid + " The part before the '@' has a character that is not accepted there.",
	CodeLocalPartTooLong:    "The part of '{field}' before the '@' must be at most {max} bytes long.",
	CodeDomainEmpty:         notValid + " There is nothing after the '@'.",
	CodeDomainLiteral:       notValid + " The part after the '@' must be a domain name, not an IP address.",
	CodeDomainSpaces:        notValid + " The domain must not have spaces.",
	CodeDomainDots:          notValid + " The domain must not begin or end with a dot, or have two dots in a row.",
	CodeDomainHyphens:       notValid + " No part of the domain may begin or end with a hyphen.",
	CodeDomainUnderscores:   notValid + " The domain must not have underscores.",
	CodeDomainInvalid:       notValid + " The domain is not a domain name.",
	CodeDomainIncomplete:    notValid + " The domain must be complete, such as 'example.org'.",
	CodeDomainNumber:        notValid + " The domain must not be an IP address or end with a number.",
	CodeDomainTooLong:       "The domain of '{field}' must be at most {max} bytes long.",
	CodeLabelTooLong:        "Each part of the domain of '{field}', between its dots, must be at most {max} bytes long.",

	CodeRegistered:           "'{value}' added successfully!",
	CodeMailSent:             "Please open the link in the email that we have sent you.",
	CodeExists:               "'{value}' already exists.",
	CodeIdempotencyKeyReused: "The 'Idempotency-Key' was used with other data before.",
	CodeLoggedIn:             "'{value}' successfully logged in!",
	CodeBadCredentials:       "Unknown email_address or bad password",
	CodeUnverified:           "Please verify your email_address first, with the link in the email that we have sent you.",
	CodeNotLoggedIn:          "Please log in.",
	CodeNotFresh:             "Please give your password again.",

	CodeDone:              "Done.",
	CodeTokenInvalid:      "The link or code is not valid any more. Please ask for a new one.",
	CodeAddressTaken:      "The new address can't be used: it belongs to an account.",
	CodeMailRequested:     "Please check your email. We have sent a message if the address has an account that needs it.",
	CodeEmailVerified:     "Your address is verified.",
	CodePasswordChanged:   "Your password was changed.",
	CodeProfileChanged:    "Your profile was changed.",
	CodeEmailChanged:      "Your address was changed. Please log in with the new one.",
	CodeEmailChangeUndone: "The change of your address was undone. Please reset your password.",
	CodeReauthenticated:   "Your password was confirmed.",
	CodeLoggedOut:         "You are logged out.",
	CodeDeviceEnded:       "The device is logged out.",
	CodeSessionsEnded:     "All other devices are logged out.",
	CodeDeactivated:       "Your account is inactive now.",
	CodeDeleted:           "Your account was deleted.",

	CodeFailed:           "Something broke... We are looking into it!",
	CodeBusy:             "The service is busy. Please try again in a moment.",
	CodeThrottled:        "There were too many requests. Please try again in a minute.",
	CodeNotFound:         "There is nothing at this URL.",
	CodeCrossOrigin:      "The request comes from a page of another site.",
	CodeMethodNotAllowed: "The method is not allowed for this URL.",
	CodeNotJSON:          "Content-Type: 'application/json' required",
	CodeContentEncoding:  "The request's body must not be compressed or encoded (Content-Encoding).",
	CodeBodyTooLong:      "The request's body must be at most {max} bytes long.",
	CodeBodyUnreadable:   "The request's body could not be read to its end.",

	CodeJSONEncoding:         "The request's body is {value}; it must be UTF-8.",
	CodeJSONNotUTF8:          "The request's body is not UTF-8 at byte {value}.",
	CodeJSONIncomplete:       "The request's body is not valid JSON: it ends too early.",
	CodeJSONSyntax:           "The request's body is not valid JSON at byte {value}.",
	CodeJSONSurrogate:        "The request's JSON escapes one half of a surrogate pair without the other.",
	CodeJSONNotObject:        "The request's body must be a JSON object.",
	CodeJSONTooManyMembers:   "The request's JSON has an object with more than {max} members.",
	CodeJSONTooDeep:          "The request's JSON is nested deeper than {max} levels.",
	CodeJSONRepeatedName:     "The request's JSON has the name '{value}' twice in an object.",
	CodeJSONRepeatedLongName: "The request's JSON has the name of {value} bytes twice in an object.",
}

// english returns the English text of m's code, or "" for a code of the
// application's own.
func (m Message) english() string {
	var b strings.Builder
	text := englishTexts[m.Code]
	if m.Code == CodeUnacceptable && m.Field == "" {
		text = notAcceptable
	}
	if m.Code == CodeType && m.Value == typeBoolean {
		text = notBoolean
	}
	for {
		before, rest, found := strings.Cut(text, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, after, _ := strings.Cut(rest, "}")
		b.WriteString(m.parameter(name))
		text = after
	}
}

// parameter returns the text of the field of m that name stands for.
func (m Message) parameter(name string) string {
	switch name {
	case "field":
		return m.Field
	case "value":
		return m.Value
	case "character":
		return m.Character
	case "min":
		return strconv.Itoa(m.Min)
	case "max":
		return strconv.Itoa(m.Max)
	}
	return ""
}
