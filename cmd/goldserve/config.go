package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/providers/posflag"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"

	"goldserve/gold"
	"goldserve/gold/contract"
)

// config holds every setting of every command. A command has the flags that it understands; the variables and
// goldserve.yaml may set any of them.
type config struct {
	Log            string        `koanf:"log"`
	LogLevel       string        `koanf:"log-level"`
	Store          string        `koanf:"store"`
	ReleasesDB     string        `koanf:"releases-db"`
	Lake           string        `koanf:"lake"`
	Models         string        `koanf:"models"`
	Model          string        `koanf:"model"`
	DefaultModel   string        `koanf:"default-model"`
	AsOf           string        `koanf:"as-of"`
	DryRun         bool          `koanf:"dry-run"`
	Again          bool          `koanf:"again"`
	AllowBreaking  bool          `koanf:"allow-breaking"`
	NoSuccessFile  bool          `koanf:"no-success-file"`
	Keep           int           `koanf:"keep"`
	KeepMonths     int           `koanf:"keep-months"`
	Grace          time.Duration `koanf:"grace"`
	Memory         int64         `koanf:"memory"`
	HMACKeyFile    string        `koanf:"hmac-key-file"`
	LeaseTTL       time.Duration `koanf:"lease-ttl"`
	RefreshTTL     time.Duration `koanf:"refresh-ttl"`
	JSON           bool          `koanf:"json"`
	Listen         string        `koanf:"listen"`
	NoAuth         bool          `koanf:"no-auth"`
	CORSOrigins    []string      `koanf:"cors-origins"`
	Poll           time.Duration `koanf:"poll"`
	RequestTimeout time.Duration `koanf:"request-timeout"`
	Drain          time.Duration `koanf:"drain"`

	overlays contract.Overlays // what goldserve.yaml lays over models
	database string            // MONGO_DB, where the store is MONGO_URI
}

// settings are the keys of config, as flags spell them.
var settings = []string{
	"log", "log-level", "store", "releases-db", "lake", "models", "model", "default-model", "as-of", "dry-run", "again",
	"allow-breaking", "no-success-file", "keep", "keep-months", "grace", "memory", "hmac-key-file", "lease-ttl", "refresh-ttl", "json", "listen", "no-auth", "cors-origins",
	"poll", "request-timeout", "drain",
}

// durations are the settings that need a unit.
var durations = []string{"lease-ttl", "grace", "refresh-ttl", "poll", "request-timeout", "drain"}

const envPrefix = "GOLDSERVE_"

// modelsFolder is the file's other name for the setting models, which in the file may also be a map of overlays.
const modelsFolder = "modelsFolder"

// loadConfig reads defaults, goldserve.yaml, the environment and the flags, in this order: the last one wins.
func loadConfig(flags *pflag.FlagSet) (*config, error) {
	k := koanf.New("\x00")
	overlays, err := loadFile(k, flags)
	if err != nil {
		return nil, err
	}
	if err := k.Load(env.Provider("\x00", env.Opt{Prefix: envPrefix, TransformFunc: func(name, value string) (string, any) {
		key := strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(name, envPrefix)), "_", "-")
		switch {
		case !slices.Contains(settings, key):
			return "", nil
		case key == "cors-origins":
			return key, strings.Split(value, ",")
		default:
			return key, value
		}
	}}), nil); err != nil {
		return nil, usagef("read the environment: %w", err)
	}
	if err := k.Load(posflag.Provider(flags, "\x00", k), nil); err != nil {
		return nil, usagef("read the flags: %w", err)
	}
	c := config{overlays: overlays}
	if err := k.Unmarshal("", &c); err != nil {
		return nil, usagef("configuration: %w", err)
	}
	return &c, c.complete()
}

// loadFile reads goldserve.yaml, or the file that --config names, with every unknown key an error. What the file lays
// over models is not a setting: it is checked where models are loaded.
func loadFile(k *koanf.Koanf, flags *pflag.FlagSet) (contract.Overlays, error) {
	var overlays contract.Overlays
	path, named := "goldserve.yaml", false
	if p := os.Getenv(envPrefix + "CONFIG"); p != "" {
		path, named = p, true
	}
	if f := flags.Lookup("config"); f != nil && f.Changed {
		path, named = f.Value.String(), true
	}
	text, err := file.Provider(path).ReadBytes()
	if errors.Is(err, fs.ErrNotExist) && !named {
		return overlays, nil
	}
	if err != nil {
		return overlays, usagef("the configuration file can't be read: %w", err)
	}
	raw, err := yaml.Parser().Unmarshal(text)
	if err != nil {
		return overlays, usagef("%s: %w", path, err)
	}
	var problems []string
	switch raw["models"].(type) {
	case map[string]any, map[any]any:
		overlays = contract.Overlays{File: path, Text: text}
		delete(raw, "models")
	}
	if folder, given := raw[modelsFolder]; given {
		if _, twice := raw["models"]; twice {
			problems = append(problems, path+": models and "+modelsFolder+" both name a folder: leave one out")
		}
		raw["models"] = folder
		delete(raw, modelsFolder)
	}
	for key, value := range raw {
		name := kebab(key)
		if !slices.Contains(settings, name) || name == key && strings.Contains(key, "-") {
			problem := path + ": unknown key " + key
			if near := gold.Nearest(name, append(slices.Clone(settings), kebab(modelsFolder))); near != "" {
				problem += " (did you mean " + camel(near) + "?)"
			}
			problems = append(problems, problem)
			continue
		}
		if number := fmt.Sprint(value); slices.Contains(durations, name) && number != "0" && strings.Trim(number, "0123456789.-") == "" {
			problems = append(problems, fmt.Sprintf("%s: %s is %s: expected a duration with its unit, such as %ss", path, key, number, number))
			continue
		}
		if err := k.Set(name, value); err != nil {
			return overlays, usagef("%s: %s: %w", path, key, err)
		}
	}
	if len(problems) > 0 {
		slices.Sort(problems)
		return overlays, usagef("%s", strings.Join(problems, "; "))
	}
	return overlays, nil
}

