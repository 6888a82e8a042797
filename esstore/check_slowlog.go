package esstore

import (
	"maps"
	"slices"
	"strings"
)

// checkSlowLogs adds a finding for each log of slow requests that may quote users.
func (c *checkup) checkSlowLogs(name string, i indexState) {
	const (
		source  = "index.indexing.slowlog.source"
		correct = " Correct the index template too, if one sets it."
	)
	if thresholds := i.thresholds("index.indexing.slowlog.threshold."); len(thresholds) > 0 && !slices.Contains([]string{"false", "0"}, i.setting(source)) {
		c.add(CodeSlowLog, "Elasticsearch may write documents of "+name+" that are slow to store into its log, with their addresses and hashes: "+strings.Join(thresholds, ", ")+" is set, and "+source+" is not false.",
			"Keep the documents out of the log, and delete its files that have some."+correct, settingsRequest(name, map[string]any{source: "false"}))
	}
	if thresholds := i.thresholds("index.search.slowlog.threshold."); len(thresholds) > 0 {
		off := map[string]any{}
		for _, threshold := range thresholds {
			off[threshold] = nil
		}
		c.add(CodeSlowLog, "Elasticsearch may write slow searches of "+name+" into its log, with the addresses and names that are looked for: "+strings.Join(thresholds, ", ")+" is set.",
			"Turn that off, or keep the log as secret as the users."+correct, settingsRequest(name, off))
	}
}

// thresholds returns the names of the settings that begin with prefix and whose value is a
// time, from 0. What takes longer is logged.
func (i indexState) thresholds(prefix string) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(i.Settings)), func(name string) bool {
		s, ok := seconds(i.setting(name))
		return !strings.HasPrefix(name, prefix) || !ok || s < 0
	})
}
