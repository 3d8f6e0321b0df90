package eco

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// counters is a made-up folder of RAPL's counters, in microjoules.
type counters struct {
	t      *testing.T
	folder string
}

func (c counters) set(domain, name string, energy, most uint64) {
	c.t.Helper()
	at := filepath.Join(c.folder, domain)
	if err := os.MkdirAll(at, 0o700); err != nil {
		c.t.Fatal(err)
	}
	for file, text := range map[string]string{"name": name + "\n", "energy_uj": fmt.Sprintln(energy), "max_energy_range_uj": fmt.Sprintln(most)} {
		if err := os.WriteFile(filepath.Join(at, file), []byte(text), 0o600); err != nil {
			c.t.Fatal(err)
		}
	}
}

// metered is a meter with a clock and a process that a test moves.
type metered struct {
	*Meter
	at  time.Time
	use processUse
}

func newMetered(c Config) *metered {
	m := &metered{at: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	m.Meter = newMeter(c, func() processUse { return m.use }, func() time.Time { return m.at })
	return m
}

// after lets time pass, in which the process uses the part load of all threads.
func (m *metered) after(seconds, load float64) {
	m.at = m.at.Add(time.Duration(seconds * 1e9))
	m.use.processor += time.Duration(load * seconds * m.threads * 1e9)
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-9*math.Abs(want)+1e-15 {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestEnergyIsEstimatedByLoadWithoutCounters(t *testing.T) {
	t.Parallel()
	m := newMetered(Config{Powercap: filepath.Join(t.TempDir(), "none"), CPUPower: 100})
	m.use.memory = 3 << 30
	m.after(10, 0.5)
	u := m.Lap()
	near(t, "energy of processors", u.CPUEnergy, 100*0.5*10/3.6e6)
	least := 10.0
	if m.arm {
		least = 3
	}
	near(t, "energy of memory", u.RAMEnergy, least*10/3.6e6)
	near(t, "load", u.Load, 0.5)
	near(t, "memory", u.Memory, 3<<30)
	if u.Measured || !strings.Contains(u.Why, "no counters") {
		t.Errorf("%+v", u)
	}
	m.after(5, 0)
	if u := m.Lap(); u.CPUEnergy != 0 || u.Seconds != 5 {
		t.Errorf("the second lap: %+v", u)
	}
	if u := m.Lap(); u.Seconds != 0 || math.IsNaN(u.Load) || math.IsNaN(u.Memory) {
		t.Errorf("an empty lap: %+v", u)
	}
	m.use.processor = 0 // a child that ended is missing in one reading
	m.after(5, 0)
	m.use.processor = time.Duration(10*0.5*m.threads*1e9) + time.Second
	near(t, "processor time that was missing for a reading", m.Lap().CPUEnergy, 100/m.threads/3.6e6)
	def := newMetered(Config{Powercap: "none"})
	near(t, "power where none is given", def.cpuPower, 4*float64(runtime.NumCPU()))
}

func TestEnergyIsMeasuredByCounters(t *testing.T) {
	t.Parallel()
	c := counters{t, t.TempDir()}
	const most = 262_143_328_850
	c.set("intel-rapl:0", "package-0", 1_000_000_000, most)
	c.set("intel-rapl:1", "package-1", most-5_000_000, most)
	c.set("intel-rapl:0:0", "core", 500_000_000, most) // is part of its package
	c.set("intel-rapl:0:1", "dram", 200_000_000, most) // off by default in CodeCarbon
	c.set("intel-rapl:2", "psys", 9_000_000_000, most) // includes the packages
	m := newMetered(Config{Powercap: c.folder})
	m.after(15, 1)
	c.set("intel-rapl:0", "package-0", 1_600_000_000, most)
	c.set("intel-rapl:1", "package-1", 7_000_000, most) // it has wrapped
	c.set("intel-rapl:2", "psys", 9_999_000_000, most)
	u := m.Lap()
	near(t, "energy", u.CPUEnergy, (600+12)/3.6e6)
	if !u.Measured || u.Why != "" {
		t.Errorf("%+v", u)
	}
	m.after(15, 0.25)
	if err := os.Remove(filepath.Join(c.folder, "intel-rapl:1", "energy_uj")); err != nil {
		t.Fatal(err)
	}
	if u = m.Lap(); u.Measured || !strings.Contains(u.Why, "all the time") {
		t.Errorf("a counter that is gone: %+v", u)
	}
	near(t, "the estimate in its place", u.CPUEnergy, m.cpuPower*0.25*15/3.6e6)
	c.set("intel-rapl:1", "package-1", 10_000_000, most)
	m.after(15, 0)
	if u = m.Lap(); u.Measured {
		t.Error("an interval that began without a counter is measured")
	}
	c.set("intel-rapl:1", "package-1", 11_000_000, most)
	m.after(15, 0)
	if u = m.Lap(); !u.Measured {
		t.Error("with the counter back, nothing is measured")
	}
	near(t, "energy with the counter back", u.CPUEnergy, 1/3.6e6)
}

func TestCountersThatMirrorEachOtherCountOnce(t *testing.T) {
	t.Parallel()
	for name, second := range map[string]struct {
		begins, ends uint64
		want         float64
	}{
		"a mirror":                           {1_000_000_000, 1_600_000_100, 600},
		"equal by chance at first":           {1_000_000_000, 1_300_000_000, 900},
		"other counters":                     {50_000_000, 350_000_000, 900},
		"a mirror so far: nothing was used":  {1_000_000_000, 1_000_000_000, 600},
		"both at 0 may be counters of their": {0, 300_000_000, 900},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := counters{t, t.TempDir()}
			first := uint64(1_000_000_000)
			if second.begins == 0 {
				first = 0
			}
			c.set("intel-rapl:0", "package-0-die-0", first, 1<<40)
			c.set("intel-rapl:1", "package-0-die-1", second.begins, 1<<40)
			m := newMetered(Config{Powercap: c.folder})
			m.after(15, 1)
			c.set("intel-rapl:0", "package-0-die-0", first+600_000_000, 1<<40)
			c.set("intel-rapl:1", "package-0-die-1", second.ends, 1<<40)
			near(t, "energy", m.Lap().CPUEnergy, second.want/3.6e6)
		})
	}
	c := counters{t, t.TempDir()}
	c.set("intel-rapl:0", "package-0", 1_000_000_000, 1<<40)
	c.set("intel-rapl:1", "package-1", 1_000_000_000, 1<<40)
	m := newMetered(Config{Powercap: c.folder})
	sum := 0.0
	for i := range uint64(10) { // of 3 and 5 joules each, which says nothing at first
		m.after(1, 0.1)
		c.set("intel-rapl:0", "package-0", 1_000_000_000+3_000_000*(i+1), 1<<40)
		c.set("intel-rapl:1", "package-1", 1_000_000_000+5_000_000*(i+1), 1<<40)
		sum += m.Lap().CPUEnergy
	}
	near(t, "counters that were equal by chance, and count little", sum, 80/3.6e6)
	c = counters{t, t.TempDir()}
	c.set("intel-rapl:0", "package-0", 1_000_000_000, 1<<40)
	c.set("intel-rapl-mmio:0", "package-0", 77_000_000, 1<<40) // the same package by another interface
	m = newMetered(Config{Powercap: c.folder})
	m.after(15, 1)
	c.set("intel-rapl:0", "package-0", 1_600_000_000, 1<<40)
	c.set("intel-rapl-mmio:0", "package-0", 677_000_000, 1<<40)
	near(t, "two interfaces to one package", m.Lap().CPUEnergy, 600/3.6e6)
}

func TestPlatformCounterWithoutPackages(t *testing.T) {
	t.Parallel()
	c := counters{t, t.TempDir()}
	c.set("intel-rapl:0", "psys", 10_000_000, 1<<40)
	m := newMetered(Config{Powercap: c.folder})
	m.after(1, 1)
	c.set("intel-rapl:0", "psys", 12_000_000, 1<<40)
	near(t, "energy", m.Lap().CPUEnergy, 2/3.6e6)
	bad := counters{t, t.TempDir()}
	bad.set("intel-rapl:0", "package-0", 1, 1<<40)
	if err := os.WriteFile(filepath.Join(bad.folder, "intel-rapl:0", "energy_uj"), []byte("no number"), 0o600); err != nil {
		t.Fatal(err)
	}
	if m := newMetered(Config{Powercap: bad.folder}); m.rapl != nil {
		t.Error("a counter without a number is used")
	}
}

// The time of children counts while they run and after they have ended.
func TestTimeOfChildrenCounts(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("children that still run are read from /proc")
	}
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("needs a shell")
	}
	before := readProcess()
	child := exec.CommandContext(t.Context(), sh, "-c", "i=0; while [ $i -lt 400000 ]; do i=$((i+1)); done; echo done; read line") // #nosec G204 -- the test's own
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	running := readProcess()
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // read finds nothing, and fails
	spent := child.ProcessState.UserTime() + child.ProcessState.SystemTime()
	ended := readProcess()
	if spent < 50*time.Millisecond {
		t.Fatalf("the child used %s", spent)
	}
	for name, use := range map[string]processUse{"while it runs": running, "after its end": ended} {
		if got := use.processor - before.processor; got < spent-30*time.Millisecond || got > spent+time.Second {
			t.Errorf("%s: %s, and the child used %s", name, got, spent)
		}
	}
	if running.memory <= 0 {
		t.Error("no memory")
	}
}

