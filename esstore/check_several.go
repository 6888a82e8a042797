package esstore

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// addSeveralIndices adds the finding that several indices are behind the alias.
func (c *checkup) addSeveralIndices(in installation, behind []string) {
	problem := fmt.Sprintf("%d indices are behind the alias %s: %s. ", len(behind), in.alias, strings.Join(behind, ", "))
	written := in.writeIndex(behind)
	if copies := in.copiesBehind(behind); len(copies) == len(behind)-1 {
		c.add(CodeSeveralIndices, problem+"Log-ins fail. "+strings.Join(copies, ", ")+" is an incomplete copy, to which an index template has added the alias.",
			"Run Setup, which takes the alias off the copy. Then correct the template, and check again.", "")
		return
	}
	if written == "" {
		c.add(CodeSeveralIndices, problem+"Writes and log-ins fail.",
			"Find out which index has the users. If more than one has, stop the application and copy the users of the others first ("+copyRequest("…", "…")+
				"). Then remove the alias from the others, and also their aliases that end with .own (POST /_aliases, remove).", "")
		return
	}
	origin := ""
	if in.indices[written].schema() == 0 {
		origin = ", which this package didn't make"
	}
	problem += fmt.Sprintf("Log-ins fail, but writes go to the index %s%s. Users that were acknowledged since then are only there.", written, origin)
	c.add(CodeSeveralIndices, problem, saveRemedy(in, behind, written), "")
}

// copiesBehind returns the unfinished copies, of the indices behind the alias, that Setup
// takes the alias off.
func (in installation) copiesBehind(behind []string) (copies []string) {
	for _, source := range behind {
		for _, name := range in.copiesOf(source) {
			if in.indices[name].hasAlias(in.alias) {
				copies = append(copies, name)
			}
		}
	}
	return copies
}

// writeIndex returns the index that is written to through the alias, of those behind it;
// "" if writes fail. An index that has the name of the alias is none.
func (in installation) writeIndex(behind []string) string {
	for _, name := range behind {
		if w := in.indices[name].Aliases[in.alias].IsWriteIndex; w != nil && *w {
			return name
		}
	}
	return ""
}

// saveRemedy says how to save the users of the index written before the alias leads to
// one index again.
func saveRemedy(in installation, behind []string, written string) string {
	others := slices.DeleteFunc(slices.Clone(behind), func(name string) bool {
		return name == written || in.indices[name].schema() == 0
	})
	if len(others) == 0 && in.indices[written].schema() > 0 {
		return "If writes went to another of these indices before, stop the application and copy its users to " + written + " (" + copyRequest("…", written) +
			conflictHint + "Then remove the alias from all indices except " + written + " (POST /_aliases)."
	}
	if len(others) != 1 {
		return "Stop the application. Find out which of the other indices has the users, and copy the users of " + written + " there (" + copyRequest(written, "…") +
			conflictHint + "Only then remove the alias from all indices except that one (POST /_aliases)."
	}
	to := others[0]
	if in.indices[written].schema() > 0 { // either may be the one to keep
		return "Stop the application. Compare " + written + " and " + to + ". Copy the users that one of them lacks to the other (" + copyRequest(written, to) +
			conflictHint + "Only then remove the alias from the one that isn't needed, and also its alias that ends with .own (POST /_aliases)."
	}
	alone := aliasRequest(removeAlias(written, in.alias), addWriteAlias(to, in.alias))
	return "Stop the application. Copy the users to " + to + " (" + copyRequest(written, to) + conflictHint +
		"Only then move the alias: " + strings.Replace(alone, "\n", " ", 1) + ". Find out what made the index, such as a rollover, and turn that off."
}

const conflictHint = "). Its response counts as version_conflicts the users that both indices have: compare these. "

// copyRequest returns the requests, on one line, that copy the users of an index that the
// other one doesn't have.
func copyRequest(from, to string) string {
	return "POST /" + from + "/_refresh, then " + strings.Replace(consoleRequest(http.MethodPost, "/_reindex", map[string]any{
		"conflicts": "proceed",
		"source":    map[string]any{"index": from},
		"dest":      map[string]any{"index": to, "op_type": "create"},
	}), "\n", " ", 1)
}
