package signup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// describe returns the user that r describes, without ID, hash, stamp and times,
// and what is wrong with r except for its password and its declared fields.
func (a *Accounts) describe(r Registration) (u User, problems []FieldError) {
	u = User{
		Email: r.Email, FirstName: strings.TrimSpace(r.FirstName), LastName: strings.TrimSpace(r.LastName), Active: true,
	}
	note := func(e *FieldError) {
		if e != nil {
			problems = append(problems, *e)
		}
	}
	note(checkEmail(&u))
	note(checkName(FieldFirstName, u.FirstName))
	note(checkName(FieldLastName, u.LastName))
	for _, f := range a.Fields {
		if value := f.normalize(r.Profile[f.Name]); value != "" && !f.ReadOnly {
			if u.Profile == nil {
				u.Profile = make(map[string]string, len(a.Fields))
			}
			u.Profile[f.Name] = value
		}
	}
	if r.IdempotencyKey != "" {
		note(checkIdempotencyKey(r.IdempotencyKey))
	}
	return u, problems
}

// check returns a *ValidationError of problems and of what is wrong with password
// for u and with u's values of fields; or nil; or why they couldn't be checked. If
// nothing is wrong so far, it returns the error of Accounts.Before for c, if there is
// one. The Policy may ask another service, and so it decides last.
func (a *Accounts) check(ctx context.Context, c *change, password string, u User, fields []ProfileField, problems []FieldError) error {
	e, err := a.askLocalPolicy(ctx, password, u)
	if e != nil {
		problems = append(problems, *e)
	}
	for _, f := range fields {
		if f.ReadOnly {
			continue
		}
		if e := f.check(ctx, u.Profile[f.Name]); e != nil {
			problems = append(problems, *e)
		}
	}
	if len(problems) == 0 && err == nil && ctx.Err() == nil {
		if err := c.ask(ctx, u); err != nil {
			return err
		}
		if e, err = a.askPolicy(ctx, password, u); e != nil {
			problems = append(problems, *e)
		}
	}
	if ctx.Err() != nil { // then what was returned may be due to that
		return ctx.Err()
	}
	if len(problems) == 0 {
		return err
	}
	slices.SortStableFunc(problems, func(p, q FieldError) int {
		return cmp.Compare(a.position(p.Field), a.position(q.Field))
	})
	return &ValidationError{Fields: problems}
}

// position returns the place of a field in a ValidationError.
func (a *Accounts) position(field string) int {
	builtIn := []string{FieldEmail, FieldPassword, FieldFirstName, FieldLastName}
	if i := slices.Index(builtIn, field); i >= 0 {
		return i
	}
	for i, f := range a.Fields {
		if f.Name == field {
			return len(builtIn) + i
		}
	}
	return len(builtIn) + len(a.Fields) // the Idempotency-Key
}

// checkEmail returns what is wrong with u.Email, or normalizes it and sets u's key.
func checkEmail(u *User) *FieldError {
	a, e := parseEmail(u.Email)
	if e != nil {
		return e
	}
	u.Email = a.email
	u.SetKey(a.key, EmailRule)
	return nil
}

// maxComparedText is the greatest length of a name or address that a LocalPolicy
// gets, in bytes. A longer one is refused, and comparing the password with all of it
// would take longer than most hashes.
const maxComparedText = utf8.UTFMax * maxNameLength

// askLocalPolicy returns what is wrong with password by the local rules of the
// Policy, or why they couldn't be checked.
func (a *Accounts) askLocalPolicy(ctx context.Context, password string, u User) (*FieldError, error) {
	if e := checkPasswordText(password); e != nil {
		return e, nil
	}
	local, ok := a.policy().(LocalPolicy)
	if !ok {
		return nil, nil
	}
	for _, text := range []*string{&u.Email, &u.FirstName, &u.LastName} {
		if len(*text) > maxComparedText {
			*text = ""
		}
	}
	return refusal(local.CheckLocal(ctx, nfc(password), u))
}

// askPolicy returns what is wrong with password, or why it couldn't be checked.
// askLocalPolicy was asked before.
func (a *Accounts) askPolicy(ctx context.Context, password string, u User) (*FieldError, error) {
	if e := checkPasswordText(password); e != nil {
		return e, nil
	}
	if n, ok := a.policy().(NIST); ok { // the rest of its Check is CheckLocal, and was asked
		return refusal(n.checkCompromised(ctx, nfc(password)))
	}
	return refusal(a.policy().Check(ctx, nfc(password), u))
}

func (a *Accounts) policy() Policy {
	if a.Policy == nil {
		return NIST{}
	}
	return a.Policy
}

// refusal returns the reason in an error of a Policy, or why it couldn't check.
func refusal(err error) (*FieldError, error) {
	if err == nil {
		return nil, nil
	}
	if e, ok := asFieldError(FieldPassword, err); ok {
		return &e, nil
	}
	if errors.Is(err, ErrInvalid) {
		return inEnglish(FieldError{Field: FieldPassword, Code: CodeUnacceptable}), nil
	}
	return nil, fmt.Errorf("password policy: %w", err)
}
