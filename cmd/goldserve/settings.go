package main

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// configuration is the command config. Its print takes the flags of all other commands, which have the defaults.
func (a *app) configuration(others []*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "config",
		Short:   "Work with the settings",
		Example: "  goldserve config print",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	show := &cobra.Command{
		Use:   "print",
		Short: "Print every setting with its value and where that comes from",
		Long: `print shows the settings as the other commands would see them here, and for each what sets it: a flag, a variable
(GOLDSERVE_STORE, MONGO_URI, PORT), goldserve.yaml with the key, or the default. Credentials in addresses are left out.`,
		Example: `  goldserve config print
  GOLDSERVE_STORE=sqlite:gold.db goldserve config print --json`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return a.runConfigPrint() },
	}
	show.Flags().Bool("json", false, "print JSON")
	for _, other := range others {
		other.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
			if _, known := settings[f.Name]; known && show.Flags().Lookup(f.Name) == nil {
				show.Flags().AddFlag(f)
			}
		})
	}
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
	all := a.config.settings()
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

// settings returns every setting by name, then what goldserve.yaml lays over models.
func (c *config) settings() []setting {
	values := reflect.ValueOf(c).Elem()
	var all []setting
	for _, f := range settingFields() {
		name := f.Tag.Get("koanf")
		s := setting{name, values.FieldByIndex(f.Index).Interface(), c.origins[name]}
		switch v := s.Value.(type) {
		case string:
			s.Value = withoutCredentials(v)
		case fmt.Stringer: // a duration, as people write it
			s.Value = v.String()
		}
		all = append(all, c.derived(s))
	}
	all = append(all, setting{"config", c.file, c.origins["config"]}, setting{"data-folder", dataFolder(), "default"})
	slices.SortFunc(all, func(a, b setting) int { return strings.Compare(a.Name, b.Name) })
	return append(all, c.laidOver()...)
}

// derived completes a setting whose value is found rather than given.
func (c *config) derived(s setting) setting {
	switch {
	case s.Name == "store":
		s.Value = c.storeName()
		if s.Origin == "" {
			s.Origin = "default: your data folder"
		}
	case s.Name == "lake" && s.Origin == "":
		s.Origin = "default: the first of " + strings.Join(lakes, ", ") + " that exists"
		if folder, found, err := c.lakeFolder(); err == nil && found {
			s.Value = folder
		}
	case s.Origin == "":
		s.Origin = "default"
	}
	return s
}

// laidOver lists what goldserve.yaml lays over models.
func (c *config) laidOver() []setting {
	raw, err := yaml.Parser().Unmarshal(c.overlays.Text)
	if err != nil {
		return nil // it was read before
	}
	const dot = "\x00" // names of fields hold points
	k := koanf.New(dot)
	if err := k.Set("models", raw["models"]); err != nil {
		return nil
	}
	values := k.All()
	var all []setting
	for _, key := range slices.Sorted(maps.Keys(values)) {
		all = append(all, setting{strings.ReplaceAll(key, dot, "."), values[key], c.overlays.File})
	}
	return all
}

// withoutCredentials leaves out of an address whatever may be a secret: what stands before an @, and options.
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
	return address
}
