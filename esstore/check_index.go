package esstore

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// checkInstallation checks the indices and aliases, and returns the index to check
// further, or "".
func (c *checkup) checkInstallation(in installation) string {
	behind := in.behind()
	switch {
	case len(behind) == 0:
		c.checkClosed(in, "")
		c.addNoAlias(in)
		return ""
	case in.indices[behind[0]].DataStream == in.alias:
		c.add(CodeAliasIsIndex,
			fmt.Sprintf("%s is a data stream, but must be an alias: something wrote there before Setup, and an index template makes a data stream of that name. Nothing works.", in.alias),
			"If it has nothing that is needed, delete it (DELETE /_data_stream/"+in.alias+"), change the template, and run Setup.", "")
		return ""
	case len(behind) > 1:
		c.addSeveralIndices(in, behind)
		return ""
	}
	name := behind[0]
	i := in.indices[name]
	if !c.checkOrigin(in, name) {
		return ""
	}
	c.index = i
	c.checkAliases(in, name)
	migrating := c.checkOthers(in, name)
	c.checkClosed(in, name)
	c.checkMapping(name, i)
	c.checkBlocks(name, i, migrating)
	c.checkSettings(name, i)
	c.checkReplicas(name, i)
	if i.isClosed() {
		return ""
	}
	return name
}

// checkOrigin checks that this package made the index, and with which schema. It
// reports whether there is more to check.
func (c *checkup) checkOrigin(in installation, name string) bool {
	found := in.indices[name].schema()
	switch {
	case name == in.alias:
		c.add(CodeAliasIsIndex,
			fmt.Sprintf("%s is an index, but must be an alias: something wrote there before Setup, or the index was restored under that name. Nothing works.", name),
			"If the index has nothing that is needed, delete it and run Setup. If it has the users, clone it (POST /"+name+"/_clone) to "+indexName(in.alias, in.lastNumber()+1)+", delete it, and check again.", "")
		return false
	case found == 0:
		c.add(CodeForeignIndex,
			fmt.Sprintf("The index %s behind the alias %s was not made by this package. Fields may be lost, or may be visible that should be secret.", name, in.alias),
			"Give the Store another Options.Alias. Or stop the application, remove the alias from that index, and check again. Users that were created while the alias led there are only in that index: copy them to the Store's index ("+copyRequest(name, "…")+") before you delete it.", "")
		return false
	case found > schema:
		c.add(CodeNewerSchema,
			fmt.Sprintf("The index %s has the schema %d, and this program supports %d at most. It reads and writes users, but can't migrate, and doesn't search as the later version does.", name, found, schema),
			"Update this program.", "")
	case found < schema:
		c.add(CodeOlderSchema,
			fmt.Sprintf("The index %s has the schema %d, and this version of the package makes %d. Search fails or finds too little.", name, found, schema),
			"Run Setup, which migrates while the Store is used.", "")
	}
	return true
}

// checkAliases checks the name and the aliases of the index behind the alias.
func (c *checkup) checkAliases(in installation, name string) {
	i := in.indices[name]
	if !isIndexOf(name, in.alias) {
		c.add(CodeIndexName,
			fmt.Sprintf("The index %s behind the alias %s has a name that Setup doesn't give. It may have been restored under that name. Writes and log-ins fail.", name, in.alias),
			"Clone it (POST /"+name+"/_clone) to "+indexName(in.alias, in.lastNumber()+1)+", or restore it under that name, and move the alias there.", "")
	} else if !i.hasAlias(ownAlias(name)) {
		c.add(CodeNoOwnAlias,
			fmt.Sprintf("The index %s lacks the alias %s. It may have been restored without aliases. Update and Delete fail, and so does a log-in that renews a hash.", name, ownAlias(name)),
			"Add the alias.", aliasRequest(addAlias(name, ownAlias(name))))
	}
	if !i.Aliases[in.alias].isPlain() {
		c.add(CodeAliasDiffers,
			fmt.Sprintf("The alias %s of %s has a filter or routing, or takes no writes. Users seem to be missing, or can't be written.", in.alias, name),
			"Set the alias again.", aliasRequest(addWriteAlias(name, in.alias)))
	}
	own := ownAlias(name)
	if i.hasAlias(own) && !i.Aliases[own].isPlain() {
		c.add(CodeAliasDiffers,
			fmt.Sprintf("The alias %s of %s has a filter or routing, or takes no writes. Update and Delete fail, and so does a log-in that renews a hash.", own, name),
			"Set the alias again.", aliasRequest(addAlias(name, own)))
	}
	for _, other := range slices.Sorted(maps.Keys(in.indices)) {
		if other != name && in.indices[other].hasAlias(own) {
			c.add(CodeAliasDiffers,
				fmt.Sprintf("The alias %s of %s leads to %s too. Update and Delete fail, and so does a log-in that renews a hash.", own, name, other),
				"Remove it there.", aliasRequest(removeAlias(other, own)))
		}
	}
}

