package main

import (
	"testing"

	"goldserve/watch"
)

// TestContentIsAvoidedInTheStateThatEndedAProcess: also where the supervisor could not tell the file's name as it is.
func TestContentIsAvoidedInTheStateThatEndedAProcess(t *testing.T) {
	c := &child{app: &app{}}
	there, err := c.has(t.Context(), nil, &watch.Avoided{State: "a", File: "b\ufffdd.parquet", Token: "1"}, "a")
	if !there || err != nil {
		t.Errorf("there %t, error %v", there, err)
	}
}
