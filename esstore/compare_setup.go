package esstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"
)

// readIndex reads an index completely, by its name or by an alias that it alone has.
func (s *Store) readIndex(ctx context.Context, op, name string) (string, indexState, error) {
	r, err := s.send(ctx, op, esapi.IndicesGetRequest{Index: []string{name}, FlatSettings: &yes, Instrument: s.instrument})
	if err != nil {
		return "", indexState{}, err
	}
	var indices map[string]indexState
	if json.Unmarshal(r.Body, &indices) != nil || len(indices) == 0 {
		return "", indexState{}, notElasticsearch(op, r.Status)
	}
	if len(indices) > 1 {
		return "", indexState{}, fmt.Errorf("esstore: %s: %d indices are behind the alias %s, instead of one. Check describes the remedy", op, len(indices), name)
	}
	var i indexState
	for name, i = range indices { // there is one
	}
	return name, i, nil
}

// readNew reads the index that was created just now.
func (s *Store) readNew(ctx context.Context, op, name string) (indexState, error) {
	_, i, err := s.readIndex(ctx, op, name)
	if isNoIndex(err) {
		err = asError(err).asTransient("a node doesn't know the new index yet")
	}
	return i, err
}

// acceptFirst reads the index that this Setup has just created, behind the alias. If
// it can't be used, acceptFirst deletes it, provided that nothing was written to it,
// and returns an error that says why.
func (s *Store) acceptFirst(ctx context.Context, op, name string) error {
	i, err := s.readNew(ctx, op, name)
	if err != nil {
		return err
	}
	differences := harmful(i.differences(), hides)
	if len(differences) == 0 {
		s.served.accept(name)
		return nil
	}
	unusable := s.unusable(ctx, op, name, differences)
	if err := s.deleteUnwritten(ctx, op, name); err != nil {
		return fmt.Errorf("%w. The index could not be deleted: %w", unusable, err)
	}
	return unusable
}

// deleteUnwritten deletes an index if nothing was ever written to it. Writes are
// refused before that is found out.
func (s *Store) deleteUnwritten(ctx context.Context, op, name string) error {
	if err := s.block(ctx, op, name); err != nil {
		return err
	}
	at, err := s.readCheckpoint(ctx, op, name)
	if err == nil && at.last >= 0 {
		err = errors.New("it was written to")
	}
	if err != nil {
		return errors.Join(err, s.unblock(ctx, op, name))
	}
	if err := s.deleteIndex(ctx, op, name); err != nil {
		return errors.Join(err, s.unblock(ctx, op, name))
	}
	return nil
}

// acceptCurrent returns an error if the index behind the alias, of this name, would lose
// users. If only searches would miss users, it logs that: a program that calls Setup when
// it starts still registers users and logs them in.
func (s *Store) acceptCurrent(ctx context.Context, op, name string, i indexState) error {
	differences := harmful(i.differences(), hides)
	if lost := harmful(differences, loses); len(lost) > 0 {
		return fmt.Errorf("%w. %s", s.unusable(ctx, op, name, lost), remedyOf(lost))
	}
	if len(differences) > 0 {
		s.logger.WarnContext(ctx, "the index is not as this package asks for, so Search and Export return errors",
			"index", name, "differences", textOf(differences), "remedy", remedyOf(differences))
	}
	s.served.accept(name)
	return nil
}

// remedyOf says what to do about an index that has users and these differences.
func remedyOf(differences []difference) string {
	const check = "Check describes the remedy"
	if slices.ContainsFunc(differences, func(d difference) bool { return d.setting || strings.HasPrefix(d.name, "_source") }) {
		return check
	}
	return check + ", and Reindex copies the users into an index that has none of these differences"
}

// unusable returns the error that an index can't be used, with the reasons, and with
// the index templates that may have caused them.
func (s *Store) unusable(ctx context.Context, op, name string, differences []difference) error {
	return fmt.Errorf("esstore: %s: the index %s can't be used, because it is not as this package asks for: %s. %s",
		op, name, textOf(differences), s.templatesOf(ctx, op, name).remedy())
}

