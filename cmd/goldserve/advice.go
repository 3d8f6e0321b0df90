package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"goldserve/gold"
)

// advice says what helps with an error whose message doesn't, since HTTP's clients and other commands read it too. It names
// no flag that the command hasn't.
func (a *app) advice(cmd *cobra.Command, err error) string {
	has := func(flag string) bool { return cmd != nil && cmd.Flags().Lookup(flag) != nil }
	switch gold.CodeOf(err) {
	case gold.CodeUnknownRelease, gold.CodeReleasePruned:
		return "goldserve releases lists the releases that there are."
	case gold.CodePublishConflict:
		return "goldserve status shows who publishes; what was served before is served still."
	case gold.CodeStoreUnavailable:
		if has("store") {
			return "goldserve config print shows which store is asked, and why; --store names another."
		}
		return "goldserve config print shows which store is asked, and why."
	case gold.CodeMemoryLimit:
		if has("memory") {
			return "--memory lets it take more, such as --memory 4GiB."
		}
	case gold.CodeSourceMissing:
		if has("lake") {
			return a.config.misfit()
		}
	}
	return ""
}

// knownCommand refuses arguments of the program itself: they are commands that it hasn't.
func knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	if nearest := gold.Nearest(args[0], names); nearest != "" {
		return fmt.Errorf("there is no command %s: did you mean goldserve %s?", args[0], nearest)
	}
	slices.Sort(names)
	return fmt.Errorf("there is no command %s: expected one of %s", args[0], list(names))
}

// nearestFlag adds the flag that an unknown one was probably meant to be.
func nearestFlag(cmd *cobra.Command, err error) error {
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok {
		return err
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	if nearest := gold.Nearest(unknown.GetSpecifiedName(), names); nearest != "" {
		return fmt.Errorf("%w of %s: did you mean --%s?", err, cmd.CommandPath(), nearest)
	}
	return fmt.Errorf("%w of %s", err, cmd.CommandPath())
}
