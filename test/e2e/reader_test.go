//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// calm is how long after a fault answers may still fail: an election and the driver's notice of it, with room for a
// slow machine.
const calm = patience / 2

// reader asks a server all the time. Each answer must be whole: its figures are those of the release that it names,
// whatever the dataset; and time never runs backwards. 503 and 504 are for a while after a fault alone.
type reader struct {
	t   *testing.T
	url string

	mu      sync.Mutex
	figures map[string]int64 // purchases by release
	newest  int64            // release
	fault   time.Time        // the last one
	failed  time.Time        // the last answer without data
	answers int
}

// startReader reads until the test ends.
func startReader(t *testing.T, url string) *reader {
	r := &reader{t: t, url: url, figures: map[string]int64{}}
	ctx, stop := context.WithCancel(context.Background())
	var reading sync.WaitGroup
	reading.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			r.ask(ctx, purchasePaths[i%len(purchasePaths)])
			time.Sleep(10 * time.Millisecond)
		}
	})
	t.Cleanup(func() {
		stop()
		reading.Wait()
		t.Logf("%d whole answers of %d releases", r.answers, len(r.figures))
	})
	return r
}

// purchasePaths are questions whose answers tell the number of purchases, the last one in several batches.
var purchasePaths = []string{"/kpis", "/daily", "/distribution", "/datasets/fact_achats/rows?limit=1", "/datasets/fact_achats/rows?limit=9000&fields=id_achat"}

// hit says that a fault is being made: what fails now may fail.
func (r *reader) hit() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fault = time.Now()
}

// outage returns how long after the last fault answers failed.
func (r *reader) outage() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return max(r.failed.Sub(r.fault), 0).Round(10 * time.Millisecond)
}

// release returns the number of the newest release that was read.
func (r *reader) release() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.newest
}

// shows waits until the newest release that was read has a number of purchases.
func (r *reader) shows(t *testing.T, purchases int64) {
	t.Helper()
	waitFor(t, "the newest release's purchases", func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.figures["retail/"+strconv.FormatInt(r.newest, 10)] == purchases
	})
}

// ask checks one answer.
func (r *reader) ask(ctx context.Context, path string) {
	asked := time.Now()
	response, err := retrieve(ctx, r.url+path)
	if err != nil {
		if ctx.Err() == nil {
			r.t.Errorf("GET %s: %v", path, err)
		}
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if response.status != http.StatusOK {
		if p := response.problem(); p != "503 store_unavailable 5" && p != "504 query_timeout" || asked.Sub(r.fault) > calm {
			r.t.Errorf("GET %s, %s after a fault: %d %s", path, time.Since(r.fault), response.status, response.body)
		}
		r.failed = time.Now()
		return
	}
	release := response.header.Get("Goldserve-Release")
	purchases, err := response.purchases()
	if err != nil {
		r.t.Errorf("GET %s: %v in %.200s", path, err, response.body)
		return
	}
	if known, seen := r.figures[release]; seen && known != purchases {
		r.t.Errorf("GET %s: %d purchases in %s, which has %d", path, purchases, release, known)
	}
	number, _ := strconv.ParseInt(release[strings.IndexByte(release, '/')+1:], 10, 64)
	if number < r.newest {
		r.t.Errorf("GET %s: release %d after %d", path, number, r.newest)
	}
	r.figures[release], r.newest = purchases, max(r.newest, number)
	r.answers++
}

// fetched is one answer, read to its end.
type fetched struct {
	status int
	header http.Header
	body   []byte
	took   time.Duration
}

func retrieve(ctx context.Context, url string) (fetched, error) {
	started := time.Now()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fetched{}, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fetched{}, err
	}
	body, err := io.ReadAll(response.Body)
	return fetched{response.StatusCode, response.Header, body, time.Since(started)}, errors.Join(err, response.Body.Close())
}

// problem is an answer's status, and an error's code and Retry-After where it has them in the one shape of all errors.
func (a fetched) problem() string {
	var p struct {
		Status int    `json:"status"`
		Code   string `json:"code"`
	}
	if a.header.Get("Content-Type") == "application/problem+json" {
		_ = json.Unmarshal(a.body, &p)
	}
	if p.Status != a.status {
		p.Code = ""
	}
	return strings.Join(strings.Fields(fmt.Sprint(a.status, " ", p.Code, " ", a.header.Get("Retry-After"))), " ")
}

// purchases is the number of purchases that an answer tells of.
func (a fetched) purchases() (int64, error) {
	var body struct {
		TotalAchats int64 `json:"total_achats"`
		DatasetSize int64 `json:"dataset_size"`
		Meta        struct {
			Total int64 `json:"total"`
			Count int   `json:"count"`
		} `json:"meta"`
		Data []struct {
			Count  int64  `json:"count"`
			Achats int64  `json:"achats"`
			ID     *int64 `json:"id_achat"`
		} `json:"data"`
	}
	if err := json.Unmarshal(a.body, &body); err != nil {
		return 0, err
	}
	sum := int64(0)
	for _, row := range body.Data {
		sum += row.Count + row.Achats
	}
	switch {
	case body.TotalAchats != body.DatasetSize:
		return 0, errors.New("two numbers of purchases")
	case body.DatasetSize > 0:
		return body.DatasetSize, nil
	case len(body.Data) != body.Meta.Count || len(body.Data) == 0:
		return 0, fmt.Errorf("%d rows of %d", len(body.Data), body.Meta.Count)
	case body.Data[0].ID != nil && (len(body.Data) == 1 || len(body.Data) == 9000):
		return body.Meta.Total, nil
	default:
		return sum, nil
	}
}
