package signup

import (
	"context"
	"errors"
	"maps"
	"strings"
)

// ChangeProfile changes the names and the declared fields of the Profile of the user of
// s, and returns the user as stored. s goes on.
//
// It calls change with the user as stored, and a Profile that isn't nil. change may set
// FirstName, LastName and, in Profile, the fields of [Accounts.Fields]. It decides by the
// user that it gets, does nothing else, and returns soon: if another call changes the
// user in the meantime, change is called again with the user as stored then. So no change
// is lost, of any number at once.
//
// Of Profile, what a [Registration] can't set stays as it is stored: ReadOnly and
// undeclared fields, whatever change does to them, so that change may copy a form.
// UpdatedAt is set by ChangeProfile. If change sets another field of the user, nothing
// is stored, and the error wraps none of this package's: the field has a method of its
// own, such as [Accounts.SetActive], and the change would otherwise seem to be made.
//
// Values that change sets are normalized and checked as by [Accounts.Register]. Values
// that stay the same aren't checked: a rule that the application has added since
// doesn't prevent the change of another field. The password isn't compared with the new
// names. If nothing changes, nothing is stored.
//
// ChangeProfile needs no recent proof of the user's identity: names and Profile open no
// way into the account, and the user can change them back.
//
// If a value isn't accepted, the error is a *[ValidationError]. An error of change is
// returned as it is. The other errors are those of [Accounts.Resume], and [ErrBusy] if
// other calls change the user all the time. After an error of the Store, the outcome is
// unknown. If the call is repeated, change may get a user that has the change already.
// So it may within one call, if the Store's transport repeats a request. A change that
// sets values does no harm then. One that counts may count twice.
func (a *Accounts) ChangeProfile(ctx context.Context, s Session, change func(u *User) error) (User, error) {
	c := a.newChange(EventProfileChanged, ReasonSession)
	c.event.Device = s.Device
	changed, err := a.changeInSession(ctx, s, nil, func(u *User) error {
		before, asked := *u, *u
		asked.Profile = make(map[string]string, len(u.Profile))
		maps.Copy(asked.Profile, u.Profile)
		if err := change(&asked); err != nil {
			return err
		}
		err := a.setProfile(ctx, u, asked)
		if err != nil || u.Equal(before) {
			c.findIn(*u)
			return err
		}
		return c.record(ctx, u)
	})
	if err != nil {
		return User{}, err
	}
	c.done(ctx)
	return changed, nil
}

var errNotProfile = errors.New("signup: ChangeProfile sets FirstName, LastName and Profile, and no other field of the user")

// setProfile sets the names and the declared fields of u to those of asked, or returns
// why it can't.
func (a *Accounts) setProfile(ctx context.Context, u *User, asked User) error {
	rest := asked
	rest.FirstName, rest.LastName, rest.Profile, rest.UpdatedAt = u.FirstName, u.LastName, u.Profile, u.UpdatedAt
	if !rest.Equal(*u) || rest.Version != u.Version || rest.Key() != u.Key() {
		return errNotProfile
	}
	v := *u
	v.Profile = maps.Clone(u.Profile)
	problems := v.setNames(asked)
	problems = append(problems, v.setFields(ctx, a.Fields, asked.Profile)...)
	if ctx.Err() != nil { // then what was returned may be due to that
		return ctx.Err()
	}
	if len(problems) > 0 {
		return &ValidationError{Fields: problems}
	}
	if !v.Equal(*u) {
		v.UpdatedAt = now()
		*u = v
	}
	return nil
}

// setNames sets the names of u to those of asked, and returns what is wrong with them.
func (u *User) setNames(asked User) (problems []FieldError) {
	for _, n := range []struct {
		field string
		name  *string
		asked string
	}{
		{FieldFirstName, &u.FirstName, asked.FirstName},
		{FieldLastName, &u.LastName, asked.LastName},
	} {
		if n.asked == *n.name {
			continue
		}
		*n.name = strings.TrimSpace(n.asked)
		if e := checkName(n.field, *n.name); e != nil {
			problems = append(problems, *e)
		}
	}
	return problems
}

// setFields sets the values of fields to those of profile, and returns what is wrong
// with them.
func (u *User) setFields(ctx context.Context, fields []ProfileField, profile map[string]string) (problems []FieldError) {
	for _, f := range fields {
		old, asked := u.Profile[f.Name], profile[f.Name]
		if f.ReadOnly || asked == old {
			continue
		}
		value := f.normalize(asked)
		if value == old {
			continue
		}
		if e := f.check(ctx, value); e != nil {
			problems = append(problems, *e)
			continue
		}
		if value == "" {
			delete(u.Profile, f.Name)
			continue
		}
		if u.Profile == nil {
			u.Profile = make(map[string]string)
		}
		u.Profile[f.Name] = value
	}
	return problems
}
