package esstore

import "slices"

// A Severity is how bad a [Finding] is.
type Severity string

const (
	// SeverityError means that the Store doesn't work or works in part, or that
	// users can be lost or read by anyone.
	SeverityError Severity = "error"
	// SeverityWarning means that the Store works and keeps what it acknowledged, but
	// searches may be incomplete, a later failure or migration may do harm, or the
	// server's log may have users' data.
	SeverityWarning Severity = "warning"
	// SeverityInfo means that something could not be checked.
	SeverityInfo Severity = "info"
)

// The codes of Findings, the most severe first. They are stable. The guide
// docs/elasticsearch.md has a table with the severity and the remedy of each.
const (
	// An index or a data stream has the name of the alias: something wrote there
	// before Setup, or the index was restored under that name.
	CodeAliasIsIndex = "alias-is-index"
	// The alias has more than one index.
	CodeSeveralIndices = "several-indices"
	// The index behind the alias was not made by this package.
	CodeForeignIndex = "foreign-index"
	// A later version of this package has made or migrated the index.
	CodeNewerSchema = "newer-schema"
	// The index behind the alias has a name that Setup doesn't give.
	CodeIndexName = "index-name"
	// There is no index behind the alias.
	CodeNoAlias = "no-alias"
	// The alias, or the one that Update and Delete use, has a filter or routing, takes
	// no writes, or leads to another index too.
	CodeAliasDiffers = "alias-differs"
	// The index is closed, or another one that Setup needs.
	CodeClosed = "closed"
	// No copy of the index can be used.
	CodeUnavailable = "unavailable"
	// The index or the whole cluster refuses writes, or other requests. There is one
	// finding for each block.
	CodeBlocked = "blocked"
	// The index lacks the alias that Update and Delete use.
	CodeNoOwnAlias = "no-own-alias"
	// The cluster refuses queries that Search and migrations need.
	CodeExpensiveQueries = "expensive-queries"
	// Elasticsearch's security is off: every client that reaches the server can
	// read and change all users.
	CodeSecurityOff = "security-off"
	// A lifecycle policy may delete the index or block writes. Setup fails, and so do
	// sign-ups and changes.
	CodeLifecycle = "lifecycle"
	// The Store's user lacks a privilege. There is one finding for each privilege.
	CodePrivileges = "privileges"
	// The index is not as Setup makes it, so that users or hashes are not stored, or
	// can't be read.
	CodeIndexDiffers = "index-differs"
	// An ingest pipeline may change or drop users.
	CodePipeline = "pipeline"
	// If a node crashes, the writes of the last seconds are lost.
	CodeDurability = "durability"
	// Fields are not mapped as Setup maps them: Search and Export leave users out, or
	// find users by something secret, such as the hash.
	CodeMappingDiffers = "mapping-differs"
	// The mapping has more than Setup asks for. Users are stored and found as they
	// should be, but something secret may be searchable.
	CodeMappingExtra = "mapping-extra"
	// The index accepts fields that this package doesn't declare, and may make
	// them searchable.
	CodeDynamicMapping = "dynamic-mapping"
	// Another program has written fields that this package doesn't declare.
	CodeTooManyFields = "too-many-fields"
	// The index has fewer copies than it should have.
	CodeReplicaMissing = "replica-missing"
	// The index has a single copy: all users are on one disk.
	CodeNoReplica = "no-replica"
	// Writes wait for copies that may not exist.
	CodeWaitForActiveShards = "wait-for-active-shards"
	// The index has more than one shard, so that it can't be migrated.
	CodeSeveralShards = "several-shards"
	// The index has an older schema: searches fail or find too little.
	CodeOlderSchema = "older-schema"
	// A migration is in progress or was interrupted.
	CodeMigrationUnfinished = "migration-unfinished"
	// The old index of a migration still exists, with users that were deleted
	// since, or the index looks like such an index.
	CodeMigrationLeftover = "migration-leftover"
	// There are documents that Get doesn't find.
	CodeDocuments = "documents"
	// Searches don't find new users, or not for more than a minute.
	CodeRefreshOff = "refresh-off"
	// The log of Elasticsearch may have users' data: slow writes with addresses and
	// hashes, or slow searches with addresses and names.
	CodeSlowLog = "slow-log"
	// Searches or migrations fail, because they need longer pages.
	CodeResultWindow = "result-window"
	// The cluster may have no more shards, so that no index can be made.
	CodeShardsLimit = "shards-limit"
	// An index template makes a data stream of one of the Store's names.
	CodeDataStreamTemplate = "data-stream-template"
	// There is an index with one of the Store's names that the Store doesn't use.
	// It may have users as they once were.
	CodeOtherIndex = "other-index"
	// Something could not be checked.
	CodeNotChecked = "not-checked"
)

