package eco

import (
	"bytes"
	"crypto/rand"
	"encoding/csv"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// Columns are those of CodeCarbon 3.3's emissions.csv, in its order. Units: kg of CO2e and kg/s, W, kWh, litres, GB of 2^30 bytes.
var Columns = []string{
	"timestamp", "project_name", "run_id", "experiment_id", "duration", "emissions", "emissions_rate", "cpu_power", "gpu_power", "ram_power",
	"cpu_energy", "gpu_energy", "ram_energy", "energy_consumed", "water_consumed", "country_name", "country_iso_code", "region",
	"cloud_provider", "cloud_region", "os", "python_version", "codecarbon_version", "cpu_count", "cpu_model", "gpu_count", "gpu_model",
	"longitude", "latitude", "ram_total_size", "tracking_mode", "cpu_utilization_percent", "gpu_utilization_percent",
	"ram_utilization_percent", "ram_used_gb", "on_cloud", "pue", "wue",
}

// The values of tracking_mode. CodeCarbon's "machine" is kept for the energy of a whole machine.
const (
	trackedMachine   = "machine"
	trackedEstimated = "process (estimated)"
)

// written begins the text by which a row's column codecarbon_version says that this program wrote it.
const written = "goldserve"

// Phase is what a row is of.
type Phase struct {
	Model   string // which is the project; empty: it is not known
	Name    string // such as build
	Version string // of the program
	Country Country
	Memory  int64 // bytes of the machine
}

// project is a row's project_name: MODEL/PHASE.
func (p *Phase) project() string {
	if p.Model == "" {
		return p.Name
	}
	return p.Model + "/" + p.Name
}

// Row is a row's values in the order of Columns.
type Row []string

// Emissions returns the kilograms of CO2e of energy that was used: kWh times the country's carbon intensity, as CodeCarbon has it (its
// PUE, by which energies are multiplied before, is 1 here).
func (u *Usage) Emissions(c Country) float64 { return u.Energy() * c.Grams / 1000 }

// Energy returns the kWh of processors and memory.
func (u *Usage) Energy() float64 { return u.CPUEnergy + u.RAMEnergy }

// Row makes the row of a phase, with a run_id of its own.
func (u *Usage) Row(p Phase) Row {
	emissions, rate := u.Emissions(p.Country), 0.0
	var cpuPower, ramPower float64
	if u.Seconds > 0 {
		rate = emissions / u.Seconds
		cpuPower, ramPower = u.CPUEnergy*joulesPerKWh/u.Seconds, u.RAMEnergy*joulesPerKWh/u.Seconds
	}
	mode := trackedEstimated
	if u.Measured {
		mode = trackedMachine
	}
	total, part := float64(p.Memory)/bytesPerGB, 0.0
	if p.Memory > 0 {
		part = 100 * u.Memory / float64(p.Memory)
	}
	return Row{
		u.Ended.Format("2006-01-02T15:04:05"), p.project(), newID(), "", number(u.Seconds), number(emissions), number(rate), number(cpuPower), "0.0", number(ramPower),
		number(u.CPUEnergy), "0.0", number(u.RAMEnergy), number(u.Energy()), "0.0", p.Country.Name, p.Country.Code, "",
		"", "", runtime.GOOS + "-" + runtime.GOARCH, "", written + " " + p.Version, strconv.Itoa(runtime.NumCPU()), processorModel(), "0", "",
		"", "", number(total), mode, number(100 * u.Load), "0.0",
		number(part), number(u.Memory / bytesPerGB), "N", "1.0", "0.0",
	}
}

// number writes a number as Python does: the shortest text that reads back as the same, always with a point or an exponent.
func number(x float64) string {
	text := strconv.FormatFloat(x, 'g', -1, 64)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return text
}

// newID returns a random UUID (version 4).
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// processorModel is the name of the processor, as Linux has it; else its architecture.
func processorModel() string {
	text, _ := os.ReadFile("/proc/cpuinfo") // where there is none, the architecture says what is known
	for line := range strings.Lines(string(text)) {
		if key, model, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(model)
		}
	}
	return runtime.GOARCH
}

// line is a row as a line of CSV, without line breaks in its fields.
func line(fields []string) []byte {
	clean := make([]string, len(fields))
	for i, f := range fields {
		clean[i] = strings.NewReplacer("\n", " ", "\r", " ").Replace(f)
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write(clean) // a buffer takes everything
	w.Flush()
	return b.Bytes()
}
