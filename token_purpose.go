package signup

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"strconv"
	"time"
)

// A Purpose is what a token is for. A token of one purpose does nothing for
// another one.
type Purpose string

// The purposes of tokens. They are stable. Each names the method that uses the token.
const (
	// PurposeVerifyEmail: show that mail to the address arrives, by
	// [Accounts.VerifyEmail].
	PurposeVerifyEmail Purpose = "verify_email"
	// PurposeRegister: create the account of a sign-up with [VerifyBeforeRegistration],
	// by [Accounts.CompleteRegistration].
	PurposeRegister Purpose = "register"
	// PurposeResetPassword: choose a new password, by [Accounts.ResetPassword].
	PurposeResetPassword Purpose = "reset_password"
	// PurposeChangeEmail: move the account to another address, by
	// [Accounts.ConfirmEmailChange].
	PurposeChangeEmail Purpose = "change_email"
	// PurposeUndoEmail: move it back to the address before, by [Accounts.UndoEmailChange].
	PurposeUndoEmail Purpose = "undo_email"
	// PurposeLogIn: log in without a password, by [Accounts.LogInByToken].
	PurposeLogIn Purpose = "log_in"
	// PurposeInvite: create an account for an address, by
	// [Accounts.CompleteRegistration].
	PurposeInvite Purpose = "invite"
)

const (
	// maxMailedLife is the longest life of a token that proves an identity: NIST SP
	// 800-63B-4, section 4.2.1.2, gives 24 hours to a recovery code sent by mail.
	maxMailedLife = 24 * time.Hour
	// maxLongLife is that of the other tokens. An undo is possible for a week by
	// default, and invitations wait for people on holiday.
	maxLongLife = 30 * 24 * time.Hour
)

// A purposeRule says what tokens of one purpose may do, and what they are bound to.
type purposeRule struct {
	// code stands for the purpose in tokens. It is never changed or reused.
	code    byte
	maxLife time.Duration
	// If absent is set, a token may be for an address without a user. Its use is
	// the Create of one.
	absent bool
	// If present is set, a token may be for a user.
	present bool
	// bound returns the fields that the use of a token changes, beside
	// SecurityStamp.
	bound func(User) string
}

// The purposes. Each token is bound to the ID, the Email and the SecurityStamp of
// its user, and to what bound returns: if one of them changes, the token is void. A
// rehash of the password and a change of the names or the Profile leave it valid.
//
//	Purpose         Bound to, beside that   What its use changes
//	verify_email    EmailVerifiedAt         EmailVerifiedAt
//	register        no user                 it creates the user
//	reset_password                          SecurityStamp, with the password
//	change_email                            SecurityStamp, with Email
//	undo_email      (see below)             SecurityStamp, with Email
//	log_in          log-ins by link         their number, which is in Private
//	invite          no user                 it creates the user
//
// The tombstone that a change of address leaves has the ID, the Email and the
// SecurityStamp of the user before the change. So a token for undo_email stays valid.
//
// The code 7 is reserved: it was that of a purpose that was never used.
var purposes = map[Purpose]purposeRule{
	PurposeVerifyEmail:   {code: 1, maxLife: maxMailedLife, present: true, bound: verifiedAt},
	PurposeRegister:      {code: 8, maxLife: maxMailedLife, absent: true},
	PurposeResetPassword: {code: 2, maxLife: maxMailedLife, present: true},
	PurposeChangeEmail:   {code: 3, maxLife: maxMailedLife, present: true},
	PurposeUndoEmail:     {code: 4, maxLife: maxLongLife, present: true},
	PurposeLogIn:         {code: 5, maxLife: maxMailedLife, present: true, bound: linkLogIns},
	PurposeInvite:        {code: 6, maxLife: maxLongLife, absent: true},
}

// purposeOf returns the purpose that code stands for, or "".
func purposeOf(code byte) Purpose {
	for p, rule := range purposes {
		if rule.code == code {
			return p
		}
	}
	return ""
}

func verifiedAt(u User) string {
	if u.EmailVerifiedAt.IsZero() {
		return ""
	}
	return strconv.FormatInt(u.EmailVerifiedAt.UnixMilli(), 10) // a Store keeps milliseconds
}

// stateSize is the length of a state in bytes. To find another state with the same
// digest takes 2¹²⁸ attempts.
const stateSize = 16

// stateOf returns a digest of the state of u that the use of a token changes. A user
// without an ID is none: the address is free.
func stateOf(purpose Purpose, u User) []byte {
	texts := []string{"github.com/gosignup/signup: state", string(purpose)}
	if u.ID != "" {
		texts = append(texts, u.ID, u.Email, u.SecurityStamp)
		if bound := purposes[purpose].bound; bound != nil {
			texts = append(texts, bound(u))
		}
	}
	return digest(texts...)
}

// isBound reports whether u is in the state that t is bound to.
func isBound(t token, u User) bool {
	return subtle.ConstantTimeCompare(stateOf(t.purpose, u), t.state) == 1
}

// digest returns a digest of texts, of stateSize bytes.
func digest(texts ...string) []byte {
	h := sha256.New()
	for _, text := range texts { // with lengths, so that no two lists make one input
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(text))))
		h.Write([]byte(text))
	}
	return h.Sum(nil)[:stateSize]
}
