package main

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"goldserve/builder"
	"goldserve/gold"
	"goldserve/gold/contract"
)

// advice says what an operator can do about an error code.
type advice struct {
	flag string // the flag that helps; commands without it don't show the advice
	text string
}

// advised is the advice by code. Messages of the layers below name no flags, since HTTP clients and other programs read
// them too.
var advised = map[gold.Code]advice{
	gold.CodeUnknownModel:        {"model", "--model sets the model of URLs without /m/MODEL."},
	gold.CodeMisdirected:         {"allowed-hosts", "--allowed-hosts allows a name, also one that a proxy passes on."},
	gold.CodeOverloaded:          {"rate-limit", "--rate-limit, --memory and --max-listeners of serve set these limits."},
	gold.CodeQueryTimeout:        {"request-timeout", "--request-timeout sets the time limit of a request."},
	gold.CodeUnknownRelease:      {"", "goldserve releases lists the releases."},
	gold.CodeReleasePruned:       {"", "goldserve releases lists the releases."},
	gold.CodeNoRelease:           {"", "To make the first release, run goldserve publish --lake FOLDER. goldserve config print shows which store is used, and why."},
	gold.CodePublishConflict:     {"", "goldserve status shows who publishes. The current release is still served."},
	gold.CodeReleaseInconsistent: {"", "goldserve verify finds the dataset, goldserve publish --reload DATASET repairs it."},
	gold.CodeVersionDamaged:      {"", "To repair a dataset, load its file again with goldserve publish --reload DATASET, or return to an intact release with goldserve rollback RELEASE."},
	gold.CodeMemoryLimit:         {"memory", "--memory raises the limit, for instance --memory 4GiB."},
	gold.CodeLakeNotFound:        {"lake", "--lake names the folder or the bucket."},
	gold.CodeReleaseWithdrawn:    {"again", "--again publishes the same content again."},
	gold.CodeHeldByRollback:      {"", "goldserve publish --again publishes the same content all the same, and the follower of the lake goes on."},
	gold.CodeContractsWritten:    {"model", "--model names the model."},
	gold.CodeDatasetShrank:       {"allow-shrink", "--allow-shrink publishes it anyway."},
	gold.CodeBreakingChange:      {"allow-breaking", "--allow-breaking publishes it anyway."},
	gold.CodeSourceMissing:       {"partial", "--partial publishes without the file: the dataset keeps its current rows."},
	gold.CodeSourceUnreadable:    {"no-success-file", "If the writer never makes a _SUCCESS file, --no-success-file accepts the folder without it."},
	gold.CodeSourceFatal:         {"watch-memory", "--watch-memory and --watch-timeout set the limits of the process that reads the lake."},
	gold.CodeBuildEngine:         {"duckdb", "--duckdb names the duckdb program, --spark the Spark server; --memory and --threads set what DuckDB may use."},
	gold.CodeBuildSourceMissing:  {"bronze", "--bronze names the folder of the raw files."},
	gold.CodeSnapshotChanged:     {"restate", "--restate rewrites history: it takes the files as they are now."},
	gold.CodeStreamUnavailable:   {"brokers", "--brokers and --topic, or KAFKA_BOOTSTRAP_SERVERS and KAFKA_TOPIC, name them."},
	gold.CodeStreamLost:          {"accept-loss", "--accept-loss goes on without them."},
	gold.CodeMirrorBehind:        {"", "goldserve status shows the mirror; goldserve mirror brings it up to date without a publish."},
	gold.CodeMLflowBehind:        {"mlflow", "--mlflow names the server, MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN, who logs in; --mlflow none leaves it out."},
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

// advice returns the advice for an error and each of its problems, one line each.
func (a *app) advice(cmd *cobra.Command, err error) []string {
	if cmd == nil || err == nil {
		return nil
	}
	if format, ok := errors.AsType[builder.FormatThereError](err); ok {
		return []string{fmt.Sprintf("--format %s writes files of that format.", string(format))}
	}
	if errors.Is(err, builder.ErrFileThere) {
		return []string{"--overwrite replaces it."}
	}
	problems := []gold.Problem{{Code: gold.CodeOf(err)}}
	if e, ok := errors.AsType[*gold.Error](err); ok && len(e.Problems) > 0 {
		problems = e.Problems
	}
	lakeHint := sync.OnceValues(func() (string, bool) { return a.lakeHint(cmd.Context()) }) // it reads all models
	var lines []string
	for _, p := range problems {
		if line := a.adviceFor(cmd, p, lakeHint); line != "" && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return lines
}

func (a *app) adviceFor(cmd *cobra.Command, p gold.Problem, lakeHint func() (line string, fits bool)) string {
	has := func(flag string) bool { return cmd.Flags().Lookup(flag) != nil }
	known := advised[p.Code]
	switch p.Code {
	case gold.CodeStoreUnavailable:
		if has("store") {
			return "goldserve config print shows which store is used, and why; --store chooses another."
		}
		return "goldserve config print shows which store is used, and why."
	case gold.CodeSourceMissing:
		if !has("lake") {
			return ""
		}
		if line, fits := lakeHint(); !fits {
			return line
		}
		if cmd.Flags().Changed("partial") {
			return ""
		}
	case gold.CodeLakeNotFound:
		if has("s3-endpoint") && a.config.inBucket() {
			return "--lake names bucket and prefix, --s3-endpoint the server, --s3-region its region. --s3-anonymous reads a public bucket."
		}
	case gold.CodeSourceUnreadable:
		if a.config.NoSuccessFile || !a.unfinished(cmd.Context(), p.File) {
			return ""
		}
	case gold.CodeContractInvalid:
		if a.config.HMACKeyFile != "" || p.File != "" { // of a contract's text
			return ""
		}
	default: // as in the table
	}
	if known.flag != "" && !has(known.flag) {
		return ""
	}
	return known.text
}

// knownCommand refuses arguments of the program itself: they are unknown commands.
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
		return fmt.Errorf("unknown command %s: did you mean goldserve %s?", args[0], nearest)
	}
	slices.Sort(names)
	return fmt.Errorf("unknown command %s: expected one of %s", args[0], list(names))
}

// noDataset is the error of a name in --reload that is no dataset of the model.
func noDataset(m *contract.Model, name string) error {
	names := make([]string, len(m.Datasets))
	for i := range m.Datasets {
		names[i] = m.Datasets[i].Name
	}
	if nearest := gold.Nearest(name, names); nearest != "" {
		return usagef("--reload: model %s has no dataset %s: did you mean %s?", m.Name, name, nearest)
	}
	return usagef("--reload: model %s has no dataset %s: expected one of %s", m.Name, name, list(names))
}

// flagError says of a flag's value what was expected, and of an unknown flag which one is the nearest.
func flagError(cmd *cobra.Command, err error) error {
	if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		return errors.New(invalidValue("--"+invalid.GetFlag().Name, invalid.GetValue(), invalid.GetFlag()))
	}
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
