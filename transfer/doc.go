// Package transfer moves users between stores: packages memstore and esstore and module
// sqlstore. Each Store there is an [Exporter] and an [Importer]:
//
//	n, err := from.Export(ctx, file, &transfer.ExportOptions{Hashes: true})
//	…
//	sum, err := to.Import(ctx, transfer.Read(file), nil)
//
// The users are the same in every store: exports of the same users have equal bytes.
//
// # Format
//
// An export is lines of JSON (NDJSON), one for each user, in the order of the bytes of
// the keys. A line has the members id, key, key_rule, email_address, is_active,
// created_at, updated_at and, if they aren't empty, first_name, last_name, profile and
// email_verified_at. With [ExportOptions].Hashes it also has password, which is the hash,
// security_stamp and private, which is in Base64, if they aren't empty. Times are in UTC,
// to the millisecond, as RFC 3339 has them.
//
// # Keys
//
// A user keeps its key. An Import stores the key and the rule of a line as they are, as
// [signup.Store] requires, and never computes a key from an address: the key may be of an
// older rule, or of a Store that has other keys than addresses. So a user whose key isn't
// the canonical form of its address is stored by each store that could keep it with Create,
// and Get finds it by its key alone. A login by its address doesn't find it if
// [signup.CanonicalEmail] returns another key. [signup.EmailCollisions] finds users of
// equal addresses before another rule is used. To refuse users with other keys in an import,
// compare [signup.User.Key] with CanonicalEmail in the sequence.
//
// # Private data
//
// Private data is kept byte for byte and not checked, as [signup.Store] requires. If
// package signup can't read it, each log-in of that user fails until an Update sets Private
// to "". [signup.Accounts.Create] refuses such a user.
//
// # What is left out
//
// Placeholders and Versions are left out. A line is at most 1 MiB long.
package transfer
