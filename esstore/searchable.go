package esstore

import (
	"context"
	"fmt"
	"net/http"
)

// checkSearchable returns an error if the index can't be searched. A search of an
// index with an older schema would succeed but miss users.
func (s *Store) checkSearchable(ctx context.Context) error {
	if s.searchable.Load() {
		return nil
	}
	in, name, err := s.lookBehind(ctx, "search")
	if err != nil {
		return err
	}
	if found := in.indices[name].schema(); found < schema {
		return fmt.Errorf("esstore: search: the index %s has the schema %d, and %d is needed: call Setup first", name, found, schema)
	}
	if err := in.checkFindable(name); err != nil {
		return fmt.Errorf("esstore: search: %w", err)
	}
	s.searchable.Store(true)
	return nil
}

// checkExportable returns an error if the index behind the alias isn't one that Setup
// made, or if a listing of it would miss users. A listing itself doesn't show that. If
// the privilege view_index_metadata is missing, it returns nil.
func (s *Store) checkExportable(ctx context.Context) error {
	in, name, err := s.lookBehind(ctx, "export")
	if e := asError(err); e.Status == http.StatusForbidden && !e.isBlocked() {
		return nil
	}
	if err != nil {
		return err
	}
	if err := in.checkFindable(name); err != nil {
		return fmt.Errorf("esstore: export: %w", err)
	}
	return nil
}

// lookBehind reads the installation, and returns the name of the index behind the alias.
func (s *Store) lookBehind(ctx context.Context, op string) (installation, string, error) {
	in, err := s.look(ctx, op)
	if err != nil {
		return in, "", err
	}
	name, err := in.current()
	switch {
	case err != nil:
		return in, "", fmt.Errorf("esstore: %s: %w", op, err)
	case name == "":
		// As Elasticsearch responds to the other methods.
		return in, "", &Error{Op: op, Status: http.StatusNotFound, Type: typeNoIndex}
	}
	return in, name, nil
}

// checkFindable returns an error if a search through the alias would miss users of the
// index of this name, which is behind the alias.
func (in installation) checkFindable(name string) error {
	i := in.indices[name]
	if a := i.Aliases[in.alias]; a.Filter != nil || a.SearchRouting != "" {
		return fmt.Errorf("the alias %s of the index %s has a filter or routing, so that users would be missing: set it again (see Check)", in.alias, name)
	}
	if differences := harmful(i.differences(), hides); len(differences) > 0 {
		return fmt.Errorf("the index %s can't be searched, because it is not as this package asks for: %s. %s", name, textOf(differences), remedyOf(differences))
	}
	return nil
}
