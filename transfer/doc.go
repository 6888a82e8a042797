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
// Placeholders and Versions are left out. A line is at most 1 MiB long.
package transfer
