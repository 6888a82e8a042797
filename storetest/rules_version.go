package storetest

import (
	"bytes"
	"context"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"strings"

	"github.com/gosignup/signup"
)

func wrongVersion(ctx context.Context, s signup.Store) error {
	u, err := create(ctx, s, "id-1", "ada@example.org")
	if err != nil {
		return err
	}
	other, err := create(ctx, s, "id-2", "other@example.org")
	if err != nil {
		return err
	}
	if u.Version == "" {
		return errors.New("after Create: got an empty u.Version, want one")
	}
	for _, version := range []string{
		"", string(other.Version), "0", "1", "-1", "no version", "../_settings", string(u.Version) + "x", " " + string(u.Version),
		string(u.Version)[1:], strings.Repeat("9", 99), "\x00", "\xff",
	} {
		wrong := copyOf(u)
		wrong.Version = signup.Version(version)
		if wrong.Version == u.Version {
			continue
		}
		call := fmt.Sprintf("with the Version %q", version)
		if err := first(
			is("Update "+call, s.Update(ctx, &wrong), signup.ErrConflict),
			is("Delete "+call, s.Delete(ctx, wrong), signup.ErrConflict),
		); err != nil {
			return err
		}
	}
	return first(has(ctx, s, u), has(ctx, s, other))
}

func versionsDiffer(ctx context.Context, s signup.Store) error {
	of := map[signup.Version]string{} // the state, by its Version
	note := func(state string, u signup.User) error {
		got, err := get(ctx, s, u.Key())
		if err != nil {
			return err
		}
		if got.Version != u.Version {
			return fmt.Errorf("the Version of one state, %s: got %q from Get, want %q as set before", state, got.Version, u.Version)
		}
		if before, ok := of[u.Version]; ok || u.Version == "" {
			return fmt.Errorf("the Version of %s: got %q, want a new one; it is that of %s", state, u.Version, before)
		}
		of[u.Version] = state
		return nil
	}
	for life := range 2 { // the same user is deleted and stored again
		for i := range 2 {
			id, email := fmt.Sprintf("id-%d", i), fmt.Sprintf("ada%d@example.org", i)
			u, err := create(ctx, s, id, email)
			if err := first(err, note(fmt.Sprintf("user %d, created for time %d", i, life), u)); err != nil {
				return err
			}
			for n, name := range []string{"Ada", "Ada", "Augusta", "Ada"} {
				u.FirstName = name
				if err := first(updates(ctx, s, &u), note(fmt.Sprintf("user %d, life %d, update %d", i, life, n), u)); err != nil {
					return err
				}
			}
			if life == 0 {
				err = removes(ctx, s, u)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// decodedUser encodes a stored user as an application does for a session or a
// cache. That drops the hash, and so has to drop what Update needs.
func decodedUser(ctx context.Context, s signup.Store) error {
	u, err := create(ctx, s, "id-1", "ada@example.org")
	if err != nil {
		return err
	}
	if u, err = get(ctx, s, u.Key()); err != nil {
		return err
	}
	for _, c := range []struct {
		name   string
		decode func(signup.User) (signup.User, error)
	}{{"gob", throughGob}, {"JSON", throughJSON}, {"XML", throughXML}} {
		v, err := c.decode(u)
		if err != nil {
			return fmt.Errorf("encoding and decoding a user as %s: got the error %w, want nil", c.name, err)
		}
		if v.ID != u.ID || v.Email != u.Email {
			return fmt.Errorf("encoding and decoding a user as %s: got %s, want the ID %q and the address %q", c.name, show(v), u.ID, u.Email)
		}
		v.FirstName = "Augusta"
		if err := first(
			is("Update of a user decoded from "+c.name, s.Update(ctx, &v), signup.ErrConflict),
			is("Delete of a user decoded from "+c.name, s.Delete(ctx, v), signup.ErrConflict),
			has(ctx, s, u),
		); err != nil {
			return err
		}
	}
	u.FirstName = "Augusta"
	return first(updates(ctx, s, &u), has(ctx, s, u))
}

func throughGob(u signup.User) (v signup.User, err error) {
	var b bytes.Buffer
	err = first(gob.NewEncoder(&b).Encode(u), gob.NewDecoder(&b).Decode(&v))
	return v, err
}

func throughJSON(u signup.User) (signup.User, error) {
	// A User's own JSON form has only the ID and Active.
	type session struct {
		ID, Email     string
		PasswordHash  signup.Hash
		SecurityStamp string
		Version       signup.Version
	}
	text, err := json.Marshal(session{u.ID, u.Email, u.PasswordHash, u.SecurityStamp, u.Version})
	if err != nil {
		return u, err
	}
	var v session
	err = json.Unmarshal(text, &v)
	return signup.User{ID: v.ID, Email: v.Email, PasswordHash: v.PasswordHash, SecurityStamp: v.SecurityStamp, Version: v.Version}, err
}

func throughXML(u signup.User) (signup.User, error) {
	// XML has no maps.
	type session struct {
		ID, Email    string
		PasswordHash signup.Hash
		Version      signup.Version
	}
	text, err := xml.Marshal(session{u.ID, u.Email, u.PasswordHash, u.Version})
	if err != nil {
		return u, err
	}
	var v session
	err = xml.Unmarshal(text, &v)
	return signup.User{ID: v.ID, Email: v.Email, PasswordHash: v.PasswordHash, Version: v.Version}, err
}
