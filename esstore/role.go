package esstore

import "encoding/json"

// A privilege is a privilege of Elasticsearch on indices.
type privilege struct {
	name string // as Elasticsearch calls it
	use  string // the methods that fail without it, and what they need it for
}

// appPrivileges returns the privileges that an application needs, on the alias and
// on the indices behind it. They are also enough for Setup if there is nothing to make
// or to migrate.
func appPrivileges() []privilege {
	return []privilege{
		{"read", "Get, Search and Export; Create, Update, Delete and Import, to find out the outcome of a write that was refused or whose response was lost; Check, to read documents"},
		{"index", "Create, Update and Import, to write users"},
		{"delete", "Delete; Check, to find out whether writes are refused"},
		{"maintenance", "Refresh and Export, to find what was just written"},
		{"view_index_metadata", "Setup, Search and Check, to read aliases, mappings and settings; without it, the first write of a user doesn't find out whether the index would lose users"},
		{"monitor", "Check, to count the copies of the index"},
	}
}

// setupPrivileges returns the privileges that are needed to call Setup if there is
// something to make or to migrate, and to call Reindex. They include what an
// application needs.
func setupPrivileges() []privilege {
	return []privilege{
		{"read", "Get, Search and Export; Create, Update, Delete and Import, to find out the outcome of a write that was refused or whose response was lost; Setup and Reindex, to copy users; Check, to read documents"},
		{"index", "Create, Update and Import, to write users; Setup and Reindex, to write the copies"},
		{"delete", "Delete; Setup and Reindex, to repeat deletions in the copy; Check, to find out whether writes are refused"},
		{"manage", "Setup and Reindex, to make and delete indices, to move aliases and to refuse writes meanwhile; Refresh, Search, Export and Check, because it includes maintenance, view_index_metadata and monitor"},
	}
}

// Role returns the role with the fewest privileges that an application needs, as
// JSON: the body of PUT /_security/role/NAME. The guide docs/elasticsearch.md says
// what each privilege is for. alias is Options.Alias; "" means "users".
//
// The privileges are on the alias and on all names that begin with it and "-". The
// role has none on the cluster. So the role for "users" is also good for a Store
// with the alias "users-eu": choose aliases so that none begins with another one
// and "-".
func Role(alias string) []byte { return roleOf(alias, appPrivileges()) }

// SetupRole returns the role that is needed to call Setup if there is something to
// make or to migrate, and to call Reindex. It includes all privileges of [Role], and
// has the same form.
func SetupRole(alias string) []byte { return roleOf(alias, setupPrivileges()) }

func roleOf(alias string, privileges []privilege) []byte {
	if alias == "" {
		alias = defaultAlias
	}
	var role struct {
		Indices [1]indexPrivileges `json:"indices"`
	}
	role.Indices[0] = privilegesOn(alias, privileges)
	b, err := json.Marshal(role)
	if err != nil {
		panic(err)
	}
	return b
}

// indexPrivileges is the part about indices of a role, or of the request that checks
// the privileges of a user.
type indexPrivileges struct {
	Names      []string `json:"names"`
	Privileges []string `json:"privileges"`
}

func privilegesOn(alias string, privileges []privilege) indexPrivileges {
	on := indexPrivileges{Names: []string{alias, alias + "-*"}}
	for _, p := range privileges {
		on.Privileges = append(on.Privileges, p.name)
	}
	return on
}
