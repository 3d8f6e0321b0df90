package main

import (
	"runtime/debug"
	"strings"
	"testing"

	"goldserve/gold"
)

func TestQuestionMemory(t *testing.T) {
	for value, want := range map[size]int64{0: 0, 1 << 20: 0, 16 << 20: 16 << 20, 1 << 30: 1 << 30} {
		a := &app{config: config{Memory: value, origins: map[string]string{"memory": "--memory"}}}
		memory, err := a.questionMemory()
		switch {
		case want == 0 && (exitCode(err) != exitUsage || !strings.Contains(err.Error(), "--memory is "+value.String()+": expected at least 16MiB")):
			t.Errorf("%s: %v", value, err)
		case want != 0 && (err != nil || memory.Limit() != want):
			t.Errorf("%s: %v", value, err)
		}
	}
	memory, err := (&app{config: config{origins: map[string]string{}}}).questionMemory()
	if err != nil || memory.Limit() < leastQuestionMemory || memory.Limit() > max(leastQuestionMemory, machineMemory()/8) {
		t.Errorf("by default questions have %s, %v", gold.FormatBytes(memory.Limit()), err)
	}
}

func TestTheHeapIsLimitedButForAnEnvironmentThatSaysOtherwise(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(before)
	a := &app{config: config{cacheSettings: cacheSettings{AccelerateMemory: 300 << 20, CacheSize: 64 << 20}}}
	t.Setenv("GOMEMLIMIT", "1GiB")
	a.limitHeap(100<<20, 4<<30)
	if got := debug.SetMemoryLimit(-1); got != before {
		t.Errorf("the heap's limit is %d beside GOMEMLIMIT, expected %d", got, before)
	}
	t.Setenv("GOMEMLIMIT", "")
	a.limitHeap(100<<20, 4<<30)
	if got := debug.SetMemoryLimit(-1); got != 464<<20+otherMemory {
		t.Errorf("the heap's limit is %d, expected %d", got, 464<<20+otherMemory)
	}
	a.limitHeap(100<<20, 512<<20)
	if got := debug.SetMemoryLimit(-1); got != 384<<20 {
		t.Errorf("the heap's limit in 512 MiB is %d, expected 384 MiB", got)
	}
}