// kebab turns corsOrigins into cors-origins.
func kebab(key string) string {
	var b strings.Builder
	for i, r := range key {
		if unicode.IsUpper(r) && i > 0 && !unicode.IsUpper(rune(key[i-1])) {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// camel turns cors-origins into corsOrigins.
func camel(name string) string {
	words := strings.Split(name, "-")
	for i, w := range words[1:] {
		words[i+1] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(words, "")
}

// complete fills in what depends on the environment, and checks values.
func (c *config) complete() error {
	if c.Store == "" {
		c.Store = "sqlite:" + filepath.Join(dataFolder(), "goldserve.db")
		if uri := os.Getenv("MONGO_URI"); uri != "" {
			c.Store, c.database = uri, os.Getenv("MONGO_DB")
		}
	}
	if c.Listen == "" {
		c.Listen = "127.0.0.1:8080"
		if port := os.Getenv("PORT"); port != "" {
			c.Listen = net.JoinHostPort("127.0.0.1", port)
		}
	}
	if c.Log != "" && c.Log != "text" && c.Log != "json" {
		return usagef("--log is %q: expected text or json", c.Log)
	}
	var level slog.Level
	if c.LogLevel != "" && level.UnmarshalText([]byte(c.LogLevel)) != nil {
		return usagef("--log-level is %q: expected debug, info, warn or error", c.LogLevel)
	}
	return c.checkRanges()
}

// checkRanges refuses what would make a command spin, never answer or never end. Zero is the default everywhere.
func (c *config) checkRanges() error {
	for _, d := range []struct {
		name  string
		value time.Duration
		least time.Duration
	}{
		{"lease-ttl", c.LeaseTTL, 100 * time.Millisecond},
		{"refresh-ttl", c.RefreshTTL, time.Millisecond},
		{"grace", c.Grace, time.Millisecond},
		{"poll", c.Poll, 10 * time.Millisecond},
		{"request-timeout", c.RequestTimeout, 10 * time.Millisecond},
		{"drain", c.Drain, time.Millisecond},
	} {
		if d.value != 0 && d.value < d.least {
			return usagef("--%s is %s: expected a duration of at least %s, such as 5s", d.name, d.value, d.least)
		}
	}
	if c.Keep < 0 || c.KeepMonths < 0 {
		return usagef("--keep and --keep-months are numbers of releases and months: expected 1 or more")
	}
	if c.Memory < 0 {
		return usagef("--memory is %d: expected a number of bytes, 0 for no bound", c.Memory)
	}
	if _, port, err := net.SplitHostPort(c.Listen); err == nil {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return usagef("--listen (or PORT) names port %q: expected 0 to 65535", port)
		}
	}
	return nil
}

// dataFolder is where the platform keeps a user's data.
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

// lakes are the folders that are tried where no lake is given.
var lakes = []string{"data/spark_lake/gold", "data/gold", "gold"}

// lakeFolder returns the lake to publish, and whether it was found rather than given.
func (c *config) lakeFolder() (path string, found bool, err error) {
	if c.Lake != "" {
		return c.Lake, false, nil
	}
	for _, folder := range lakes {
		if info, err := os.Stat(folder); err == nil && info.IsDir() {
			return folder, true, nil
		}
	}
	return "", false, usagef("no lake: give --lake FOLDER (none of %s is here)", strings.Join(lakes, ", "))
}

// asOf reads --as-of: an instant, or a date, which means its end in UTC.
func (c *config) asOf() (time.Time, error) {
	if c.AsOf == "" {
		return time.Time{}, nil
	}
	if day, err := time.Parse(time.DateOnly, c.AsOf); err == nil {
		return day.AddDate(0, 0, 1).Add(-time.Millisecond), nil
	}
	v, err := gold.ParseValue(gold.Time, 0, c.AsOf)
	if err != nil {
		return time.Time{}, usagef("--as-of is %q: %w, or a date", c.AsOf, err)
	}
	return v.Time(), nil
}

// hmacKey reads --hmac-key-file.
func (c *config) hmacKey() ([]byte, error) {
	if c.HMACKeyFile == "" {
		return nil, nil
	}
	key, err := os.ReadFile(c.HMACKeyFile)
	if err != nil {
		return nil, usagef("--hmac-key-file: %w", err)
	}
	if len(key) < 32 {
		return nil, usagef("--hmac-key-file %s has %d bytes: expected at least 32 random ones", c.HMACKeyFile, len(key))
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
