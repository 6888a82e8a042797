package esstore

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// installation looks for what is wrong with in, and returns the index to look at
// further, or "".
func (c *checkup) installation(in installation) string {
	behind := in.behind()
	switch len(behind) {
	case 0:
		c.noAlias(in)
		return ""
	case 1:
	default:
		c.add("several-indices",
			fmt.Sprintf("%d indices are behind the alias %s: %s. Writes and log-ins fail.", len(behind), in.alias, strings.Join(behind, ", ")),
			"Find out which of them has the users, and take the alias from the others, as well as those with .own at the end (POST /_aliases, remove).", "")
		return ""
	}
	name := behind[0]
	i := in.indices[name]
	switch {
	case name == in.alias:
		c.add("alias-is-index",
			fmt.Sprintf("%s is an index, where an alias is wanted: something wrote there before Setup, or it was restored under that name. Nothing works.", name),
			"If it has nothing that is needed, delete it, and run Setup. If it has the users, clone it (POST /"+name+"/_clone) to "+indexName(in.alias, in.last()+1)+", delete it, and check again.", "")
		return ""
	case i.schema() == 0:
		c.add("foreign-index",
			fmt.Sprintf("The index %s behind the alias %s was not made by this package. Fields may be lost, or shown that nobody is to see.", name, in.alias),
			"Give the Store another Options.Alias, or take the alias from that index and run Setup.", "")
		return ""
	case i.schema() > schema:
		c.add("newer-schema",
			fmt.Sprintf("The index %s has the schema %d, and this program knows %d at most. It reads and writes users, but can neither migrate nor search as that version does.", name, i.schema(), schema),
			"Update this program.", "")
	case i.schema() < schema:
		c.add("older-schema",
			fmt.Sprintf("The index %s has the schema %d, and this version of the package makes %d. Search doesn't work, or finds too little.", name, i.schema(), schema),
			"Run Setup, which migrates while the Store is used.", "")
	}
	if !isIndexOf(name, in.alias) {
		c.add("index-name",
			fmt.Sprintf("The index %s behind the alias %s has another name than Setup gives, as one that was restored may have. Writes and log-ins fail.", name, in.alias),
			"Clone it (POST /"+name+"/_clone) to "+indexName(in.alias, in.last()+1)+", or restore it under that name, and move the alias there.", "")
	} else if !i.has(ownAlias(name)) {
		c.add("no-own-alias",
			fmt.Sprintf("The index %s has no alias %s, as after it was restored without aliases. Update and Delete fail, and so does a log-in that renews a hash.", name, ownAlias(name)),
			"Add the alias.", aliasRequest(add(name, ownAlias(name))))
	}
	if !i.Aliases[in.alias].isPlain() {
		c.add("alias-differs",
			fmt.Sprintf("The alias %s leads to %s with a filter, with routing, or not for writes. Users seem to be missing, or can't be written.", in.alias, name),
			"Set the alias anew.", aliasRequest(addWritten(name, in.alias)))
	}
	moving := c.others(in, name)
	c.mapping(name, i)
	c.blocks(name, i, moving)
	c.settings(name, i)
	c.replicas(name, i)
	return name
}

// noAlias is for when nothing is behind the alias.
func (c *checkup) noAlias(in installation) {
	best, other := "", ""
	for name, i := range in.indices {
		from := i.Mappings.Meta.Signup.From
		source, there := in.indices[from]
		switch {
		case i.schema() == 0 || i.schema() > schema || there && source.named(movedAlias(from)) == "": // not a whole copy
			other = max(other, name)
		case numberOf(name) >= numberOf(best):
			best = name
		}
	}
	switch {
	case best != "":
		c.add("no-alias",
			fmt.Sprintf("The index %s hasn't the alias %s: it was lost, or the index was restored without it. Nothing works.", best, in.alias),
			"Make sure that it is the index that has the users, and add the aliases. If it was restored, delete whom you deleted since.",
			aliasRequest(addWritten(best, in.alias), add(best, ownAlias(best))))
	case other != "":
		c.add("no-alias",
			fmt.Sprintf("There is the index %s, but it hasn't the alias %s, and isn't a whole one of this version's. Nothing works.", other, in.alias),
			"Find out what it is. If it has nothing that is needed, delete it, and run Setup.", "")
	default:
		c.add("no-alias", fmt.Sprintf("There is no index behind the alias %s. Nothing works.", in.alias),
			"Run Setup. If there were users, restore them from a snapshot first.", "")
	}
}