// checkClosed adds a finding for each closed index that is behind the alias, as current
// is, or that Setup needs. If current is "", it may be any.
func (c *checkup) checkClosed(in installation, current string) {
	for _, name := range slices.Sorted(maps.Keys(in.indices)) {
		if !in.isClosedAndNeeded(name, current) {
			continue
		}
		problem := "Setup fails, and so does Reindex."
		switch current {
		case name:
			problem = "Nothing works."
		case "":
			problem = "It may have the users."
		}
		c.add(CodeClosed, "The index "+name+" is closed. "+problem, "Open it, and check again.", "POST /"+name+"/_open")
	}
}

// addNoAlias adds the finding that no index is behind the alias.
func (c *checkup) addNoAlias(in installation) {
	best, other := in.candidates()
	if len(best) > 1 {
		c.addSeveralCandidates(in.alias, best)
		return
	}
	c.addNoAliasOf(in, strings.Join(best, ""), other)
}

// addNoAliasOf adds the finding if best is the only index to which the alias may be added,
// and other is one to which it may not. Each is "" if there is none.
func (c *checkup) addNoAliasOf(in installation, best, other string) {
	switch {
	case best != "" && in.indices[best].isClosed():
		c.add(CodeNoAlias, fmt.Sprintf("The index %s lacks the alias %s, and is closed. Nothing works.", best, in.alias),
			"Open the index, and check again.", "")
	case best == "" && other != "" && in.indices[other].schema() > 0 && in.mayBePartial(other):
		from := in.indices[other].Mappings.Meta.Signup.From
		c.add(CodeNoAlias,
			fmt.Sprintf("There is the index %s, but it lacks the alias %s, and is a copy of %s, which no longer exists. If the migration was broken off, users are missing in the copy. Nothing works.", other, in.alias, from),
			fmt.Sprintf("If the migration was broken off, or if that isn't known, restore a snapshot of %s, and check again. Only if %s was restored from a snapshot, or had the alias before, add the aliases %s and %s to it (POST /_aliases).", from, other, in.alias, ownAlias(other)), "")
	case best != "":
		c.add(CodeNoAlias,
			fmt.Sprintf("The index %s lacks the alias %s: the alias was removed, or the index was restored without it. Nothing works.", best, in.alias),
			"Make sure that this index has the users, and add the aliases. If it was restored, delete the users again that were deleted after the snapshot.",
			aliasRequest(addWriteAlias(best, in.alias), addAlias(best, ownAlias(best))))
	case other != "":
		c.add(CodeNoAlias,
			fmt.Sprintf("There is the index %s, but it lacks the alias %s, and is not a complete index of this version. Nothing works.", other, in.alias),
			"Find out what it is. If it has nothing that is needed, delete it and run Setup.", "")
	default:
		c.add(CodeNoAlias, fmt.Sprintf("There is no index behind the alias %s. Nothing works.", in.alias),
			"Run Setup. If there were users, restore them from a snapshot first.", "")
	}
}

// addSeveralCandidates adds the finding that the alias may belong to any of several
// indices.
func (c *checkup) addSeveralCandidates(alias string, names []string) {
	list := strings.Join(names, ",")
	c.add(CodeNoAlias,
		fmt.Sprintf("No index has the alias %s, and each of these may be the one with all users: %s. The others may be older copies. Nothing works.", alias, strings.Join(names, ", ")),
		fmt.Sprintf("Find out which index was in use last. Compare the numbers of documents and the dates of the indices (GET /_cat/indices/%s?v&h=index,docs.count,creation.date.string), and the newest users (GET /%s/_search?sort=updated_at:desc&_source=updated_at). A copy has the setting index.resize.source.name. Add the aliases %s and …%s to that index only (POST /_aliases).",
			list, list, alias, ownAlias("")), "")
}

// candidates returns the indices to which the alias may be added, sorted, and another
// index to which it may not, or "". An index with its own alias was used by a Store: if
// there is one, those without are older, or copies.
func (in installation) candidates() (best []string, other string) {
	var used []string
	for _, name := range slices.Sorted(maps.Keys(in.indices)) {
		switch i := in.indices[name]; {
		case i.schema() == 0 || i.schema() > schema || in.mayBePartial(name):
			other = name
		case in.isReplaced(name):
		case i.hasAlias(ownAlias(name)):
			used = append(used, name)
		default:
			best = append(best, name)
		}
	}
	if used != nil {
		return used, other
	}
	return best, other
}

// isReplaced reports whether the users of the index of this name were moved to an index
// that exists.
func (in installation) isReplaced(name string) bool {
	if in.indices[name].aliasWith(movedAliasPrefix(name)) == "" {
		return false
	}
	for copied, i := range in.indices {
		if copied != name && i.schema() > 0 && i.schema() <= schema && i.Mappings.Meta.Signup.From == name {
			return true
		}
	}
	return false
}

