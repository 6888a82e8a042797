package esstore

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

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
	// Request is the request that applies the remedy, as Kibana's console accepts
	// it: a line with the method and the path, and, if there is one, the body on the
	// next line. It is empty if no single request is enough, or if a person has to
	// decide.
	Request string
}

// Check returns the problems of the installation, the most severe first; nil if
// there are none. The order is that of the Code constants.
//
// Check is for operators and alarms. It makes up to eight requests, so don't call it
// for each request of a client. It changes nothing: to find out whether writes are
// refused, it deletes a document that doesn't exist. It needs only the privileges of
// [Role]. With the privilege monitor on the cluster, it also finds why the cluster
// refuses requests, and index templates that change the index or would make a data
// stream. If something can't be checked, that is a finding with [CodeNotChecked], and
// the check continues. Check returns an error only if ctx is done or if it could not
// check anything.
func (s *Store) Check(ctx context.Context) ([]Finding, error) {
	c := checkup{store: s}
	target, err := c.checkIndices(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.checkParts(ctx, target); err != nil {
		return nil, err
	}
	slices.SortStableFunc(c.findings, func(a, b Finding) int { return rankOf(a.Code) - rankOf(b.Code) })
	return c.findings, nil
}

const checkOp = "check"

// A checkup collects the findings of one Check.
type checkup struct {
	store    *Store
	index    indexState // the index to check further; zero if it isn't known
	expands  bool       // the index adjusts the number of its replicas
	window   int        // the greatest number of documents in a search; 0: unlimited
	next     string     // the index that Setup or Reindex would make next; "" if that isn't known
	refused  bool       // a write was refused by a block that is not the index's
	unfit    bool       // a search was refused that should have been possible
	findings []Finding
}

// checkIndices checks the indices and aliases. It returns the index to check
// further, or the alias if that isn't known, or "".
func (c *checkup) checkIndices(ctx context.Context) (target string, err error) {
	in, err := c.store.look(ctx, checkOp)
	if err == nil {
		c.next = indexName(in.alias, in.lastNumber()+1)
		return c.checkInstallation(in), nil
	}
	switch e := asError(err); {
	case e.isBlocked():
		c.addBlock(c.store.alias, "metadata")
		return "", nil
	case e.Status == http.StatusForbidden:
		c.addNotChecked("Aliases, mapping and settings", err)
		return c.store.alias, nil
	}
	return "", err
}

// checkParts checks what takes a request of its own.
func (c *checkup) checkParts(ctx context.Context, target string) error {
	for _, part := range []struct {
		name        string
		check       func(ctx context.Context, target string) error
		needsTarget bool
	}{
		{"Privileges", c.checkPrivileges, false},
		{"Differences", c.checkDifferences, true},
		{"The number of copies of the index", c.checkCopies, true},
		{"Documents", c.checkDocuments, true},
		{"Writes", c.checkWrites, true},
		{"The settings of the cluster", c.checkCluster, false},
		{"The index templates", c.checkTemplates, false},
	} {
		if part.needsTarget && (target == "" || c.has(CodeUnavailable)) {
			continue
		}
		switch err := part.check(ctx, target); {
		case err == nil, isBlocked(err): // the block is a finding already
		case asError(err).Status == 0:
			return err
		default:
			c.addNotChecked(part.name, err)
		}
	}
	return nil
}

func (c *checkup) add(code, problem, remedy, request string) {
	c.findings = append(c.findings, Finding{code, severityOf(code), problem, remedy, request})
}

func (c *checkup) addNotChecked(subject string, err error) {
	reason := strings.TrimPrefix(err.Error(), "esstore: "+checkOp+": ")
	c.add(CodeNotChecked, fmt.Sprintf("%s could not be checked: %s.", subject, reason),
		"If another finding says that a privilege is missing, grant it. Otherwise see Elasticsearch's log. Then check again.", "")
}

func (c *checkup) has(code string) bool {
	return slices.ContainsFunc(c.findings, func(f Finding) bool { return f.Code == code })
}

// consoleRequest returns a request as Kibana's console accepts it.
func consoleRequest(method, path string, body any) string {
	b, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return method + " " + path + "\n" + string(b)
}

func settingsRequest(index string, settings map[string]any) string {
	return consoleRequest(http.MethodPut, "/"+index+"/_settings", settings)
}

func aliasRequest(actions ...map[string]any) string {
	return consoleRequest(http.MethodPost, "/_aliases", map[string]any{"actions": actions})
}