// explained returns the error of a request that creates an index. If Elasticsearch refuses
// the request as invalid, an index template may be the cause.
func (s *Store) explained(ctx context.Context, op, name string, err error) error {
	if e := asError(err); e.Status != http.StatusBadRequest || e.Type == typeIndexExists {
		return err
	}
	t := s.templatesOf(ctx, op, name)
	if t.known && t.names == nil {
		return err
	}
	return fmt.Errorf("%w. %s", err, t.remedy())
}

// acceptCopy reads the copy that was created just now. If the cutover to it would lose
// or hide users, it deletes the copy, to which only this process can write, and returns
// an error that says why. If an index template has put the Store's alias on the copy,
// it takes the alias off at once: the copy would be read as well.
func (m *migration) acceptCopy(ctx context.Context) error {
	i, err := m.s.readNew(ctx, m.op, m.to)
	if err != nil {
		return err
	}
	m.window = min(m.window, i.resultWindow())
	differences := harmful(i.differences(), hides)
	if len(differences) == 0 && !i.hasAlias(m.s.alias) {
		return nil
	}
	if len(differences) == 0 {
		m.log(slog.LevelWarn, "an index template has added the alias to the copy", "alias", m.s.alias)
		return m.s.takeAliasOff(ctx, m.op, m.to, m.copyLease())
	}
	if err := m.s.deleteIndex(ctx, m.op, m.to); err != nil {
		return err
	}
	return m.s.unusable(ctx, m.op, m.to, differences)
}

// takeAliasOff takes the Store's alias off a copy. The lease, which the copy keeps, must
// still be there: the cutover removes it in the step in which it moves the alias.
func (s *Store) takeAliasOff(ctx context.Context, op, name, lease string) error {
	return s.changeAliases(ctx, op, removeAlias(name, lease), addAlias(name, lease), removeAlias(name, s.alias))
}

// takeAliasOffCopies does the same for all unfinished copies: the process that made one
// may have ended before it did. It reports whether it changed something.
func (s *Store) takeAliasOffCopies(ctx context.Context, op string, in installation) (bool, error) {
	behind := in.behind()
	if len(behind) < 2 {
		return false, nil
	}
	changed := false
	for _, source := range behind {
		for _, name := range in.copiesOf(source) {
			if !in.indices[name].hasAlias(s.alias) {
				continue
			}
			err := s.takeAliasOff(ctx, op, name, in.indices[name].aliasWith(copyLeasePrefix(name)))
			if isLeaseLost(err) {
				err = fmt.Errorf("esstore: %s: %w: %w", op, err, errRace)
			}
			if err != nil {
				return changed, err
			}
			changed = true
		}
	}
	return changed, nil
}

// refuseAlias returns an error if an index template would put the Store's alias on the
// copy. While an alias leads to two indices, Get and Create fail, so that is better found
// out before. It takes the privilege manage_index_templates of the cluster, which
// [SetupRole] doesn't have; without it, acceptCopy takes the alias off.
func (m *migration) refuseAlias(ctx context.Context) error {
	r, err := m.s.send(ctx, m.op, esapi.IndicesSimulateIndexTemplateRequest{
		Name: m.to, FilterPath: []string{"template.aliases"}, Instrument: m.s.instrument,
	})
	var response struct {
		Template struct{ Aliases map[string]json.RawMessage }
	}
	if err != nil || json.Unmarshal(r.Body, &response) != nil {
		return nil
	}
	if _, found := response.Template.Aliases[m.s.alias]; !found {
		return nil
	}
	return fmt.Errorf("esstore: %s: the index %s can't be created, because an index template would add the alias %s to it. %s",
		m.op, m.to, m.s.alias, m.s.templatesOf(ctx, m.op, m.to).remedy())
}
