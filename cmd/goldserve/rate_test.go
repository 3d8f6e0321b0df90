package main

import "testing"

func TestTheRateIsLimitedBeyondLoopbackAlone(t *testing.T) {
	for _, c := range []struct {
		listen string
		given  bool
		limit  int
		want   int
	}{
		{"127.0.0.1:8080", false, defaultRateLimit, 0},
		{"localhost:8080", true, 7, 7},
		{"0.0.0.0:8080", false, defaultRateLimit, defaultRateLimit},
		{"[::]:8080", true, 0, 0},
	} {
		config := config{listenSettings: listenSettings{Listen: c.listen}, limitSettings: limitSettings{RateLimit: c.limit}, origins: map[string]string{}}
		if c.given {
			config.origins["rate-limit"] = "--rate-limit"
		}
		if got := config.rateLimit(); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
}
