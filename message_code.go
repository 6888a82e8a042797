package signup

// The codes of the FieldErrors that this package makes. They are stable. Each has one
// English text, in which {min}, {max}, {value} and {character} stand for the fields of
// FieldError: docs/messages.md has them all.
const (
	CodeRequired      = "required"
	CodeType          = "type"           // not a string, or with the Value "boolean" not true or false
	CodeInvalid       = "invalid"        // Value, without a more exact reason
	CodeUnacceptable  = "unacceptable"   // without a reason, by the application's rules
	CodeTooShort      = "too_short"      // Min, in characters
	CodeTooLong       = "too_long"       // Max, in characters
	CodeTooManyBytes  = "too_many_bytes" // Max
	CodeNotUTF8       = "not_utf8"
	CodeNotVisible    = "not_visible" // no visible character
	CodeLineBreaks    = "line_breaks"
	CodeControls      = "control_characters"
	CodeOtherControls = "other_control_characters" // other than line breaks and tabs
	CodeDirection     = "direction_characters"     // such as U+202E
	// CodeIdempotencyKey has Min and Max, in characters, and the signs as Value.
	CodeIdempotencyKey = "idempotency_key"
)

// The codes of FieldErrors about passwords, besides the general ones.
const (
	CodeUnchanged     = "unchanged"           // the present password or address
	CodeOwnName       = "own_name"            // the user's own address or name
	CodeOwnNamePadded = "own_name_padded"     // and little more
	CodeService       = "service_name"        // the name of the service
	CodeServicePadded = "service_name_padded" // and little more
	CodeSequence      = "sequence"            // a sequence or repetition
	CodeCommon        = "common"              // on the blocklist
	CodeCommonPadded  = "common_padded"       // and little more
	CodeCompromised   = "compromised"         // known from a data breach
)

// The codes of FieldErrors about e-mail addresses, besides the general ones. Value is
// the address as typed, except with the codes that have Max, in bytes.
const (
	CodeAddressInvisible = "address_invisible_character" // Character
	CodeAddressBrackets  = "address_brackets"            // <ada@example.org>
	CodeAddressComment   = "address_comment"             // in parentheses
	CodeAddressList      = "address_list"                // commas or semicolons

	CodeLocalPartEmpty      = "local_part_empty" // nothing before the "@"
	CodeLocalPartQuotes     = "local_part_quotes"
	CodeLocalPartSpaces     = "local_part_spaces"
	CodeLocalPartDots       = "local_part_dots"
	CodeLocalPartCharacters = "local_part_characters"
	CodeLocalPartTooLong    = "local_part_too_long" // Max

	CodeDomainEmpty       = "domain_empty"   // nothing after the "@"
	CodeDomainLiteral     = "domain_literal" // [192.0.2.1]
	CodeDomainSpaces      = "domain_spaces"
	CodeDomainDots        = "domain_dots"
	CodeDomainHyphens     = "domain_hyphens"
	CodeDomainUnderscores = "domain_underscores"
	CodeDomainInvalid     = "domain_invalid"
	CodeDomainIncomplete  = "domain_incomplete" // such as localhost
	CodeDomainNumber      = "domain_number"     // ends with a number
	CodeDomainTooLong     = "domain_too_long"   // Max
	CodeLabelTooLong      = "label_too_long"    // Max: a part of the domain, between its dots
)

// The codes of the messages of handlers that aren't about a field.
const (
	CodeRegistered           = "registered" // Value: the address as typed
	CodeMailSent             = "mail_sent"
	CodeExists               = "exists" // Value: the address as typed
	CodeIdempotencyKeyReused = "idempotency_key_reused"
	CodeLoggedIn             = "logged_in" // Value: the address as typed, or the key after a log-in by mail
	CodeBadCredentials       = "bad_credentials"
	CodeUnverified           = "unverified"
	CodeNotLoggedIn          = "not_logged_in"
	CodeNotFresh             = "not_fresh" // log in again, or give the password again

	CodeDone              = "done" // what was asked for is in other members
	CodeTokenInvalid      = "token_invalid"
	CodeAddressTaken      = "address_taken"
	CodeMailRequested     = "mail_requested" // it may not have been sent
	CodeEmailVerified     = "email_verified"
	CodePasswordChanged   = "password_changed"
	CodeProfileChanged    = "profile_changed"
	CodeEmailChanged      = "email_changed"
	CodeEmailChangeUndone = "email_change_undone"
	CodeReauthenticated   = "reauthenticated"
	CodeLoggedOut         = "logged_out"
	CodeDeviceEnded       = "device_ended"
	CodeSessionsEnded     = "sessions_ended"
	CodeDeactivated       = "deactivated"
	CodeDeleted           = "deleted"

	CodeFailed           = "failed"    // status 500
	CodeBusy             = "busy"      // status 503
	CodeThrottled        = "throttled" // status 429
	CodeNotFound         = "not_found"
	CodeCrossOrigin      = "cross_origin" // status 403
	CodeMethodNotAllowed = "method_not_allowed"
	CodeNotJSON          = "not_json" // no body, or another Content-Type
	CodeContentEncoding  = "content_encoding"
	CodeBodyTooLong      = "body_too_long" // Max, in bytes
	CodeBodyUnreadable   = "body_unreadable"
)

// The codes of the messages about a request's JSON. A place is the number of a byte,
// of which the first is 1.
const (
	CodeJSONEncoding         = "json_encoding"   // Value: UTF-16 or UTF-32
	CodeJSONNotUTF8          = "json_not_utf8"   // Value: the place
	CodeJSONIncomplete       = "json_incomplete" // ends too early
	CodeJSONSyntax           = "json_syntax"     // Value: the place
	CodeJSONSurrogate        = "json_surrogate"  // half a surrogate pair
	CodeJSONNotObject        = "json_not_object"
	CodeJSONTooManyMembers   = "json_too_many_members"   // Max, in one object
	CodeJSONTooDeep          = "json_too_deep"           // Max, in levels
	CodeJSONRepeatedName     = "json_repeated_name"      // Value: the name
	CodeJSONRepeatedLongName = "json_repeated_long_name" // Value: the length of the name, in bytes
)
