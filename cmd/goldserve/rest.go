package main

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	restAfter = 2 * time.Second // at work is who allocates more than restBytes in such a time
	restBytes = 256 << 10       // looking for a new release takes some kilobytes
	restGain  = 8 << 20         // what is worth a collection
)

// rest gives unused memory back to the system whenever the program has had nothing to do for a while, until ctx ends.
// The runtime does so by itself too, but after minutes, and keeps as much again as is in use.
func rest(ctx context.Context) {
	ticker := time.NewTicker(restAfter)
	defer ticker.Stop()
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	var before, released uint64
	for {
		metrics.Read(sample)
		now := sample[0].Value.Uint64()
		if now-before < restBytes && now-released > restGain {
			debug.FreeOSMemory()
			released = now
		}
		before = now
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
