package main

import (
	"fmt"
	"net"
	"strconv"
	"time"
)

// neverEmpty are the text settings that must not be given empty, as happens with unset variables of a script: they
// would be taken for the default.
var neverEmpty = []string{"as-of", "cache-dir", "default-model", "lake", "listen", "log", "log-level", "model", "releases-db", "release", "limit", "store"}

// emptySetting is the problem of a flag or key that is given without a text.
func emptySetting(origin string) string {
	return origin + " is empty: give it a value, or remove it"
}

// checkRanges finds values with which a command would spin, never answer or never end, and meaningless zeros. A setting
// that is not given has its default, so a given value is intended.
func (c *config) checkRanges() (problems []string) {
	refuse := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	for _, d := range []struct {
		name   string
		value  time.Duration
		least  time.Duration
		orZero bool
	}{
		{"lease-ttl", c.LeaseTTL, 100 * time.Millisecond, false},
		{"refresh-ttl", c.RefreshTTL, time.Millisecond, false},
		{"min-interval", c.MinInterval, time.Millisecond, true},
		{"watch-timeout", c.WatchTimeout, time.Second, true},
		{"bi-every", c.BIEvery, time.Millisecond, true},
		{"grace", c.Grace, time.Millisecond, true},
		{"keep-for", c.KeepFor, time.Millisecond, true},
		{"poll", c.Poll, 10 * time.Millisecond, false},
		{"request-timeout", c.RequestTimeout, 10 * time.Millisecond, false},
		{"drain", c.Drain, time.Millisecond, true},
		{"cache-max-age", c.CacheMaxAge, time.Second, true},
		{"stale-max", c.StaleMax, time.Millisecond, true},
	} {
		if c.origins[d.name] == "" || d.value >= d.least || d.orZero && d.value == 0 {
			continue
		}
		orZero := ""
		if d.orZero {
			orZero = ", or 0"
		}
		refuse("%s is %s: expected a duration of at least %s, such as 5s%s", c.origin(d.name), d.value, d.least, orZero)
	}
	for _, n := range []struct {
		name     string
		value    int64
		least    int64
		expected string
	}{
		{"keep", int64(c.Keep), 0, "a number of releases; 0 keeps only the current one, and those of --keep-months"},
		{"keep-months", int64(c.KeepMonths), 0, "a number of months; 0 keeps no release for its month"},
		{"max-connections", int64(c.MaxConnections), 1, "a number of connections, 1 or more"},
		{"rate-limit", int64(c.RateLimit), 0, "a number of requests per second; 0 means no limit"},
		{"max-listeners", c.MaxListeners, 1, "a number of listeners, 1 or more"},
	} {
		if c.origins[n.name] != "" && n.value < n.least {
			refuse("%s is %d: expected %s", c.origin(n.name), n.value, n.expected)
		}
	}
	if c.origins["watch-memory"] != "" && c.WatchMemory < leastWatchMemory {
		refuse("%s is %s: expected at least %s", c.origin("watch-memory"), c.WatchMemory.String(), size(leastWatchMemory))
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		refuse("%s and %s go together: give the certificate and its key", c.origin("tls-cert"), c.origin("tls-key"))
	}
	if _, port, err := net.SplitHostPort(c.Listen); err == nil {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			refuse("%s names port %q: expected 0 to 65535", c.origin("listen"), port)
		}
	}
	return problems
}
