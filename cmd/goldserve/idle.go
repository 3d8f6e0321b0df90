package main

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	idleAfter = 2 * time.Second // the program is busy if it allocates more than idleBytes in this time
	idleBytes = 256 << 10       // polling for a release allocates a few kilobytes
	idleGain  = 8 << 20         // the least gain that is worth a collection
)

// freeIdleMemory returns unused memory to the system when the program has been idle for a while, until ctx ends. The runtime does
// so too, but only after minutes, and keeps twice what is in use.
func freeIdleMemory(ctx context.Context) {
	ticker := time.NewTicker(idleAfter)
	defer ticker.Stop()
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	var before, released uint64
	for {
		metrics.Read(sample)
		now := sample[0].Value.Uint64()
		if now-before < idleBytes && now-released > idleGain {
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
