package eco

import (
	"runtime"
	"sync"
	"time"
)

// sampleEvery is far below the time in which a counter of RAPL wraps, some minutes. CodeCarbon looks at memory as often.
const sampleEvery = time.Second

// wattsPerThread is what CodeCarbon takes for each hardware thread of a processor whose model it doesn't know.
const wattsPerThread = 4

const (
	joulesPerKWh = 3.6e6
	bytesPerGB   = 1 << 30
)

// Config is what a meter may be told.
type Config struct {
	Powercap string  // folder of RAPL's counters; empty: /sys/class/powercap
	CPUPower float64 // watts of all processors at full load, for the estimate; 0: 4 W for each hardware thread
}

// Usage is what was used in an interval.
type Usage struct {
	Ended     time.Time
	Seconds   float64
	CPUEnergy float64 // kWh
	RAMEnergy float64 // kWh, always estimated
	Load      float64 // 0..1: the part of all hardware threads that this process and its children used
	Memory    float64 // bytes of this process and its children, on average
	Measured  bool    // CPUEnergy is the whole machine's, by RAPL; else it is estimated for this process and its children
	Why       string  // why it is estimated; empty: it is measured
}

// Meter meters the energy from Start on. It samples in a goroutine, which Stop ends.
type Meter struct {
	cpuPower float64
	threads  float64
	arm      bool
	process  func() processUse
	now      func() time.Time

	mu       sync.Mutex
	rapl     *rapl
	why      string
	at       time.Time // of the last sample
	used     time.Duration
	sum      Usage
	busy     float64 // seconds of processors
	resident float64 // byte seconds
	partly   bool    // an interval of this lap could not be measured

	stop, done chan struct{}
	once       sync.Once
}

// processUse is what this process and its children have used so far, and the memory that they have now.
type processUse struct {
	processor time.Duration
	memory    int64 // bytes
}

// Start begins to meter.
func Start(c Config) *Meter {
	m := newMeter(c, readProcess, time.Now)
	go func() {
		defer close(m.done)
		tick := time.NewTicker(sampleEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				m.mu.Lock()
				m.sample()
				m.mu.Unlock()
			case <-m.stop:
				return
			}
		}
	}()
	return m
}

func newMeter(c Config, process func() processUse, now func() time.Time) *Meter {
	m := &Meter{
		cpuPower: c.CPUPower, threads: float64(runtime.NumCPU()), arm: runtime.GOARCH == "arm64" || runtime.GOARCH == "arm",
		process: process, now: now, stop: make(chan struct{}), done: make(chan struct{}),
	}
	if m.cpuPower == 0 {
		m.cpuPower = wattsPerThread * m.threads
	}
	if c.Powercap == "" {
		c.Powercap = "/sys/class/powercap"
	}
	m.rapl, m.why = openRAPL(c.Powercap)
	m.at, m.used = m.now(), m.process().processor
	return m
}

// Lap returns what was used since the last lap, or since the start.
func (m *Meter) Lap() Usage {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sample()
	u := m.sum
	u.Ended, u.Measured, u.Why = m.at, m.rapl != nil && !m.partly, m.why
	if m.partly {
		u.Why = "the counters of RAPL could not be read all the time"
	}
	if u.Seconds > 0 {
		u.Load = m.busy / m.threads / u.Seconds
		u.Memory = m.resident / u.Seconds
	}
	m.sum, m.busy, m.resident, m.partly = Usage{}, 0, 0, false
	return u
}

// Stop ends the metering and returns the last lap.
func (m *Meter) Stop() Usage {
	m.once.Do(func() { close(m.stop) })
	<-m.done
	return m.Lap()
}

// sample adds what was used since the last sample. In CodeCarbon's mode "process" a processor takes its power at full load times the
// load, so that the energy doesn't depend on when samples are taken.
func (m *Meter) sample() {
	at, use := m.now(), m.process()
	seconds := at.Sub(m.at).Seconds()
	if seconds <= 0 {
		return
	}
	busy := min(max(use.processor-m.used, 0).Seconds(), seconds*m.threads)
	joules := estimatedJoules(m.cpuPower, busy/m.threads/seconds, seconds)
	if m.rapl != nil {
		if measured, ok := m.rapl.since(); ok {
			joules = measured
		} else {
			m.partly = true
		}
	}
	m.sum.Seconds += seconds
	m.sum.CPUEnergy += joules / joulesPerKWh
	m.sum.RAMEnergy += ramPower(float64(use.memory)/bytesPerGB, m.arm) * seconds / joulesPerKWh
	m.busy += busy
	m.resident += float64(use.memory) * seconds
	m.at, m.used = at, max(m.used, use.processor)
}

// estimatedJoules is CodeCarbon's estimate for processors, mode "process": TDP x load x time. load is 0..1 of all hardware threads.
func estimatedJoules(tdp, load, seconds float64) float64 { return tdp * load * seconds }

// ramPower is CodeCarbon 3's estimate for memory, in watts: 5 W for each module (1.5 W on ARM), at least 10 W (3 W), the number of modules
// guessed from the size, and each further one of a large machine taking a little less.
func ramPower(gb float64, arm bool) float64 {
	each, least := 5.0, 10.0
	if arm {
		each, least = 1.5, 3.0
	}
	n := float64(modules(gb))
	power := each * min(n, 4)
	for _, step := range []struct{ from, to, part float64 }{{4, 8, 0.9}, {8, 16, 0.8}, {16, 32, 0.7}} {
		power += each * step.part * max(0, min(n, step.to)-step.from)
	}
	return max(least, power)
}

// modules guesses how many memory modules make a size, as CodeCarbon does.
func modules(gb float64) int {
	switch {
	case gb <= 2:
		return 1
	case gb <= 16:
		return 2
	case gb <= 64:
		return 4
	case gb <= 128:
		return 8
	}
	for _, size := range []float64{128, 64, 32, 16} {
		if size <= gb/8 {
			n := int(gb / size)
			if float64(n)*size < gb {
				n++
			}
			return min(n, 32)
		}
	}
	return 8
}
