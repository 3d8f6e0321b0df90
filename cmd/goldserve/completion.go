package main

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"goldserve/gold"
)

// completionTime is how long a shell waits for the store.
const completionTime = 2 * time.Second

// complete registers completions for the values of flags, in every command that has them.
func (a *app) complete(root *cobra.Command) {
	values := map[string]cobra.CompletionFunc{
		"log":           cobra.FixedCompletions([]cobra.Completion{"text", "json"}, cobra.ShellCompDirectiveNoFileComp),
		"log-level":     cobra.FixedCompletions([]cobra.Completion{"debug", "info", "warn", "error"}, cobra.ShellCompDirectiveNoFileComp),
		"model":         a.completeModels,
		"default-model": a.completeModels,
		"lake":          completeFolders,
		"manifest":      completeJSON,
		"models":        completeFolders,
	}
	for _, cmd := range append(root.Commands(), root) {
		for name, complete := range values {
			if flag := cmd.Flag(name); flag != nil && cmd.LocalFlags().Lookup(name) == flag {
				_ = cmd.RegisterFlagCompletionFunc(name, complete) // fails only for an unknown flag or a second function
			}
		}
	}
}

// completeJSON completes the names of JSON files.
func completeJSON(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return []cobra.Completion{"json"}, cobra.ShellCompDirectiveFilterFileExt
}

func completeFolders(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// completeModels completes the names of models. Like all completions it prints no errors.
func (a *app) completeModels(cmd *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if a.load(cmd) != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	all, _, err := a.config.loadSound()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	list := make([]cobra.Completion, len(all))
	for i, m := range all {
		list[i] = cobra.CompletionWithDesc(m.Name, gold.PlainText(m.Title))
	}
	return list, cobra.ShellCompDirectiveNoFileComp
}

// completeReleases completes the numbers of releases that have rows, newest first, with the current one if withCurrent
// is set.
func (a *app) completeReleases(cmd *cobra.Command, args []string, withCurrent bool) ([]cobra.Completion, cobra.ShellCompDirective) {
	const directive = cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	if len(args) > 0 {
		return nil, directive
	}
	if a.load(cmd) != nil {
		return nil, directive
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), completionTime)
	defer cancel()
	log := slog.New(slog.DiscardHandler)
	store, err := a.openStore(ctx, log, true)
	if err != nil {
		return nil, directive
	}
	defer closeLogged(log, "store", store)
	releases, err := store.Releases(ctx, gold.ReleaseQuery{Model: a.config.Model})
	if err != nil || len(releases) == 0 {
		return nil, directive
	}
	current, err := store.Resolve(ctx, gold.Selector{Model: a.config.Model})
	if err != nil {
		return nil, directive
	}
	var list []cobra.Completion
	for i := range releases {
		if r := &releases[i]; !r.Pruned && (withCurrent || r.Number != current.Number) {
			words := fmt.Sprintf("as of %s, published %s", r.AsOf.UTC().Format(time.DateOnly), r.PublishedAt.UTC().Format(time.RFC3339))
			list = append(list, cobra.CompletionWithDesc(strconv.FormatInt(r.Number, 10), words))
		}
	}
	return list, directive
}
