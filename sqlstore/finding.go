package sqlstore

import "slices"

// A Finding is a problem of an installation, and its remedy. Its texts contain no
// address, name or hash of a user.
type Finding struct {
	// Code is one of the Code constants.
	Code string
	// Severity is the same for all findings with the same Code.
	Severity Severity
	// Problem describes the problem and its consequences.
	Problem string
	// Remedy says what to do.
	Remedy string
}

// A Severity is how bad a [Finding] is.
type Severity string

const (
	// SeverityError means that the Store doesn't work or works in part, or that
	// users can be lost.
	SeverityError Severity = "error"
	// SeverityWarning means that the Store works and keeps what it acknowledged, but
	// is slower than it could be.
	SeverityWarning Severity = "warning"
	// SeverityInfo means that something could not be checked.
	SeverityInfo Severity = "info"
)

// The codes of Findings, the most severe first. They are stable. The guide docs/sql.md
// has a table with the remedy of each.
const (
	// The server is older than PostgreSQL 13 or SQLite 3.37.
	CodeOldServer = "old-server"
	// PostgreSQL's database doesn't keep text in UTF-8.
	CodeEncoding = "encoding"
	// There are no tables with the prefix.
	CodeNoSchema = "no-schema"
	// An earlier version of this package has made the tables.
	CodeOlderSchema = "older-schema"
	// A later version of this package has made or migrated the tables.
	CodeNewerSchema = "newer-schema"
	// A table is missing.
	CodeNoTable = "no-table"
	// A column is missing or has another type, or a column that this package doesn't know
	// prevents that users are stored.
	CodeColumn = "column"
	// A column isn't compared byte by byte.
	CodeCollation = "collation"
	// A table has no primary key that keeps two users from having the same key.
	CodePrimaryKey = "primary-key"
	// A unique index that this package didn't make refuses users or counts.
	CodeUnique = "unique"
	// The database takes no writes, for example because it is a replica.
	CodeReadOnly = "read-only"
	// The role has no privilege that the Store or the Counter needs.
	CodePrivilege = "privilege"
	// The database acknowledges what a power failure or a crash may undo.
	CodeNotDurable = "not-durable"
	// An index that makes listings or the cleanup of counts fast is missing, isn't valid, or
	// has other columns, another order or other rows than Setup gives it.
	CodeIndex = "index"
	// SQLite's journal isn't a write-ahead log, so that readers and writers wait for
	// each other.
	CodeJournal = "journal"
	// Something could not be checked.
	CodeNotChecked = "not-checked"
)

var codes = []string{
	CodeOldServer, CodeEncoding, CodeNoSchema, CodeOlderSchema, CodeNewerSchema, CodeNoTable, CodeColumn, CodeCollation,
	CodePrimaryKey, CodeUnique, CodeReadOnly, CodePrivilege, CodeNotDurable, CodeIndex, CodeJournal, CodeNotChecked,
}

func severityOf(code string) Severity {
	switch code {
	case CodeNotChecked:
		return SeverityInfo
	case CodeIndex, CodeJournal:
		return SeverityWarning
	}
	return SeverityError
}

func rankOf(code string) int { return slices.Index(codes, code) }