// mayBePartial reports whether the index of this name may be a copy of which a part is
// missing. Only a copy to which the alias was moved is complete. Then its source has an
// alias that says so, or no longer exists, and the copy has its own alias.
func (in installation) mayBePartial(name string) bool {
	i := in.indices[name]
	from := i.Mappings.Meta.Signup.From
	if source, exists := in.indices[from]; exists {
		return source.aliasWith(movedAliasPrefix(from)) == ""
	}
	return from != "" && (i.aliasWith(copyLeasePrefix(name)) != "" || !i.hasAlias(ownAlias(name)))
}

// checkOthers checks the indices that are not behind the alias, as current is. It
// reports whether a migration is unfinished.
func (c *checkup) checkOthers(in installation, current string) (migrating bool) {
	for _, name := range slices.Sorted(maps.Keys(in.indices)) {
		i := in.indices[name]
		switch {
		case name == current:
			if moved := i.aliasWith(movedAliasPrefix(name)); moved != "" {
				c.add(CodeMigrationLeftover,
					fmt.Sprintf("The index %s has the alias %s, as if its users had been moved to another index. It was probably restored from a snapshot of the end of a migration. The Store works, but can't be migrated.", name, moved),
					"Run Setup, which removes that alias.", "")
			}
		case i.aliasWith(movedAliasPrefix(name)) != "":
			migrating = true
			c.add(CodeMigrationLeftover,
				fmt.Sprintf("The users of %s were moved to %s, but the index still exists, with users that were deleted since.", name, current),
				"Run Setup with the role that SetupRole returns. It deletes the index, or returns an error that says why it can't. Without the privilege delete_index, which manage includes, Setup returns nil and leaves the index.", "")
		case i.schema() > 0 && i.Mappings.Meta.Signup.From == current && i.aliasWith(copyLeasePrefix(name)) != "":
			migrating = true
			call := "Reindex" // Setup does nothing if the schema is current
			if in.indices[current].schema() < schema {
				call = "Setup"
			}
			first := ""
			if c.checkWindowOfCopy(name, i) {
				first = "send the request of the finding " + CodeResultWindow + ", and "
			}
			c.add(CodeMigrationUnfinished,
				fmt.Sprintf("%s is an incomplete copy of %s: a migration is in progress, or was interrupted.", name, current),
				"If no Setup or Reindex is running, "+first+"run "+call+", which continues where it stopped.", "")
		case !isIndexOf(name, in.alias): // it has an own alias: see checkAliases
		case i.schema() == 0 && !i.hasAlias(ownAlias(name)):
			c.add(CodeOtherIndex,
				fmt.Sprintf("The index %s has a name that Setup gives, but was not made by this package. It is not behind the alias %s.", name, in.alias),
				"Find out what it is. If a rollover made it, it may have users that exist nowhere else: copy them before you delete it. Otherwise give it another name, or the Store another Options.Alias, so that the two aren't confused.", "")
		case i.hasAlias(ownAlias(name)):
			c.add(CodeOtherIndex,
				fmt.Sprintf("The index %s is not behind the alias %s, but has its own alias: programs that have read a user there change and delete the user there, without effect on the Store.", name, in.alias),
				"Remove that alias. Delete the index when it is no longer needed.", aliasRequest(removeAlias(name, ownAlias(name))))
		default:
			c.add(CodeOtherIndex,
				fmt.Sprintf("The index %s is not behind the alias %s. If it was restored or copied, it has users as they once were, and users that were deleted since.", name, in.alias),
				"Delete it when it is no longer needed.", "")
		}
	}
	return migrating
}

// checkMapping looks for fields that are not declared. checkDifferences compares the
// declared ones.
func (c *checkup) checkMapping(name string, i indexState) {
	dynamic := "true" // the default
	if i.Mappings.Dynamic != nil {
		dynamic = fmt.Sprint(i.Mappings.Dynamic)
	}
	if dynamic != "strict" {
		c.add(CodeDynamicMapping,
			fmt.Sprintf("The mapping of %s accepts fields that this package doesn't declare (dynamic is not strict). What other programs write there is stored and may become searchable, up to the limit of fields.", name),
			"Make the mapping strict.", consoleRequest(http.MethodPut, "/"+name+"/_mapping", map[string]any{"dynamic": "strict"}))
	}
	if i.schema() != schema {
		return // it has other fields
	}
	const reindex = "Run Store.Reindex, which copies all users into a new index with the right mapping while the Store is used."
	fields := declared()
	undeclared := 0
	for field := range i.Mappings.Properties {
		if fields[field] == nil {
			undeclared++
		}
	}
	if undeclared > 0 { // the names may contain anything, so the finding leaves them out
		c.add(CodeTooManyFields,
			fmt.Sprintf("The mapping of %s has fields that this package doesn't declare, %d at the top level: another program writes there, or did.", name, undeclared),
			"Find out which program (GET /"+name+"/_mapping shows the fields), and allow no other user to write. "+reindex, "")
	}
}
