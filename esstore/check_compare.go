package esstore

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// checkDifferences compares the index with what Setup asks for. It reads the index
// templates only if there is a difference.
func (c *checkup) checkDifferences(ctx context.Context, target string) error {
	differences := slices.DeleteFunc(c.index.differences(), func(d difference) bool {
		return d.setting && c.hasRule(d.name) // it has its own finding, with a request that corrects it
	})
	if len(differences) == 0 {
		return nil
	}
	remedy, request := c.differenceRemedy(c.store.templatesOf(ctx, checkOp, target), differences)
	for _, part := range []struct {
		code string
		harm harm
	}{{CodeIndexDiffers, loses}, {CodeMappingDiffers, hides}, {CodeMappingExtra, harmless}} {
		some := slices.DeleteFunc(slices.Clone(differences), func(d difference) bool { return d.harm != part.harm })
		if len(some) > 0 {
			c.add(part.code,
				fmt.Sprintf("The index %s is not as Setup makes it: %s.", target, textOf(some)), remedy, request)
		}
	}
	return nil
}

// hasRule reports whether checkSettings checks the setting of this name.
func (c *checkup) hasRule(name string) bool {
	return slices.ContainsFunc(c.settingRules(), func(r settingRule) bool { return r.name == name })
}

// differenceRemedy returns the remedy for differences. A Reindex makes an index that
// differs again, and fails, for as long as a template applies to it.
func (c *checkup) differenceRemedy(t templates, differences []difference) (remedy, request string) {
	const reindex = "Run Store.Reindex, which copies all users into a new index with the right mapping while the Store is used."
	remedy = reindex
	switch {
	case !t.known:
		remedy += " If it fails because of an index template, follow its error first."
	case t.names != nil:
		remedy, request = t.remedy()+". Then check again. "+reindex, t.exclusionRequest()
	}
	if slices.ContainsFunc(differences, func(d difference) bool { return d.harm == loses && strings.HasPrefix(d.name, "_source") }) {
		remedy += " What was not stored can't be recovered: a user without a hash needs a new password, and an index without _source can't be copied. Restore the users from a snapshot."
	}
	return remedy, request
}
