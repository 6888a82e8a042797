package esstore

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// checkBlocks adds a finding for each block of the index. The order is that in
// which to lift them: some blocks permit no change except their own removal.
func (c *checkup) checkBlocks(name string, i indexState, migrating bool) {
	for _, block := range []string{"metadata", "read_only", "read_only_allow_delete", "write", "read"} {
		switch {
		case i.setting("index.blocks."+block) != "true":
		case block == "write" && migrating:
			c.add(CodeBlocked, "Writes to "+name+" are refused by the cutover of a migration, which takes some seconds, or by one that was killed during its cutover. Sign-ups and changes are refused.",
				"If this lasts longer, run Setup.", "")
		default:
			c.addBlock(name, block)
		}
	}
}

// addBlock adds the finding for one block.
func (c *checkup) addBlock(name, block string) {
	problem := "writes to " + name + " are refused. Sign-ups and changes fail"
	remedy := "Find out why it was set, and lift it."
	switch block {
	case "metadata":
		problem = "the mapping and settings of " + name + ", or of another index of the Store, can't be read. Setup fails, and nothing can be checked"
	case "read":
		problem = "nothing can be read from " + name + ". Log-ins fail, and it is unknown whether a sign-up succeeded"
	case "read_only_allow_delete":
		problem += ". Elasticsearch sets this block when the disk is nearly full"
		remedy = "Free space on the disk, or add some. Elasticsearch then lifts the block by itself; the request lifts it at once."
	}
	c.add(CodeBlocked, "Because of index.blocks."+block+", "+problem+".", remedy,
		settingsRequest(name, map[string]any{"index.blocks." + block: nil}))
}

// checkSettings checks the settings that can be worse than those that Setup sets.
func (c *checkup) checkSettings(name string, i indexState) {
	c.expands = !slices.Contains([]string{"", "false"}, i.setting("index.auto_expand_replicas"))
	if n, err := strconv.Atoi(i.setting("index.max_result_window")); err == nil {
		c.window = n
	}
	c.checkSlowLogs(name, i)
	for _, r := range c.settingRules() {
		if value := i.setting(r.name); r.isWrong(value) {
			request := settingsRequest(name, map[string]any{r.name: r.right})
			if r.post != "" {
				request = "POST /" + name + r.post
			}
			c.add(r.code, fmt.Sprintf("%s of %s is %q. %s", r.name, name, value, r.problem), r.remedy, request)
		}
	}
	if n := i.setting("index.number_of_shards"); n != "" && n != "1" {
		c.add(CodeSeveralShards,
			fmt.Sprintf("The index %s has %s shards, and Setup makes one. The Store works, but the index can't be migrated: Setup will fail when a later version of this package needs a migration.", name, n),
			"Shrink it (POST /"+name+"/_shrink) to "+name[:strings.LastIndexByte(name, '-')+1]+"…, with the next number and one shard, and move the aliases there.", "")
	}
}

// A settingRule is about a setting that one request corrects.
type settingRule struct {
	code, name      string
	isWrong         func(value string) bool // "" if the setting isn't set
	problem, remedy string
	right           any    // nil: the default
	post            string // the path of the request, if it isn't one for the settings
}

func (c *checkup) settingRules() []settingRule {
	const findOut = "Find out why it was set, and remove it."
	return []settingRule{
		{
			CodeLifecycle, settingLifecycle, isSet,
			"A policy of index lifecycle management may delete the index with all users, or make it refuse writes. Setup fails, and so do sign-ups and changes. The policy may come from an index template.",
			"Remove the policy from the index, and make sure that no template sets it for the next one.", nil, "/_ilm/remove",
		},
		{
			CodeDurability, "index.translog.durability",
			func(value string) bool { return strings.EqualFold(value, "async") },
			"A write is acknowledged before it is on the disk: a node that crashes loses the writes of the last seconds.",
			"Make Elasticsearch acknowledge a write only when it is on the disk.", "request", "",
		},
		{
			CodeWaitForActiveShards, "index.write.wait_for_active_shards",
			func(value string) bool { return c.expands && value != "" && value != "1" },
			"Writes wait for copies that may not exist, as the index adjusts the number of its replicas: without a second node, sign-ups hang and then fail. The setting doesn't make writes safer.",
			"Set it to its default.", "1", "",
		},
		{
			CodePipeline, "index.default_pipeline", isPipeline,
			"An ingest pipeline may change or drop users before they are stored.", findOut, nil, "",
		},
		{
			CodePipeline, "index.final_pipeline", isPipeline,
			"An ingest pipeline may change or drop users before they are stored.", findOut, nil, "",
		},
		{
			CodeRefreshOff, "index.refresh_interval", isNoRefresh,
			"Searches don't find what was written until the next refresh, which is that long after, or made by Refresh or Export alone.", "Set it to its default.", nil, "",
		},
		{
			CodeResultWindow, "index.max_result_window",
			func(string) bool { return c.window > 0 && c.window < maxPageSize },
			c.windowProblem(), "Set it to its default.", nil, "",
		},
	}
}

// windowProblem says what fails because of the greatest length of a page.
func (c *checkup) windowProblem() string {
	if c.window < defaultPageSize {
		return fmt.Sprintf("Search fails if PageSize is greater, as the default of %d is. Export fails.", defaultPageSize)
	}
	return fmt.Sprintf("Search fails for a greater PageSize, and %d is permitted.", maxPageSize)
}

// checkWindowOfCopy checks that the pages of an unfinished copy are long enough, and
// reports whether they aren't. An index template may have shortened them.
func (c *checkup) checkWindowOfCopy(name string, i indexState) bool {
	const setting = "index.max_result_window"
	if i.resultWindow() >= maxPageSize {
		return false
	}
	c.add(CodeResultWindow,
		fmt.Sprintf("%s of the incomplete copy %s is %d. Setup and Reindex fail if they need longer pages, and so does Search after the migration. An index template may have set it.", setting, name, i.resultWindow()),
		"Set it to its default. Correct the index template too.", settingsRequest(name, map[string]any{setting: nil}))
	return true
}

// maxRefresh is the longest interval, in seconds, after which searches find what was written
// and which isn't reported.
const maxRefresh = 60

// isNoRefresh reports whether interval is zero, negative or longer than maxRefresh.
func isNoRefresh(interval string) bool {
	s, ok := seconds(interval)
	return ok && (s <= 0 || s > maxRefresh)
}

// seconds returns a time of Elasticsearch's, such as "90s", "0" or "-1", and whether it is
// one.
func seconds(text string) (s float64, ok bool) {
	number := strings.TrimRight(strings.ToLower(text), "abcdefghijklmnopqrstuvwxyz")
	unit, ok := map[string]float64{
		"": 1, "nanos": 1e-9, "micros": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600, "d": 86400,
	}[strings.ToLower(text)[len(number):]]
	n, err := strconv.ParseFloat(number, 64)
	return n * unit, ok && err == nil
}

// checkReplicas checks that the index has a replica.
func (c *checkup) checkReplicas(name string, i indexState) {
	if i.setting("index.number_of_replicas") != "0" {
		return
	}
	problem := "The index " + name + " has a single copy: if its disk fails, all users are lost, and while its node is down nothing works."
	if c.expands {
		c.add(CodeNoReplica, problem, "Add a second data node to the cluster. The index makes a replica there by itself (index.auto_expand_replicas).", "")
		return
	}
	c.add(CodeNoReplica, problem, "Make the index create a replica as soon as there is a second data node.", expandRequest(name))
}

func expandRequest(index string) string {
	return settingsRequest(index, map[string]any{"index.auto_expand_replicas": "0-1"})
}