// A checkCode describes the findings with a code.
type checkCode struct {
	code     string
	severity Severity
	meaning  string // also the comment of the constant
	remedy   string // in Markdown
}

// checkCodes has all codes, in the order of Check. The table in the guide is made
// from it.
var checkCodes = []checkCode{
	{
		CodeAliasIsIndex, SeverityError,
		"An index or a data stream has the name of the alias: something wrote there before Setup, or the index was restored under that name.",
		"Delete it if it is empty. Otherwise clone it to `users-000001`, delete it and add the aliases.",
	},
	{
		CodeSeveralIndices, SeverityError,
		"The alias has more than one index.",
		"Stop the application, and copy the users that only one index has, as the finding says. Then remove the aliases from all indices except one.",
	},
	{
		CodeForeignIndex, SeverityError,
		"The index behind the alias was not made by this package.",
		"Choose another `Options.Alias`, or remove the alias from the index. First copy the users that were created there.",
	},
	{
		CodeNewerSchema, SeverityError,
		"A later version of this package has made or migrated the index.",
		"Update the program.",
	},
	{
		CodeIndexName, SeverityError,
		"The index behind the alias has a name that Setup doesn't give.",
		"Clone it to a name that consists of `users-` and a number, and move the alias.",
	},
	{
		CodeNoAlias, SeverityError,
		"There is no index behind the alias.",
		"Run `Setup` if there never was one. If the finding has a request, send it: it adds the aliases. Otherwise follow the finding.",
	},
	{
		CodeAliasDiffers, SeverityError,
		"The alias, or the one that Update and Delete use, has a filter or routing, takes no writes, or leads to another index too.",
		"Send the request, which sets the alias again, or removes it from the other index.",
	},
	{
		CodeClosed, SeverityError,
		"The index is closed, or another one that Setup needs.",
		"Send the request, which opens it.",
	},
	{
		CodeUnavailable, SeverityError,
		"No copy of the index can be used.",
		"Bring the nodes back, or restore a snapshot.",
	},
	{
		CodeBlocked, SeverityError,
		"The index or the whole cluster refuses writes, or other requests. There is one finding for each block.",
		"Free disk space, or finish a migration with `Setup`. The request lifts the block.",
	},
	{
		CodeNoOwnAlias, SeverityError,
		"The index lacks the alias that Update and Delete use.",
		"Send the request, which adds it.",
	},
	{
		CodeExpensiveQueries, SeverityError,
		"The cluster refuses queries that Search and migrations need.",
		"Send the request, which sets `search.allow_expensive_queries` to its default.",
	},
	{
		CodeSecurityOff, SeverityError,
		"Elasticsearch's security is off: every client that reaches the server can read and change all users.",
		"Turn security on.",
	},
	{
		CodeLifecycle, SeverityError,
		"A lifecycle policy may delete the index or block writes. Setup fails, and so do sign-ups and changes.",
		"Send the request, which removes the policy from the index. Correct the index template too.",
	},
	{
		CodePrivileges, SeverityError,
		"The Store's user lacks a privilege. There is one finding for each privilege.",
		"Give the role to the user.",
	},
	{
		CodeIndexDiffers, SeverityError,
		"The index is not as Setup makes it, so that users or hashes are not stored, or can't be read.",
		"Exclude the index from the template that the finding names; the request does so. Then run `Store.Reindex`. What was not stored needs a snapshot.",
	},
	{
		CodePipeline, SeverityError,
		"An ingest pipeline may change or drop users.",
		"Send the request, which removes the pipeline.",
	},
	{
		CodeDurability, SeverityError,
		"If a node crashes, the writes of the last seconds are lost.",
		"Send the request.",
	},
	{
		CodeMappingDiffers, SeverityError,
		"Fields are not mapped as Setup maps them: Search and Export leave users out, or find users by something secret, such as the hash.",
		"If the finding has a request, send it: it excludes the index from an index template. Then run `Store.Reindex`.",
	},
	{
		CodeMappingExtra, SeverityWarning,
		"The mapping has more than Setup asks for. Users are stored and found as they should be, but something secret may be searchable.",
		"As for `mapping-differs`.",
	},
	{
		CodeDynamicMapping, SeverityWarning,
		"The index accepts fields that this package doesn't declare, and may make them searchable.",
		"Send the request, which makes the mapping strict.",
	},
	{
		CodeTooManyFields, SeverityWarning,
		"Another program has written fields that this package doesn't declare.",
		"Stop that program, then run `Store.Reindex`.",
	},
	{
		CodeReplicaMissing, SeverityWarning,
		"The index has fewer copies than it should have.",
		"Bring the node back, or wait for another copy.",
	},
	{
		CodeNoReplica, SeverityWarning,
		"The index has a single copy: all users are on one disk.",
		"Add a second data node. If the finding has a request, send it, so that the index makes a replica there.",
	},
	{
		CodeWaitForActiveShards, SeverityWarning,
		"Writes wait for copies that may not exist.",
		"Send the request.",
	},
	{
		CodeSeveralShards, SeverityWarning,
		"The index has more than one shard, so that it can't be migrated.",
		"Shrink the index.",
	},
	{
		CodeOlderSchema, SeverityWarning,
		"The index has an older schema: searches fail or find too little.",
		"Run `Setup`.",
	},
	{
		CodeMigrationUnfinished, SeverityWarning,
		"A migration is in progress or was interrupted.",
		"If none is in progress, run `Setup`, or, if the schema is current, `Store.Reindex`.",
	},
	{
		CodeMigrationLeftover, SeverityWarning,
		"The old index of a migration still exists, with users that were deleted since, or the index looks like such an index.",
		"Run `Setup` with the role for it: without the privilege `delete_index`, which `manage` includes, it returns no error and leaves the index.",
	},
	{
		CodeDocuments, SeverityWarning,
		"There are documents that Get doesn't find.",
		"Stop the program that writes them.",
	},
	{
		CodeRefreshOff, SeverityWarning,
		"Searches don't find new users, or not for more than a minute.",
		"Send the request.",
	},
	{
		CodeSlowLog, SeverityWarning,
		"The log of Elasticsearch may have users' data: slow writes with addresses and hashes, or slow searches with addresses and names.",
		"Send the request, which keeps them out of it. Correct the index template too.",
	},
	{
		CodeResultWindow, SeverityWarning,
		"Searches or migrations fail, because they need longer pages.",
		"Send the request.",
	},
	{
		CodeShardsLimit, SeverityWarning,
		"The cluster may have no more shards, so that no index can be made.",
		"Delete indices that are not needed, add a node, or raise `cluster.max_shards_per_node`.",
	},
	{
		CodeDataStreamTemplate, SeverityWarning,
		"An index template makes a data stream of one of the Store's names.",
		"Change its patterns, or add a template with a higher priority and without a data stream.",
	},
	{
		CodeOtherIndex, SeverityWarning,
		"There is an index with one of the Store's names that the Store doesn't use. It may have users as they once were.",
		"If the finding has a request, send it: it keeps programs from writing there. Delete the index if it is not needed.",
	},
	{
		CodeNotChecked, SeverityInfo,
		"Something could not be checked.",
		"Grant the missing privilege, or see Elasticsearch's log.",
	},
}

// rankOf returns the position of a code in checkCodes; -1 if it isn't there.
func rankOf(code string) int {
	return slices.IndexFunc(checkCodes, func(c checkCode) bool { return c.code == code })
}

// severityOf returns the severity of a code; "" if it isn't in checkCodes.
func severityOf(code string) Severity {
	if i := rankOf(code); i >= 0 {
		return checkCodes[i].severity
	}
	return ""
}
