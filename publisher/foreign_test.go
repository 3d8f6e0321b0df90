package publisher_test

import (
	"context"
	"strings"
	"testing"

	"goldserve/gold"
	"goldserve/gold/lake"
	"goldserve/publisher"
)

// withForeign is a store whose BI database holds collections of others.
type withForeign struct {
	gold.Store
	names []string
}

func (s withForeign) State(ctx context.Context, model string) (*gold.State, error) {
	st, err := s.Store.State(ctx, model)
	if err == nil {
		st.Foreign = s.names
	}
	return st, err
}

// TestACollectionOfOthersIsReplacedWhereAContractNamesIt: a dataset that merely has its name is refused before anything is
// written.
func TestACollectionOfOthersIsReplacedWhereAContractNamesIt(t *testing.T) {
	m, texts := openBucket(t), stall()
	m.config.Store = withForeign{m.store, []string{"sales", "stall_sales"}}
	chosen := texts["contracts/sales.odcs.yaml"]
	texts["contracts/sales.odcs.yaml"] = strings.Replace(chosen, "collection: stall_sales, ", "", 1)
	p := publisher.New(m.config)
	publish := func() error {
		_, err := p.Publish(t.Context(), publisher.Request{Model: stallModel(t, texts), Lake: lake.New(m)})
		return err
	}
	if err := publish(); gold.CodeOf(err) != gold.CodeBITargetTaken || !strings.Contains(err.Error(), "collection sales of dataset sales") {
		t.Errorf("%v, want %s", err, gold.CodeBITargetTaken)
	}
	if got := m.released(t); got != nil {
		t.Errorf("released %v", got)
	}
	texts["contracts/sales.odcs.yaml"] = chosen
	if err := publish(); err != nil {
		t.Error(err)
	}
}
