// Package legacyhash lets users migrated from another program log in with the
// passwords they have. It reads the hashes that the program stored; an application
// lists the formats it needs in [signup.Accounts.HashFormats]:
//
//	accounts := &signup.Accounts{
//		Store:       store,
//		HashFormats: []signup.HashFormat{legacyhash.PHPass},
//	}
//
// The first log-in of a user replaces the hash by one of Accounts.Hasher. When no
// user has an old hash left, remove the format.
//
//	Format        Made by                          Stored text
//	Crypt         glibc, libxcrypt, passlib        $5$… and $6$…, with or without rounds=
//	PHPass        WordPress before 6.8, phpBB 3    $P$… and $H$…
//	Drupal7       Drupal 7                         $S$… and U$S$…
//	LDAP          OpenLDAP and others              {SSHA}… {SSHA256}… {SSHA512}…
//	BcryptSHA256  passlib                          $bcrypt-sha256$v=2,t=2b,r=12$… and $bcrypt-sha256$2b,12$…
//	Spring        Spring Security                  {bcrypt}… {pbkdf2}… {scrypt}… {argon2}… and their
//	                                               @SpringSecurity_v5_8 variants, {sha256}…, {ldap}{SSHA}…
//	Keycloak      Keycloak                         what KeycloakHash returns
//	Firebase      Firebase Authentication          what FirebaseHash returns
//	Devise        Devise with a pepper             what DeviseHash returns
//
// Package signup itself verifies bcrypt, argon2id, argon2i, passlib's $pbkdf2…$ and the
// formats of Werkzeug and Django ([signup.Hash.Scheme] has the list), so Devise without
// a pepper and PHP's "$2y$…" need no format. docs/migrating.md in the repository has
// the whole way from another program, with its export command.
//
// # What is refused
//
// A text must be exactly what the program writes: numbers without signs or leading
// zeros, Base64 in its one canonical form, a cost within the program's own limits.
//
// Formats that protect no password are in no table here: plain text ({noop}),
// digests without salt ({SHA}, {MD5}, {SHA-256}, 32 or 64 hexadecimal digits),
// md5-crypt ("$1$"), DES, and "$2x$", bcrypt with a bug that lets other passwords
// match. Let those users reset their passwords. That is also the remedy for "$wp$", as
// WordPress 6.8 and later write, and for "$y$" (yescrypt), which aren't implemented.
//
// # Passwords
//
// A password is hashed as the program hashed it, as UTF-8. There are three rules
// where programs differ, or where two passwords had the same hash:
//
//   - A password with a NUL byte matches no hash.
//   - A password of more than 72 bytes matches no bcrypt hash, of which it
//     could be any continuation. BcryptSHA256 has no such limit.
//   - A password of more than 72 bytes matches no hash of Crypt, PHPass and
//     Drupal7. These programs accept more, but hash the password again in each of
//     their rounds, so that a long one would take several times as long. Those
//     users must reset their passwords.
//
// Each password takes the same work, also a refused one: with Crypt, PHPass and
// Drupal7, that of a password of 72 bytes, which is up to twice that of a short one
// with SHA-512 and MD5 and up to four times with SHA-256. Otherwise the time of a
// refused log-in would reveal which addresses have such a hash.
package legacyhash
