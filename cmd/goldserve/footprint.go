package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"goldserve/eco"
	"goldserve/gold"
)

// footprintSettings say where the energy and CO2e of commands are recorded.
type footprintSettings struct {
	Emissions, Country, CarbonIntensity, CPUPower string

	country  eco.Country // complete sets it
	cpuPower float64     // watts; 0: the meter's default
}

// The phases of commands that run runs too. A row of emissions.csv names its phase.
const (
	phaseBuild   = "build"
	phasePublish = "publish"
)

// noEmissions is the value of --emissions for one run without the folder that a variable or goldserve.yaml names.
const noEmissions = "none"

func (s *footprintSettings) flags(flags *pflag.FlagSet) {
	flags.StringVar(&s.Emissions, "emissions", "", "folder of emissions.csv, to which the energy and CO2e of the run are appended; "+noEmissions+": no record (default: CC_OUTPUT_DIR, else none)")
	flags.StringVar(&s.Country, "country", "", "country of the electricity, as its code of three letters, such as FRA (default: CC_COUNTRY_ISO_CODE, else the world's average)")
	flags.StringVar(&s.CarbonIntensity, "carbon-intensity", "", "CO2e of the electricity, in grams for each kWh (default: the country's average of a year, by Ember)")
	flags.StringVar(&s.CPUPower, "cpu-power", "", "watts of all processors at full load (TDP), from which their energy is estimated where it can't be measured (default: 4 for each hardware thread)")
}

// completeFootprint sets what depends on the environment, and returns the problems of values.
func (c *config) completeFootprint() (problems []string) {
	for _, from := range []struct {
		name, variable string
		value          *string
	}{{"emissions", "CC_OUTPUT_DIR", &c.Emissions}, {"country", "CC_COUNTRY_ISO_CODE", &c.Country}} {
		if text := os.Getenv(from.variable); *from.value == "" && text != "" {
			*from.value, c.origins[from.name] = text, from.variable
		}
	}
	number := func(name, text, of string) *float64 {
		if text == "" {
			return nil
		}
		x, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(x) || x < 0 || x > 1e6 {
			problems = append(problems, fmt.Sprintf("%s is %s: expected a number of %s", c.origin(name), text, of))
			return nil
		}
		return &x
	}
	if watts := number("cpu-power", c.CPUPower, "watts, such as 65"); watts != nil {
		c.cpuPower = *watts
	}
	grams := number("carbon-intensity", c.CarbonIntensity, "grams of CO2e for each kWh, such as 56")
	if len(problems) > 0 {
		return problems
	}
	country, err := eco.CountryOf(c.Country, grams)
	if err != nil {
		return []string{fmt.Sprintf("%s is %s: %s", c.origin("country"), c.Country, err)}
	}
	c.country = country
	return nil
}

// recordEvery is how often the energy of a command is recorded that runs until it is stopped: who is killed loses less than that.
const recordEvery = 15 * time.Minute

// footprint runs a phase and records its energy, also where it fails: that was used all the same. A record that can't be written
// doesn't undo what was done: its error comes with the phase's.
func (a *app) footprint(ctx context.Context, phase string, run func(context.Context) error) error {
	c := &a.config
	if c.Emissions == "" || c.Emissions == noEmissions {
		return run(ctx)
	}
	book, err := eco.OpenBook(c.Emissions)
	if err != nil {
		return usagef("%s: %w", c.origin("emissions"), err)
	}
	record := &recording{app: a, book: book, phase: phase, log: a.logger(), meter: eco.Start(eco.Config{CPUPower: c.cpuPower})}
	ended := make(chan struct{})
	var laps sync.WaitGroup
	laps.Go(func() {
		tick := time.NewTicker(recordEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				record.lap(record.meter.Lap())
			case <-ended:
				return
			}
		}
	})
	err = run(ctx)
	close(ended)
	laps.Wait()
	record.lap(record.meter.Stop())
	return errors.Join(err, record.err)
}

// recording is the record of a phase.
type recording struct {
	*app
	book  *eco.Book
	phase string
	log   *slog.Logger
	meter *eco.Meter
	err   error // of the last lap
}

// lap appends a row, and says what it holds.
func (r *recording) lap(u eco.Usage) {
	c := &r.config
	row := u.Row(eco.Phase{Model: c.Model, Name: r.phase, Version: programVersion(), Country: c.country, Memory: machineMemory()})
	note, err := r.book.Append(row)
	if note != "" {
		r.log.Warn("file of emissions put right", "what", note)
	}
	if err != nil {
		r.err = gold.Errorf(gold.Internal, gold.CodeEmissionsLost, "the energy of %s is not recorded: %w", r.phase, err)
		r.log.Error("energy not recorded", "phase", r.phase, "error", err)
		return
	}
	r.err = nil
	basis, attributes := "measured by RAPL for the whole machine, memory estimated", []any{"phase", r.phase, "seconds", u.Seconds, "energy_wh", 1000 * u.Energy(), "co2e_g", 1000 * u.Emissions(c.country), "measured", u.Measured}
	if !u.Measured {
		basis = "estimated from processor time: " + u.Why
		attributes = append(attributes, "why", u.Why)
	}
	if r.config.JSON {
		r.log.Info("footprint", append(attributes, "file", r.book.Path())...)
		return
	}
	r.printf("Footprint of %s: %s, %s CO2e in %s, added to %s\n  %s; %s\n", r.phase, eco.Energy(u.Energy()), eco.Mass(u.Emissions(c.country)), eco.Span(u.Seconds), r.book.Path(), basis, intensityText(c.country))
}

// intensityText says what the CO2e of electricity is taken from.
func intensityText(c eco.Country) string {
	text := strconv.FormatFloat(c.Grams, 'f', -1, 64) + " g/kWh"
	if c.Year != 0 {
		return fmt.Sprintf("%s (%s, %d, Ember)", text, c.Name, c.Year)
	}
	return text + " as given"
}
