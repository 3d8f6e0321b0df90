package publisher

import (
	"time"

	"goldserve/gold"
)

// refreshDue returns when the BI database may be refreshed next, by this machine's clock; zero: now. A time that lies further
// ahead than BIEvery was set by a longer one.
func (c *Config) refreshDue(state *gold.State) time.Time {
	wait := min(state.Due.Sub(state.Now), c.BIEvery)
	if wait <= 0 {
		return time.Time{}
	}
	return time.Now().Add(wait)
}
