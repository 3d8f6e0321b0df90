package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/providers/posflag"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/publisher"
)

// config holds every setting of every command, and what this run is asked for. A command has the flags that it
// understands; the variables and goldserve.yaml may set any setting.
type config struct {
	Log            string        `koanf:"log"`
	LogLevel       string        `koanf:"log-level"`
	Store          string        `koanf:"store"`
	ReleasesDB     string        `koanf:"releases-db"`
	Lake           string        `koanf:"lake"`
	Models         string        `koanf:"models"`
	Model          string        `koanf:"model"`
	DefaultModel   string        `koanf:"default-model"`
	Manifest       string        `koanf:"manifest"`
	NoSuccessFile  bool          `koanf:"no-success-file"`
	Keep           int           `koanf:"keep"`
	KeepMonths     int           `koanf:"keep-months"`
	Grace          time.Duration `koanf:"grace"`
	Memory         size          `koanf:"memory"`
	HMACKeyFile    string        `koanf:"hmac-key-file"`
	LeaseTTL       time.Duration `koanf:"lease-ttl"`
	RefreshTTL     time.Duration `koanf:"refresh-ttl"`
	JSON           bool          `koanf:"json"`
	Listen         string        `koanf:"listen"`
	NoAuth         bool          `koanf:"no-auth"`
	AllowedHosts   []string      `koanf:"allowed-hosts"`
	CORSOrigins    []string      `koanf:"cors-origins"`
	BasePath       string        `koanf:"base-path"`
	TrustedProxies []string      `koanf:"trusted-proxies"`
	RateLimit      int           `koanf:"rate-limit"`
	MaxListeners   int64         `koanf:"max-listeners"`
	TLSCert        string        `koanf:"tls-cert"`
	TLSKey         string        `koanf:"tls-key"`
	AdminListen    string        `koanf:"admin-listen"`
	Poll           time.Duration `koanf:"poll"`
	RequestTimeout time.Duration `koanf:"request-timeout"`
	MaxConnections int           `koanf:"max-connections"`
	Drain          time.Duration `koanf:"drain"`
	CacheSize      size          `koanf:"cache-size"`
	CacheDir       string        `koanf:"cache-dir"`
	Benchmark      string        `koanf:"benchmark"`
	CacheMaxAge    time.Duration `koanf:"cache-max-age"`
	StaleMax       time.Duration `koanf:"stale-max"`

	AccelerateMemory size `koanf:"accelerate-memory"`

	oneRun `koanf:",squash"`

	file     string            // goldserve.yaml, as an absolute path; empty: none
	overlays contract.Overlays // what goldserve.yaml lays over models
	database string            // MONGO_DB, where the store is MONGO_URI
	origins  map[string]string // what sets a setting, as people write it: --store, GOLDSERVE_STORE, goldserve.yaml: store
}

// settings are what variables and goldserve.yaml may set, as flags spell it, with what it holds.
var settings = func() map[string]reflect.Type {
	types := map[string]reflect.Type{}
	for _, f := range settingFields() {
		types[f.Tag.Get("koanf")] = f.Type
	}
	return types
}()

// settingFields returns the fields of config that are settings.
func settingFields() []reflect.StructField {
	return slices.DeleteFunc(reflect.VisibleFields(reflect.TypeFor[config]()), func(f reflect.StructField) bool {
		return f.Tag.Get("koanf") == "" || f.Anonymous || len(f.Index) > 1
	})
}

const envPrefix = "GOLDSERVE_"

// modelsFolder is the file's other name for the setting models, which in the file may also be a map of overlays.
const modelsFolder = "modelsFolder"

// loadConfig reads defaults, goldserve.yaml, the environment and the flags, in this order: the last one wins.
func loadConfig(cmd *cobra.Command) (*config, error) {
	flags := cmd.Flags()
	k := koanf.New("\x00")
	c := config{origins: map[string]string{}}
	problems, err := c.loadFile(k, cmd)
	if err != nil {
		return nil, err
	}
	if problems = append(problems, requestVariables(cmd)...); len(problems) > 0 {
		return nil, usagef("%s", strings.Join(problems, "; "))
	}
	if err := k.Load(env.Provider("\x00", env.Opt{Prefix: envPrefix, TransformFunc: func(name, value string) (string, any) {
		key := settingOf(name)
		kind, known := settings[key]
		if !known || value == "" { // as compose files write what is not set
			return "", nil
		}
		c.origins[key] = name
		if kind.Kind() == reflect.Slice {
			return key, strings.Split(value, ",")
		}
		return key, value
	}}), nil); err != nil {
		return nil, usagef("read the environment: %w", err)
	}
	if err := k.Load(posflag.Provider(flags, "\x00", k), nil); err != nil {
		return nil, usagef("read the flags: %w", err)
	}
	flags.Visit(func(f *pflag.Flag) { c.origins[f.Name] = "--" + f.Name })
	if err := errors.Join(c.checkEmpty(k), c.decode(k)); err != nil {
		return nil, err
	}
	return &c, c.complete()
}

// decode fills in the settings, each by itself, so that every one that can't be read is named.
func (c *config) decode(k *koanf.Koanf) error {
	var problems []string
	for _, name := range slices.Sorted(maps.Keys(k.Raw())) {
		value := k.Get(name)
		if value == nil {
			continue
		}
		one := koanf.New("\x00")
		if err := one.Set(name, value); err != nil {
			return usagef("%s: %w", c.origin(name), err)
		}
		if err := one.Unmarshal("", c); err != nil {
			problems = append(problems, fmt.Sprintf("%s is %v: expected %s", c.origin(name), value, expected(settings[name])))
		}
	}
	if len(problems) > 0 {
		return usagef("%s", strings.Join(problems, "; "))
	}
	return nil
}

