package publisher_test

import (
	"context"
	"testing"
	"time"

	"goldserve/gold"
	"goldserve/gold/lake"
	"goldserve/publisher"
)

// rival is a store in which somebody else publishes right before a lease is taken.
type rival struct {
	gold.Store
	publish func()
}

// Acquire publishes first, and then takes the lease.
func (r *rival) Acquire(ctx context.Context, model, holder string, ttl time.Duration) (*gold.Lease, error) {
	if publish := r.publish; publish != nil {
		r.publish = nil
		publish()
	}
	return r.Store.Acquire(ctx, model, holder, ttl)
}

// Who finds that another made the release meanwhile leaves no record of it: of many who follow one lake, one is heard of.
func TestWhoComesSecondLeavesNoAttempt(t *testing.T) {
	m := openBucket(t)
	request := publisher.Request{Model: stallModel(t, stall()), Lake: lake.New(m)}
	first := func() {
		if _, err := m.publisher.Publish(t.Context(), request); err != nil {
			t.Error(err)
		}
	}
	config := m.config
	config.Store = &rival{m.store, first}
	done, err := publisher.New(config).Publish(t.Context(), request)
	if err != nil || done.Outcome != publisher.Unchanged {
		t.Fatalf("%+v, %v", done, err)
	}
	state, err := m.store.State(t.Context(), request.Model.Name)
	if err != nil || len(state.Attempts) != 1 || state.Attempts[0].Outcome != string(publisher.Published) {
		t.Errorf("attempts are %+v (%v), expected the one that made the release", state.Attempts, err)
	}
}