func TestMeterStopsAtOnce(t *testing.T) {
	t.Parallel()
	m := Start(Config{})
	time.Sleep(20 * time.Millisecond)
	begin := time.Now()
	u := m.Stop()
	if time.Since(begin) > 2*time.Second || u.Seconds < 0.02 {
		t.Errorf("%s, %+v", time.Since(begin), u)
	}
	m.Stop() // may be called twice
}

// What CodeCarbon 3.3.2 computes for the same sizes.
func TestPowerOfMemoryIsCodeCarbons(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		gb   float64
		arm  bool
		want float64
	}{
		{0.5, false, 10},
		{1, false, 10},
		{2, false, 10},
		{3, false, 10},
		{4, false, 10},
		{8, false, 10},
		{16, false, 10},
		{17, false, 20},
		{32, false, 20},
		{33, false, 20},
		{64, false, 20},
		{65, false, 38},
		{128, false, 38},
		{129, false, 42},
		{200, false, 58},
		{256, false, 38},
		{300, false, 46},
		{512, false, 38},
		{1000, false, 70},
		{1024, false, 38},
		{2048, false, 70},
		{2049, false, 73.5},
		{4096, false, 126},
		{8192, false, 126},
		{100000, false, 126},
		{0.5, true, 3},
		{1, true, 3},
		{2, true, 3},
		{3, true, 3},
		{4, true, 3},
		{8, true, 3},
		{16, true, 3},
		{17, true, 6},
		{32, true, 6},
		{33, true, 6},
		{64, true, 6},
		{65, true, 11.4},
		{128, true, 11.4},
		{129, true, 12.6},
		{200, true, 17.4},
		{256, true, 11.4},
		{300, true, 13.8},
		{512, true, 11.4},
		{1000, true, 21},
		{1024, true, 11.4},
		{2048, true, 21},
		{2049, true, 22.05},
		{4096, true, 37.8},
		{8192, true, 37.8},
		{100000, true, 37.8},
	} {
		if got := ramPower(c.gb, c.arm); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%v GB, arm %v: %v W, want %v", c.gb, c.arm, got, c.want)
		}
	}
}
