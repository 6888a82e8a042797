package sqlstore

import "github.com/gosignup/signup"

// A row is what a statement reads of a user.
type row struct {
	user                     signup.User
	key, rule, hash, version string
	profile, private         []byte
}

// targets returns what the columns are scanned into.
func (r *row) targets(columns []string) []any {
	to := make([]any, len(columns))
	for i, name := range columns {
		to[i] = r.target(name)
	}
	return to
}

// target returns what a column is scanned into; nil if it is for listings only.
func (r *row) target(column string) any {
	switch column {
	case "key":
		return &r.key
	case "key_rule":
		return &r.rule
	case "id":
		return &r.user.ID
	case "version":
		return &r.version
	case "email_address":
		return &r.user.Email
	case "password":
		return &r.hash
	case "first_name":
		return &r.user.FirstName
	case "last_name":
		return &r.user.LastName
	case "is_active":
		return &r.user.Active
	case "created_at":
		return timestamp{&r.user.CreatedAt}
	case "updated_at":
		return timestamp{&r.user.UpdatedAt}
	case "email_verified_at":
		return timestamp{&r.user.EmailVerifiedAt}
	case "profile":
		return &r.profile
	case "security_stamp":
		return &r.user.SecurityStamp
	case "private":
		return &r.private
	case "placeholder":
		return &r.user.Placeholder
	}
	return nil
}

// finish returns the user, once the columns are scanned.
func (r *row) finish() (u signup.User, err error) {
	u = r.user
	u.PasswordHash, u.Version, u.Private = signup.Hash(r.hash), signup.Version(r.version), signup.Private(r.private)
	u.SetKey(r.key, r.rule)
	u.Profile, err = decodeProfile(r.profile)
	return u, err
}
