package esstore

import "encoding/json"

// A Privilege is one of Elasticsearch's on indices.
type Privilege struct {
	Name string // as Elasticsearch calls it
	For  string // the methods that fail without it, and what they need it for
}

// Privileges returns what the user needs that an application logs in as, all of
// it on the alias and the indices behind it: see Role. Setup is among the methods,
// but only where it finds all in place.
func Privileges() []Privilege {
	return []Privilege{
		{"read", "Get, Search and Export; Create, Update, Delete and Import, to tell what became of a write that was refused, or whose answer was lost; Check, to look at documents"},
		{"index", "Create, Update and Import, to write users"},
		{"delete", "Delete"},
		{"maintenance", "Refresh and Export, to see what was written just before"},
		{"view_index_metadata", "Setup, Search and Check, to see aliases, mappings and settings"},
		{"monitor", "Check, to count the copies of the index"},
	}
}

// SetupPrivileges returns what the user needs that calls Setup where there is
// something to be made or migrated, or Reindex. It can do all that an application
// does as well.
func SetupPrivileges() []Privilege {
	return []Privilege{
		{"read", "Get, Search and Export; Create, Update, Delete and Import, to tell what became of a write that was refused, or whose answer was lost; Setup and Reindex, to copy users; Check, to look at documents"},
		{"index", "Create, Update and Import, to write users; Setup and Reindex, to write their copies"},
		{"delete", "Delete; Setup and Reindex, to take over deletions"},
		{"manage", "Setup and Reindex, to make and delete indices, move aliases and refuse writes meanwhile; Refresh, Search, Export and Check, as maintenance, view_index_metadata and monitor are part of it"},
	}
}

// Role returns the least role that an application needs, as JSON: the body of
// PUT /_security/role/NAME. Index is Options.Alias; "" is "users".
//
// It has the Privileges on the alias and on all names that begin with it and "-",
// and none on the cluster. So the role for "users" is one for a Store with the
// Index "users-eu" as well: choose names of which none begins with another and
// "-".
func Role(index string) []byte { return roleOf(index, Privileges()) }

// SetupRole returns the role with the SetupPrivileges, in the form of Role.
func SetupRole(index string) []byte { return roleOf(index, SetupPrivileges()) }

func roleOf(index string, privileges []Privilege) []byte {
	if index == "" {
		index = defaultAlias
	}
	var role struct {
		Indices [1]indexPrivileges `json:"indices"`
	}
	role.Indices[0] = privilegesOn(index, privileges)
	b, err := json.Marshal(role)
	if err != nil {
		panic(err)
	}
	return b
}

// indexPrivileges are of a role, and of a question whether a user has them.
type indexPrivileges struct {
	Names      []string `json:"names"`
	Privileges []string `json:"privileges"`
}

func privilegesOn(index string, privileges []Privilege) indexPrivileges {
	on := indexPrivileges{Names: []string{index, index + "-*"}}
	for _, p := range privileges {
		on.Privileges = append(on.Privileges, p.Name)
	}
	return on
}
