package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// configuration is the command config. config print takes every setting as a flag.
func (a *app) configuration() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "config",
		Short:   "Show the settings",
		Example: "  goldserve config print",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	show := &cobra.Command{
		Use:   "print",
		Short: "Print every setting with its value and origin",
		Long: `print shows every setting as the other commands read it in this folder, and its origin: a flag, an environment variable
(GOLDSERVE_STORE, MONGO_URI, PORT), a key of goldserve.yaml, or the default. Credentials are left out of addresses.`,
		Example: `  goldserve config print
  GOLDSERVE_STORE=sqlite:gold.db goldserve config print --json`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.runConfigPrint() },
	}
	a.settings.VisitAll(func(f *pflag.Flag) {
		if f.Name != "log" && f.Name != "log-level" { // global flags
			a.setting(show.Flags(), f.Name)
		}
	})
	cmd.AddCommand(show)
	return cmd
}

// setting is one line of config print --json.
type setting struct {
	Name   string `json:"name"`
	Value  any    `json:"value"`
	Origin string `json:"origin"`
}

func (a *app) runConfigPrint() error {
	all := a.config.list(a.settings)
	if a.config.JSON {
		return a.printJSON(all)
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	text := []byte("SETTING\tVALUE\tORIGIN\n")
	for _, s := range all {
		value := fmt.Sprint(s.Value)
		if list, ok := s.Value.([]string); ok {
			value = strings.Join(list, ",")
		}
		if value == "" {
			value = "-"
		}
		text = fmt.Appendf(text, "%s\t%s\t%s\n", s.Name, value, s.Origin)
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	return w.Flush()
}

// list returns every setting by name, then the overrides of goldserve.yaml.
func (c *config) list(settings *pflag.FlagSet) []setting {
	var all []setting
	settings.VisitAll(func(f *pflag.Flag) {
		all = append(all, c.derived(setting{f.Name, valueOf(f.Value), c.origins[f.Name]}))
	})
	all = append(all, setting{"config", c.file, c.origins["config"]}, setting{"data-folder", dataFolder(), "default"})
	slices.SortFunc(all, func(a, b setting) int { return strings.Compare(a.Name, b.Name) })
	return append(all, c.laidOver()...)
}

// valueOf returns a setting's value for JSON: a number, a boolean, a list, or a text as users write it.
func valueOf(value pflag.Value) any {
	text := value.String()
	if list, ok := value.(pflag.SliceValue); ok {
		return nonNil(list.GetSlice())
	}
	switch value.Type() {
	case "int", "int64":
		return json.Number(text)
	case "bool":
		return text == "true"
	default:
		return withoutCredentials(text)
	}
}

// variableText returns a setting's value as its variable gives it.
func variableText(value pflag.Value) string {
	text := value.String()
	if _, list := value.(pflag.SliceValue); list {
		text = strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")
	}
	return text
}

// derived completes a setting whose default depends on the environment.
func (c *config) derived(s setting) setting {
	switch {
	case s.Name == "store":
		s.Value = c.storeName()
		if s.Origin == "" {
			s.Origin = "default: your data folder"
		}
	case s.Name == "lake" && s.Origin == "":
		s.Origin = "default: the first of " + strings.Join(lakes, ", ") + " that exists"
		if folder, found, err := c.lakeLocation(); err == nil && found {
			s.Value = folder
		}
	case s.Origin == "":
		s.Origin = "default"
	}
	return s
}

// laidOver lists the overrides of models in goldserve.yaml.
func (c *config) laidOver() []setting {
	var file struct{ Models map[string]any }
	if yaml.Unmarshal(c.overlays.Text, &file) != nil {
		return nil // it was valid before
	}
	return flatten("models", file.Models, c.overlays.File)
}

// flatten lists the values of nested maps by path.
func flatten(path string, values map[string]any, origin string) []setting {
	var all []setting
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if below, ok := values[key].(map[string]any); ok && len(below) > 0 {
			all = append(all, flatten(path+"."+key, below, origin)...)
		} else {
			all = append(all, setting{path + "." + key, values[key], origin})
		}
	}
	return all
}

// withoutCredentials removes possible secrets from an address: everything before an @, options, and parameters of Spark's.
func withoutCredentials(address string) string {
	at := strings.LastIndexByte(address, '@')
	scheme, _, ok := strings.Cut(address, "://")
	if at >= 0 {
		address = address[at+1:]
		if ok && len(scheme) < at {
			address = scheme + "://" + address
		}
	}
	if ok {
		address, _, _ = strings.Cut(address, "?")
	}
	if scheme == "sc" {
		address, _, _ = strings.Cut(address, "/;")
	}
	return address
}
