package main

import "context"

var setupCommand = command{
	name: "setup", about: "make or migrate the tables or the index",
	more: `It changes nothing if all is in place, and may be repeated. PostgreSQL needs a role
that may create tables, and Elasticsearch the role that "signup role -setup" prints.
For SQLite it makes the file if there is none, which only its owner can read, and switches
to a write-ahead log.`,
	prepare: withoutFlags(func(ctx context.Context, c *call) error {
		s, err := c.open(true)
		if err != nil {
			return err
		}
		defer s.close()
		if err := s.Setup(ctx); err != nil {
			return err
		}
		return c.done("the store is set up", map[string]bool{"set_up": true})
	}),
}
