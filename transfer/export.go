package transfer

import (
	"context"
	"io"
)

// An Exporter is a store that writes its users.
type Exporter interface {
	// Export writes all users to w, in the order of their keys, as [Read] reads them.
	// Placeholders are left out. Nil options have the defaults.
	//
	// An export has all users that were stored when it was called. If a user is
	// created, changed or deleted meanwhile, it may have either state.
	//
	// Export returns the number of users that it has written completely. They are all
	// users only if the error is nil: the lines alone don't show whether an export is
	// complete.
	Export(ctx context.Context, w io.Writer, opts *ExportOptions) (n int64, err error)
}

// ExportOptions are the options of an export. Nil and the zero value have the defaults.
type ExportOptions struct {
	// Hashes includes the secrets: hashes, security stamps and private data. If it
	// is false, they aren't read from the database.
	Hashes bool
}