// expected says what a setting holds.
func expected(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return "a duration with its unit, such as 5s"
	case t == reflect.TypeFor[size]():
		return "a number of bytes, such as 64MiB, 1GB or 0"
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() == reflect.Slice:
		return "a list"
	case t.Kind() == reflect.String:
		return "a text"
	default:
		return "a whole number"
	}
}

// origin names what sets a setting, for messages: its flag where nothing does.
func (c *config) origin(name string) string {
	if origin := c.origins[name]; origin != "" {
		return origin
	}
	return "--" + name
}

// loadFile reads goldserve.yaml, or the file that --config names, with every unknown key an error. What the file lays
// over models is not a setting: it is checked where models are loaded.
func (c *config) loadFile(k *koanf.Koanf, cmd *cobra.Command) (problems []string, err error) {
	path, named := "goldserve.yaml", ""
	if p := os.Getenv(envPrefix + "CONFIG"); p != "" {
		path, named = p, envPrefix+"CONFIG"
	}
	if f := cmd.Flags().Lookup("config"); f != nil && f.Changed {
		path, named = f.Value.String(), "--config"
	}
	c.origins["config"] = cmp.Or(named, "default: "+path+" where it is there")
	text, err := file.Provider(path).ReadBytes()
	if errors.Is(err, fs.ErrNotExist) && named == "" {
		return nil, nil
	}
	if err == nil {
		c.file, err = filepath.Abs(path)
	}
	if err != nil {
		return nil, usagef("the configuration file can't be read: %w", err)
	}
	raw, err := yaml.Parser().Unmarshal(text)
	if err != nil {
		return nil, usagef("%s: %w", path, err)
	}
	switch raw["models"].(type) {
	case map[string]any, map[any]any:
		c.overlays = contract.Overlays{File: path, Text: text}
		delete(raw, "models")
	}
	if _, twice := raw["models"]; twice && raw[modelsFolder] != nil {
		problems = append(problems, path+": models and "+modelsFolder+" both name a folder: leave one out")
	}
	for key, value := range raw {
		name := kebab(key)
		if key == modelsFolder {
			name = "models"
		}
		kind, known := settings[name]
		if requests[name] != "" {
			problems = append(problems, requestProblem(cmd, path+": "+key, name))
			continue
		}
		if !known || name == key && strings.Contains(key, "-") {
			problems = append(problems, unknownKey(path, key))
			continue
		}
		c.origins[name] = path + ": " + key
		switch v := value.(type) {
		case time.Time: // YAML's own date, without quotes
			value = strings.TrimSuffix(v.Format(time.RFC3339Nano), "T00:00:00Z")
		case int, float64:
			// Without a unit it would be nanoseconds.
			if kind == reflect.TypeFor[time.Duration]() && v != 0 {
				problems = append(problems, fmt.Sprintf("%s is %v: expected %s", c.origins[name], v, expected(kind)))
				continue
			}
		}
		if err := k.Set(name, value); err != nil {
			return nil, usagef("%s: %w", c.origins[name], err)
		}
	}
	slices.Sort(problems)
	return problems, nil
}

// unknownKey is the problem of a key that is no setting.
func unknownKey(path, key string) string {
	known := append(slices.Collect(maps.Keys(settings)), kebab(modelsFolder))
	slices.Sort(known)
	problem := path + ": unknown key " + key
	if near := gold.Nearest(kebab(key), known); near != "" {
		problem += " (did you mean " + camel(near) + "?)"
	}
	return problem
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
			c.Store, c.database, c.origins["store"] = uri, os.Getenv("MONGO_DB"), "MONGO_URI"
		}
	}
	if c.Listen == "" {
		c.Listen = "127.0.0.1:8080"
		if port := os.Getenv("PORT"); port != "" {
			c.Listen, c.origins["listen"] = net.JoinHostPort("127.0.0.1", port), "PORT"
		}
	}
	for name, fill := range map[string]func(){
		"keep":        func() { c.Keep = publisher.DefaultRetention.Keep },
		"keep-months": func() { c.KeepMonths = publisher.DefaultRetention.Months },
		"grace":       func() { c.Grace = publisher.DefaultRetention.Grace },
	} {
		if c.origins[name] == "" {
			fill()
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
		return usagef("%s is %q: expected text or json", c.origin("log"), c.Log)
	}
	var level slog.Level
	if c.LogLevel != "" && level.UnmarshalText([]byte(c.LogLevel)) != nil {
		return usagef("%s is %q: expected debug, info, warn or error", c.origin("log-level"), c.LogLevel)
	}
	return c.checkRanges()
}

// cacheFolder is where the platform keeps what programs can make again.
func cacheFolder() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir() // containers have no home
	}
	return filepath.Join(dir, "goldserve")
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
	if day, err := time.Parse(time.DateOnly, c.AsOf); err == nil && day.Year() > 0 {
		return day.AddDate(0, 0, 1).Add(-time.Millisecond), nil
	}
	v, err := gold.ParseValue(gold.Time, 0, c.AsOf)
	if err != nil {
		return time.Time{}, usagef("%s is %q: %w, or a date of the years 0001 to 9999", c.origin("as-of"), c.AsOf, err)
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
