package query

import (
	"context"
)

// rowsRewrites are the rewrites of questions for rows.
var rowsRewrites = []struct {
	rewrite Rewrite
	apply   func(*rowsPlan) Reason
}{
	{Resolve, (*rowsPlan).resolve},
	{Join, (*rowsPlan).join},
	{Recompute, (*rowsPlan).recompute},
	{Page, (*rowsPlan).page},
}

// groupsRewrites are the rewrites of questions for groups. Smallest has an Outcome for each derived dataset.
var groupsRewrites = []struct {
	rewrite Rewrite
	apply   func(*groupsPlan, context.Context) (Reason, error)
}{
	{Resolve, (*groupsPlan).resolve},
	{Join, (*groupsPlan).join},
	{Smallest, (*groupsPlan).smallest},
	{Compare, (*groupsPlan).compare},
	{Page, (*groupsPlan).page},
}
