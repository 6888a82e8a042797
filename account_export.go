package signup

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// ExportData returns everything that is stored about the user of s and is no secret, as
// indented JSON, for the user to keep or to take elsewhere (GDPR, articles 15 and 20).
// It is one Store.Get. The members are stable, and others may be added:
//
//	id                       [User].ID
//	email_address            [User].Email
//	canonical_email_address  what [User.Key] returns
//	first_name, last_name    texts, "" for none
//	is_active                [User].Active
//	password_set             whether the user has a password
//	created_at, updated_at   in the form of RFC 3339, in UTC
//	email_verified_at        so, or null if the address was never verified
//	profile                  all of [User].Profile, also fields that are Hidden or not declared
//	devices                  a list: label, first_log_in, last_log_in; see [DeviceInfo]
//	link_log_ins             how often the user has logged in with a mailed link or code
//	held_addresses           a list of former addresses that stay taken: address, until
//	events                   a list of what has happened to the account
//
// A former address that stays taken has a copy of the account as it was then, which isn't
// in the result.
//
// Left out are the hash of the password and its scheme, the SecurityStamp and the IDs of
// devices, which are random or could help to attack the account and say nothing about
// the user, and the Version. So are members of Private that this version of the package
// doesn't know. What the application stores elsewhere isn't there either.
//
// Send the result only to the user, and with the header "Cache-Control: no-store".
//
// The call needs a recent proof of the user's identity: s.At is at most 5 minutes ago,
// otherwise the error is [ErrStale]; see [Accounts.Reauthenticate]. The other errors are
// those of [Accounts.Resume].
func (a *Accounts) ExportData(ctx context.Context, s Session) ([]byte, error) {
	u, err := a.Resume(ctx, s)
	if err != nil {
		return nil, err
	}
	if err := requireFresh(s); err != nil {
		return nil, err
	}
	e, err := exportOf(u)
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false) // for people
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(e); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	a.after(ctx, Event{Kind: EventDataExported, Reason: ReasonSession, At: now(), UserID: u.ID, Device: s.Device})
	return b.Bytes(), nil
}

// An export is what ExportData encodes.
type export struct {
	ID              string            `json:"id"`
	Email           string            `json:"email_address"`
	Key             string            `json:"canonical_email_address"`
	FirstName       string            `json:"first_name"`
	LastName        string            `json:"last_name"`
	Active          bool              `json:"is_active"`
	PasswordSet     bool              `json:"password_set"`
	CreatedAt       time.Time         `json:"created_at"`
	UpdatedAt       time.Time         `json:"updated_at"`
	EmailVerifiedAt *time.Time        `json:"email_verified_at"`
	Profile         map[string]string `json:"profile"`
	Devices         []exportedDevice  `json:"devices"`
	LinkLogIns      uint64            `json:"link_log_ins"`
	HeldAddresses   []exportedHeld    `json:"held_addresses"`
	Events          []Event           `json:"events"`
}

type exportedDevice struct {
	Label      string    `json:"label"`
	FirstLogIn time.Time `json:"first_log_in"`
	LastLogIn  time.Time `json:"last_log_in"`
}

type exportedHeld struct {
	Address string    `json:"address"`
	Until   time.Time `json:"until"`
}

// exportOf returns the export of u.
func exportOf(u User) (export, error) {
	state, err := u.Private.parse()
	if err != nil {
		return export{}, err
	}
	e := export{
		ID: u.ID, Email: u.Email, Key: u.Key(), FirstName: u.FirstName, LastName: u.LastName,
		Active: u.Active, PasswordSet: u.PasswordHash != "",
		CreatedAt: u.CreatedAt.UTC(), UpdatedAt: u.UpdatedAt.UTC(), Profile: u.Profile,
		Devices: []exportedDevice{}, LinkLogIns: state.linkLogIns, HeldAddresses: []exportedHeld{}, Events: state.history(""),
	}
	if !u.EmailVerifiedAt.IsZero() {
		at := u.EmailVerifiedAt.UTC()
		e.EmailVerifiedAt = &at
	}
	if e.Profile == nil {
		e.Profile = map[string]string{}
	}
	for _, d := range state.devices {
		e.Devices = append(e.Devices, exportedDevice{d.label, time.UnixMilli(d.first).UTC(), time.UnixMilli(d.last).UTC()})
	}
	for i := range e.Events {
		e.Events[i].Device = "" // random
	}
	for _, h := range state.held {
		e.HeldAddresses = append(e.HeldAddresses, exportedHeld{h.key, time.UnixMilli(h.until).UTC()})
	}
	return e, nil
}
