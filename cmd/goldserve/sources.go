package main

import (
	"cmp"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const envPrefix = "GOLDSERVE_"

// load reads the settings for the command, once: a flag overrides a variable, a variable overrides goldserve.yaml.
func (a *app) load(cmd *cobra.Command) error {
	if !a.loaded {
		a.loaded, a.loadErr = true, a.config.load(cmd, a.settings)
	}
	return a.loadErr
}

func (c *config) load(cmd *cobra.Command, settings *pflag.FlagSet) error {
	c.origins = map[string]string{}
	file, problems, err := c.readFile(cmd, settings)
	if err != nil {
		return err
	}
	problems = append(problems, requestVariables(cmd)...)
	settings.VisitAll(func(f *pflag.Flag) { // by name
		f = cmp.Or(cmd.Flags().Lookup(f.Name), f)
		if problem := c.set(f, file[f.Name]); problem != "" {
			problems = append(problems, problem)
		}
	})
	cmd.Flags().Visit(func(f *pflag.Flag) {
		c.origins[f.Name] = "--" + f.Name
		if f.Value.String() == "" && slices.Contains(neverEmpty, f.Name) {
			problems = append(problems, emptySetting(c.origins[f.Name]))
		}
	})
	if len(problems) == 0 {
		problems = c.complete()
	}
	if len(problems) > 0 {
		return usagef("%s", strings.Join(problems, "; "))
	}
	return nil
}

// set gives a setting the value of the first source that has one, always through the flag's parser.
func (c *config) set(f *pflag.Flag, file *fileValue) (problem string) {
	if f.Changed {
		return ""
	}
	variable := variableOf(f.Name)
	if text := os.Getenv(variable); text != "" { // compose files pass unset variables as empty ones
		c.origins[f.Name] = variable
		if f.Value.Set(text) != nil {
			return invalidValue(variable, text, f)
		}
		return ""
	}
	if file != nil {
		c.origins[f.Name] = file.origin
		return file.set(f)
	}
	if list, ok := f.Value.(pflag.SliceValue); ok {
		_ = list.Replace(nil) // can't fail
	} else if err := f.Value.Set(f.DefValue); err != nil {
		return fmt.Sprintf("the default of --%s: %v", f.Name, err)
	}
	return ""
}

// variableOf returns the variable of a setting: cache-size is GOLDSERVE_CACHE_SIZE.
func variableOf(name string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// invalidValue says what is wrong with a value that a setting can't have.
func invalidValue(origin, text string, f *pflag.Flag) string {
	return fmt.Sprintf("%s is %s: expected %s", origin, text, expected(f))
}

// expected describes a setting's valid values.
func expected(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "duration":
		return "a duration with its unit, such as 5s"
	case "size":
		return "a number of bytes, such as 64MiB, 1GB or 0"
	case "bool":
		return "true or false"
	case "stringSlice":
		return "a list of texts"
	case "string":
		return "a text"
	default:
		return "a whole number"
	}
}

// origin names what sets a setting, for messages; its flag if nothing does.
func (c *config) origin(name string) string { return cmp.Or(c.origins[name], "--"+name) }

// complete sets the defaults that depend on the environment, and returns the problems of values.
func (c *config) complete() (problems []string) {
	if c.Store == "" {
		c.Store = "sqlite:" + filepath.Join(dataFolder(), "goldserve.db")
		if uri := os.Getenv("MONGO_URI"); uri != "" {
			c.Store, c.database, c.origins["store"] = uri, os.Getenv("MONGO_DB"), "MONGO_URI"
		}
	}
	if c.Listen == "" {
		c.Listen = "127.0.0.1:8080"
		if port := os.Getenv("PORT"); port != "" {
			c.Listen, c.origins["listen"] = net.JoinHostPort("127.0.0.1", port), "PORT"
		}
	}
	if c.origins["accelerate-memory"] == "" {
		c.AccelerateMemory = size(machineMemory() / 4 >> 20 << 20)
	}
	switch c.CacheDir {
	case "":
		c.CacheDir = cacheFolder()
	case "none":
		c.CacheDir = ""
	}
	if c.Log != "" && c.Log != "text" && c.Log != "json" {
		problems = append(problems, fmt.Sprintf("%s is %q: expected text or json", c.origin("log"), c.Log))
	}
	var level slog.Level
	if c.LogLevel != "" && level.UnmarshalText([]byte(c.LogLevel)) != nil {
		problems = append(problems, fmt.Sprintf("%s is %q: expected debug, info, warn or error", c.origin("log-level"), c.LogLevel))
	}
	problems = append(problems, c.completeBucket()...)
	problems = append(problems, c.completeFootprint()...)
	problems = append(problems, c.completeStream()...)
	problems = append(problems, c.completeMLflow()...)
	return append(problems, c.checkRanges()...)
}

// cacheFolder is the platform's folder for caches.
func cacheFolder() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir() // containers have no home folder
	}
	return filepath.Join(dir, "goldserve")
}

// dataFolder is the platform's folder for a user's data.
func dataFolder() string {
	home, err := os.UserHomeDir()
	switch {
	case os.Getenv("XDG_DATA_HOME") != "":
		return filepath.Join(os.Getenv("XDG_DATA_HOME"), "goldserve")
	case err != nil:
		return "."
	case runtime.GOOS == "darwin":
		return filepath.Join(home, "Library", "Application Support", "goldserve")
	case runtime.GOOS == "windows" && os.Getenv("LOCALAPPDATA") != "":
		return filepath.Join(os.Getenv("LOCALAPPDATA"), "goldserve")
	default:
		return filepath.Join(home, ".local", "share", "goldserve")
	}
}

// lakes are the default folders, in order.
var lakes = []string{"data/spark_lake/gold", "data/gold", "gold"}

// lakeLocation returns the lake to publish, a folder or a bucket, and whether it is a default folder.
func (c *config) lakeLocation() (location string, found bool, err error) {
	if c.Lake != "" {
		return c.Lake, false, nil
	}
	for _, folder := range lakes {
		if info, err := os.Stat(folder); err == nil && info.IsDir() {
			return folder, true, nil
		}
	}
	return "", false, usagef("no lake found: give --lake FOLDER or --lake s3://BUCKET/PREFIX (none of %s exists)", strings.Join(lakes, ", "))
}

// hmacKey reads --hmac-key-file.
func (c *config) hmacKey() ([]byte, error) {
	if c.HMACKeyFile == "" {
		return nil, nil
	}
	key, err := os.ReadFile(c.HMACKeyFile)
	if err != nil {
		return nil, usagef("%s: %w", c.origin("hmac-key-file"), err)
	}
	if len(key) < 32 {
		return nil, usagef("%s: %s has %d bytes: expected at least 32 random ones", c.origin("hmac-key-file"), c.HMACKeyFile, len(key))
	}
	return key, nil
}

// logger writes to standard error in the chosen format.
func (a *app) logger() *slog.Logger {
	var level slog.Level
	if a.config.LogLevel != "" {
		_ = level.UnmarshalText([]byte(a.config.LogLevel)) // checked in complete
	}
	options := &slog.HandlerOptions{Level: level}
	if a.config.Log == "json" {
		return slog.New(slog.NewJSONHandler(a.stderr, options))
	}
	return slog.New(slog.NewTextHandler(a.stderr, options))
}