// others looks at the indices that aren't behind the alias, as current is, and
// reports whether a migration isn't at its end.
func (c *checkup) others(in installation, current string) (moving bool) {
	names := make([]string, 0, len(in.indices))
	for name := range in.indices {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		i := in.indices[name]
		switch {
		case name == current:
		case i.named(movedAlias(name)) != "":
			moving = true
			c.add("migration-leftover",
				fmt.Sprintf("The users of %s were moved to %s, but it is still there, with whomever was deleted since.", name, current),
				"Run Setup, which deletes it, or tells why not.", "")
		case i.schema() > 0 && i.Mappings.Meta.Signup.From == current && i.named(copyLease(name)) != "":
			moving = true
			again := "Reindex" // for Setup has nothing to do
			if in.indices[current].schema() < schema {
				again = "Setup"
			}
			c.add("migration-unfinished",
				fmt.Sprintf("%s is a copy of %s that isn't finished: a migration is under way, or was broken off.", name, current),
				"If no Setup or Reindex runs, run "+again+", which goes on where it ended.", "")
		case i.has(ownAlias(name)):
			c.add("other-index",
				fmt.Sprintf("The index %s isn't behind the alias %s, but has its own one: programs that have read a user there change and delete them there, where nobody sees it.", name, in.alias),
				"Take that alias from it. Delete it when nobody needs it any more.", aliasRequest(remove(name, ownAlias(name))))
		default:
			c.add("other-index",
				fmt.Sprintf("The index %s isn't behind the alias %s. If it was restored or copied, it has users as they were, also those who were deleted since.", name, in.alias),
				"Delete it when nobody needs it any more.", "")
		}
	}
	return moving
}

// mapping compares the mapping with the declared one.
func (c *checkup) mapping(name string, i index) {
	dynamic := "true" // the default
	if i.Mappings.Dynamic != nil {
		dynamic = fmt.Sprint(i.Mappings.Dynamic)
	}
	if dynamic != "strict" {
		c.add("dynamic-mapping",
			fmt.Sprintf("The mapping of %s takes fields that this package doesn't declare (dynamic isn't strict): what something else writes there is stored, and may be mapped, so that it can be searched for, up to the limit of fields.", name),
			"Make the mapping strict.", console(http.MethodPut, "/"+name+"/_mapping", map[string]any{"dynamic": "strict"}))
	}
	if i.schema() != schema {
		return // which has other fields
	}
	const reindex = "Run Store.Reindex, which copies all users into a new index with the right mapping while the Store is used."
	var differ []string
	declared := declared()
	for field, want := range declared {
		if !reflect.DeepEqual(i.Mappings.Properties[field], want) {
			differ = append(differ, field)
		}
	}
	slices.Sort(differ)
	if len(differ) > 0 {
		c.add("mapping-differs",
			fmt.Sprintf("Fields of %s aren't mapped as this package declares them: %s. Search finds too little or fails, or it finds by what nobody is to search for, such as the hash.", name, strings.Join(differ, ", ")),
			reindex, "")
	}
	more := 0
	for field := range i.Mappings.Properties {
		if declared[field] == nil {
			more++
		}
	}
	if more > 0 { // their names may be anything
		c.add("too-many-fields",
			fmt.Sprintf("The mapping of %s has fields that this package doesn't declare, %d at the top: something else writes there, or did.", name, more),
			"Find out what it is (GET /"+name+"/_mapping tells the fields), and let no other user write. "+reindex, "")
	}
}

// blocks tells of each block.
func (c *checkup) blocks(name string, i index, moving bool) {
	for _, block := range []string{"metadata", "read_only", "read_only_allow_delete", "write", "read"} {
		switch {
		case i.setting("index.blocks."+block) != "true":
		case block == "write" && moving:
			c.add("blocked", "Writes to "+name+" are refused, by the end of a migration, which takes some seconds, or by one that was killed there. Sign-ups and changes are refused.",
				"If it goes on for longer than that, run Setup.", "")
		default:
			c.block(name, block)
		}
	}
}

// block tells of one. Each has a request of its own, and in the order of blocks:
// some blocks let nothing be changed but themselves.
func (c *checkup) block(name, block string) {
	problem := "writes to " + name + " are refused. Sign-ups and changes fail"
	cure := "Find out who set it, and why, and lift it."
	switch block {
	case "metadata":
		problem = "mapping and settings of " + name + ", or of another index of the Store, can't be read. Setup fails, and there is nothing to be checked"
	case "read":
		problem = "nothing can be read of " + name + ". Nobody can log in, and whether a sign-up succeeded can't be told"
	case "read_only_allow_delete":
		problem += ". Elasticsearch sets this block when the disk is nearly full"
		cure = "Free space on the disk, or add some. Elasticsearch lifts the block then, by itself; the request does it at once."
	}
	c.add("blocked", "Because of index.blocks."+block+", "+problem+".", cure,
		settingsRequest(name, map[string]any{"index.blocks." + block: nil}))
}

