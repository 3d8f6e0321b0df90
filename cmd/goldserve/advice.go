package main

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"goldserve/gold"
)

// advice is what helps with a code, by what an operator of this program can do.
type advice struct {
	flag string // that does it: not advised to a command that hasn't got it
	text string
}

// advised has the advice of codes. What the layers below say names no flag, since other programs, and HTTP's clients, read
// it too.
var advised = map[gold.Code]advice{
	gold.CodeUnknownModel:        {"default-model", "--default-model names the model of the bare URLs."},
	gold.CodeMisdirected:         {"allowed-hosts", "--allowed-hosts allows the name that is used, also where a proxy hands it on."},
	gold.CodeOverloaded:          {"rate-limit", "--rate-limit, --memory and --max-listeners of serve are what bounds it."},
	gold.CodeQueryTimeout:        {"request-timeout", "--request-timeout is how long a request may take."},
	gold.CodeUnknownRelease:      {"", "goldserve releases lists the releases that there are."},
	gold.CodeReleasePruned:       {"", "goldserve releases lists the releases that there are."},
	gold.CodeNoRelease:           {"", "goldserve publish --lake FOLDER makes the first release; goldserve config print says which store is asked, and why."},
	gold.CodePublishConflict:     {"", "goldserve status shows who publishes; what was served before is served still."},
	gold.CodeReleaseInconsistent: {"", "goldserve verify finds the dataset, goldserve publish --reload DATASET mends it."},
	gold.CodeVersionDamaged:      {"", "Where a dataset differs, goldserve rollback RELEASE serves a release that is whole, and goldserve publish --reload DATASET loads its file again."},
	gold.CodeMemoryLimit:         {"memory", "--memory lets it take more, such as --memory 4GiB."},
	gold.CodeLakeNotFound:        {"lake", "--lake names the folder."},
	gold.CodeReleaseWithdrawn:    {"again", "--again publishes the same content again."},
	gold.CodeDatasetShrank:       {"allow-shrink", "--allow-shrink publishes it all the same."},
	gold.CodeBreakingChange:      {"allow-breaking", "--allow-breaking publishes it all the same."},
	gold.CodeSourceMissing:       {"partial", "--partial does without: the dataset then keeps the rows that are served."},
	gold.CodeSourceUnreadable:    {"no-success-file", "--no-success-file takes a folder without _SUCCESS, where its writer never makes one."},
	gold.CodeContractInvalid:     {"hmac-key-file", "Fields masked by hmac need a key: --hmac-key-file names its file."},
}

// adviceByCode returns the advice that /problems/{code} adds.
func adviceByCode() map[gold.Code]string {
	texts := map[gold.Code]string{}
	for code, help := range advised {
		texts[code] = help.text
	}
	return texts
}

// advice says what helps with an error and each of its problems, a line for each.
func (a *app) advice(cmd *cobra.Command, err error) []string {
	if cmd == nil || err == nil {
		return nil
	}
	problems := []gold.Problem{{Code: gold.CodeOf(err)}}
	if e, ok := errors.AsType[*gold.Error](err); ok && len(e.Problems) > 0 {
		problems = e.Problems
	}
	misfit := sync.OnceValues(a.config.misfit) // it reads all models
	var lines []string
	for _, p := range problems {
		if line := a.adviceFor(cmd, p, misfit); line != "" && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return lines
}

func (a *app) adviceFor(cmd *cobra.Command, p gold.Problem, misfit func() (line string, fits bool)) string {
	has := func(flag string) bool { return cmd.Flags().Lookup(flag) != nil }
	known := advised[p.Code]
	switch p.Code {
	case gold.CodeStoreUnavailable:
		if has("store") {
			return "goldserve config print shows which store is asked, and why; --store names another."
		}
		return "goldserve config print shows which store is asked, and why."
	case gold.CodeSourceMissing:
		if !has("lake") {
			return ""
		}
		if line, fits := misfit(); !fits {
			return line
		}
		if cmd.Flags().Changed("partial") {
			return ""
		}
	case gold.CodeSourceUnreadable:
		if a.config.NoSuccessFile || !a.config.unfinished(p.File) {
			return ""
		}
	case gold.CodeContractInvalid:
		if a.config.HMACKeyFile != "" || p.File != "" { // of a contract's text
			return ""
		}
	default: // what stands in the table
	}
	if known.flag != "" && !has(known.flag) {
		return ""
	}
	return known.text
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
