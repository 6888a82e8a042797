package main

import (
	"context"
)

var reindexCommand = command{
	name: "reindex", about: "copy all users into a new index (Elasticsearch)",
	more: `It is the remedy for some of the findings of check. Users can be changed meanwhile,
except for a few seconds at the end. The disk needs room for a second copy. With -v, it
writes its progress.`,
	prepare: withoutFlags(with(reindex)),
}

func reindex(ctx context.Context, c *call, s store) error {
	e, ok := s.(interface{ Reindex(context.Context) error })
	if !ok {
		return usageError{"reindex is for Elasticsearch: PostgreSQL and SQLite keep their indexes themselves"}
	}
	if err := e.Reindex(ctx); err != nil {
		return err
	}
	return c.done("all users are in a new index", map[string]bool{"reindexed": true})
}