// settings tells of those that are worse than what Setup sets.
func (c *checkup) settings(name string, i index) {
	c.expands = !slices.Contains([]string{"", "false"}, i.setting("index.auto_expand_replicas"))
	if i.setting("index.verified_before_close") == "true" {
		c.add("closed", "The index "+name+" is closed. Nothing works.", "Open it.", "POST /"+name+"/_open")
	}
	if i.setting("index.lifecycle.name") != "" {
		c.add("lifecycle", "The index "+name+" has a policy of index lifecycle management, which may delete it, with all users, or have it refuse writes. An index template may have given it one.",
			"Take the policy from the index, and see that no template gives it to the next.", "POST /"+name+"/_ilm/remove")
	}
	if n, err := strconv.Atoi(i.setting("index.max_result_window")); err == nil {
		c.window = n
	}
	for _, setting := range []struct {
		code, name    string
		wrong         bool
		problem, cure string
		right         any
	}{
		{
			"durability", "index.translog.durability", strings.EqualFold(i.setting("index.translog.durability"), "async"),
			"A write is acknowledged before it is on the disk: a node that crashes loses the writes of the last seconds.",
			"Have each write be on the disk first.", "request",
		},
		{
			"wait-for-active-shards", "index.write.wait_for_active_shards",
			c.expands && !slices.Contains([]string{"", "1"}, i.setting("index.write.wait_for_active_shards")),
			"Writes wait for copies that there may not be, as the index sets the number of its replicas by itself: without a second node sign-ups hang, then fail. It doesn't make writes any safer.",
			"Set it to its default.", "1",
		},
		{
			"pipeline", "index.default_pipeline", !slices.Contains([]string{"", "_none"}, i.setting("index.default_pipeline")),
			"An ingest pipeline may change or drop users on their way in.", "Find out who set it, and why, and remove it.", nil,
		},
		{
			"pipeline", "index.final_pipeline", !slices.Contains([]string{"", "_none"}, i.setting("index.final_pipeline")),
			"An ingest pipeline may change or drop users on their way in.", "Find out who set it, and why, and remove it.", nil,
		},
		{
			"refresh-off", "index.refresh_interval", isNotPositive(i.setting("index.refresh_interval")),
			"Search and Export don't see what was written since, until somebody refreshes.", "Set it to its default.", nil,
		},
		{
			"result-window", "index.max_result_window", c.window > 0 && c.window < maxPageSize,
			fmt.Sprintf("Search fails for a PageSize beyond that, and %d is allowed.", maxPageSize), "Set it to its default.", nil,
		},
	} {
		if setting.wrong {
			c.add(setting.code, fmt.Sprintf("%s of %s is %q. %s", setting.name, name, i.setting(setting.name), setting.problem),
				setting.cure, settingsRequest(name, map[string]any{setting.name: setting.right}))
		}
	}
	if n := i.setting("index.number_of_shards"); n != "" && n != "1" {
		c.add("several-shards",
			fmt.Sprintf("The index %s has %s shards, where Setup makes one. It works, but can't be migrated: Setup will refuse to, when a later version of this package needs it.", name, n),
			"Shrink it (POST /"+name+"/_shrink) to "+name[:strings.LastIndexByte(name, '-')+1]+"…, with the next number and one shard, and move the aliases there.", "")
	}
}

// isNotPositive reports whether interval, such as "-1" or "0s", is one.
func isNotPositive(interval string) bool {
	n, err := strconv.Atoi(strings.TrimRight(interval, "abcdefghijklmnopqrstuvwxyz"))
	return err == nil && n <= 0
}

func (c *checkup) replicas(name string, i index) {
	if i.setting("index.number_of_replicas") != "0" {
		return
	}
	problem := "There is a single copy of the index " + name + ": the users are as safe as the disk that it is on, and while its node is down nothing works."
	if c.expands {
		c.add("no-replica", problem, "Add a second data node to the cluster. The index makes a replica there by itself (index.auto_expand_replicas).", "")
		return
	}
	c.add("no-replica", problem, "Let the index make a replica as soon as there is a second data node.", expandRequest(name))
}

func expandRequest(index string) string {
	return settingsRequest(index, map[string]any{"index.auto_expand_replicas": "0-1"})
}
