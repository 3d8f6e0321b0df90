package main

import (
	"log/slog"
	"slices"
	"testing"

	"github.com/spf13/pflag"
)

// TestSettingsReachTheProcessThatReadsTheLake: every flag is read from its variable as it was given.
func TestSettingsReachTheProcessThatReadsTheLake(t *testing.T) {
	given := map[string]string{"bool": "true", "int": "7", "int64": "8", "duration": "1m30s", "size": "1536MiB", "string": `a, "b" [c]`, "stringSlice": `/roots/a,"/roots/b, c",[d]`}
	a := &app{settings: pflag.NewFlagSet("settings", pflag.ContinueOnError)}
	a.config.all(a.settings)
	a.config.origins = map[string]string{}
	a.settings.VisitAll(func(f *pflag.Flag) {
		if err := f.Value.Set(given[f.Value.Type()]); err != nil {
			t.Errorf("%s of type %s: %v", f.Name, f.Value.Type(), err)
		}
		a.config.origins[f.Name] = "--" + f.Name
	})
	cmd, err := (&lakeProcess{app: a, log: slog.New(slog.DiscardHandler)}).command()
	if err != nil {
		t.Fatal(err)
	}
	var c config
	read := pflag.NewFlagSet("read", pflag.ContinueOnError)
	c.all(read)
	a.settings.VisitAll(func(f *pflag.Flag) {
		there := false
		for _, variable := range slices.Backward(cmd.Env) {
			if name := variableOf(f.Name) + "="; len(variable) > len(name) && variable[:len(name)] == name {
				there = true
				if err := read.Lookup(f.Name).Value.Set(variable[len(name):]); err != nil {
					t.Errorf("%s: %v", variable, err)
				}
				break
			}
		}
		if got, want := read.Lookup(f.Name).Value.String(), f.Value.String(); !there || got != want {
			t.Errorf("%s is %s, want %s", f.Name, got, want)
		}
	})
	if want := []string{"/roots/a", "/roots/b, c", "[d]"}; !slices.Equal(c.LakeRoots, want) {
		t.Errorf("roots %q, want %q", c.LakeRoots, want)
	}
}
