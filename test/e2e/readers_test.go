//go:build e2e

package e2e

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"goldserve/gold"
)

// asked are the URLs that readers ask: figures, files' rows, derived rows, and an aggregate over the facts.
var asked = []string{
	"/kpis", "/monthly", "/monthly_growth", "/by_country", "/daily", "/weekly", "/distribution", "/segments", "/scores?limit=20",
	"/datasets/fact_achats/rows?limit=20&sort=-montant", "/datasets/fact_achats/rows?limit=1&count=exact&pays=France",
	"/datasets/fact_achats/aggregate?group_by=date_achat.month,pays&measures=sum(montant),count()",
}

// knownLakes are lakes that differ in files, rows and figures, and what each of them must answer.
type knownLakes struct {
	folders  []string
	versions []map[string]string // of each lake, the version's id by dataset
	answers  map[string][]string // by URL, of each lake
}

// makeLakes makes lakes of the sample and asks a store of its own, which nobody disturbs, for their answers.
func makeLakes(t *testing.T, n int) *knownLakes {
	t.Helper()
	type month struct {
		Month string  `parquet:"mois"`
		Sales float64 `parquet:"ca"`
	}
	type country struct {
		Country string  `parquet:"pays"`
		Sales   float64 `parquet:"ca"`
	}
	l := &knownLakes{answers: map[string][]string{}}
	quiet := sqlitePlace(t)
	for i := range n {
		folder := copyLake(t)
		changeFacts(t, folder, func(rows []purchase) []purchase {
			rows[len(rows)-1].Amount += float64(i)
			return rows[101*i:]
		})
		changeRows(t, filepath.Join(folder, "ca_monthly.parquet"), func(rows []month) []month { return rows[i:] })
		changeRows(t, filepath.Join(folder, "ca_country.parquet"), func(rows []country) []country {
			rows[0].Sales += float64(i)
			return rows
		})
		l.folders = append(l.folders, folder)
		publishLake(t, quiet, folder)
	}
	server := served(t, quiet)
	releases, err := openPlace(t, quiet).Releases(t.Context(), gold.ReleaseQuery{Model: defaultModel})
	if err != nil || len(releases) != n {
		t.Fatalf("%d releases of %d lakes, %v", len(releases), n, err)
	}
	slices.Reverse(releases)
	for i := range releases {
		ids := map[string]string{}
		for _, v := range releases[i].Versions {
			ids[v.Dataset.Name] = v.ID
		}
		l.versions = append(l.versions, ids)
		for _, url := range asked {
			a, err := askServer(server, pinned(url, releases[i].Number))
			if err != nil || a.status != http.StatusOK {
				t.Fatalf("%s: %d, %v", url, a.status, err)
			}
			l.answers[url] = append(l.answers[url], a.content)
		}
	}
	if all := slices.Sorted(slices.Values(l.answers["/kpis"])); len(slices.Compact(all)) != n {
		t.Fatalf("%d lakes have %d different figures", n, len(slices.Compact(all)))
	}
	return l
}

// changeRows rewrites a file of a lake.
func changeRows[T any](t testing.TB, file string, change func([]T) []T) {
	t.Helper()
	rows, err := parquet.ReadFile[T](file)
	if err == nil {
		err = parquet.WriteFile(file, change(rows))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// of returns the lake that a release was made of, or -1.
func (l *knownLakes) of(r *gold.Release) int {
	return slices.IndexFunc(l.versions, func(ids map[string]string) bool {
		return len(ids) == len(r.Versions) && !slices.ContainsFunc(r.Versions, func(v gold.Version) bool { return ids[v.Dataset.Name] != v.ID })
	})
}

// heard is what a reader got.
type heard struct {
	status  int
	code    string // of an error
	release int64
	content string // digest of all but the timings
	data    json.RawMessage
	body    string // its beginning, for people
}

// busy reports whether a server had too much to do: it says so at once rather than answer late.
func (a *heard) busy() bool {
	return a.status == http.StatusServiceUnavailable && a.code == "overloaded"
}

var client = &http.Client{Timeout: 90 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 32}}

// askServer sends one request and checks that head and body of the answer name one release.
func askServer(server, path string) (heard, error) {
	response, err := client.Get(server + path)
	if err != nil {
		return heard{}, err
	}
	body, err := io.ReadAll(response.Body)
	if closeErr := response.Body.Close(); err != nil || closeErr != nil {
		return heard{}, fmt.Errorf("GET %s: %w, %w", path, err, closeErr)
	}
	a := heard{status: response.StatusCode, body: string(body[:min(len(body), 500)])}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(body, &all); err != nil {
		return a, fmt.Errorf("GET %s: %w in %s", path, err, a.body)
	}
	if a.status != http.StatusOK {
		return a, json.Unmarshal(all["code"], &a.code)
	}
	var meta struct {
		Release *int64 // nil of /releases/N
		Total   int64
	}
	if err := json.Unmarshal(all["meta"], &meta); err != nil {
		return a, fmt.Errorf("GET %s: %w in %s", path, err, a.body)
	}
	name, number, _ := strings.Cut(response.Header.Get("Goldserve-Release"), "/")
	if a.release, err = strconv.ParseInt(number, 10, 64); err != nil || name != defaultModel || meta.Release != nil && *meta.Release != a.release {
		return a, fmt.Errorf("GET %s: the head says release %s/%s, the body %s", path, name, number, all["meta"])
	}
	a.data = all["data"]
	delete(all, "meta")
	rest, err := json.Marshal(all)
	a.content = fmt.Sprintf("%x of %d", sha256.Sum256(rest), meta.Total)
	return a, err
}

// pinned returns a URL that asks for one release.
func pinned(url string, release int64) string {
	separator := "?"
	if strings.Contains(url, "?") {
		separator = "&"
	}
	return url + separator + "release=" + strconv.FormatInt(release, 10)
}

// readers ask the servers of a store all the time. They report any answer that is not of a whole release, any number
// that names two contents, any release that goes back without a rollback, any failure.
type readers struct {
	t     *testing.T
	lakes *knownLakes
	stop  func() // ends them; may be called again
	done  chan struct{}
	work  sync.WaitGroup

	mu        sync.Mutex
	answers   int              // that were held against the lakes
	contents  map[int64]uint64 // by release, the lakes that all its answers agree with
	gone      map[int64]bool   // releases that were answered 410
	step      int              // of the test; commands come one after the other
	born      map[int64]int    // by release, the step that made it
	rollbacks map[int64]int    // by release, the last step that rolled back to it
}

// startReaders starts readers; what they ask, and when, comes from the seed.
func startReaders(t *testing.T, l *knownLakes, seed uint64, servers ...string) *readers {
	r := &readers{
		t: t, lakes: l, done: make(chan struct{}), contents: map[int64]uint64{}, gone: map[int64]bool{},
		born: map[int64]int{}, rollbacks: map[int64]int{},
	}
	r.stop = sync.OnceFunc(func() {
		close(r.done)
		r.work.Wait()
	})
	t.Cleanup(r.stop)
	for i, server := range servers {
		for n := range 4 {
			random := rand.New(rand.NewPCG(seed, uint64(100*i+n)))
			r.work.Go(func() { r.read(server, random) })
		}
	}
	return r
}

// read asks one request after the other.
func (r *readers) read(server string, random *rand.Rand) {
	var last int64
	for {
		select {
		case <-r.done:
			return
		case <-time.After(time.Duration(random.IntN(20)) * time.Millisecond):
		}
		now, err := r.round(server, random, last)
		if err != nil {
			r.t.Errorf("a reader: %v", err)
			return
		}
		last = now
	}
}

// round asks one URL of the current release, and another and the release's record of the same one.
func (r *readers) round(server string, random *rand.Rand, last int64) (int64, error) {
	url := asked[random.IntN(len(asked))]
	a, err := askServer(server, url)
	switch {
	case err != nil:
		return 0, err
	case last == 0 && a.status == http.StatusServiceUnavailable && a.code == "dataset_empty":
		return 0, nil
	case a.busy():
		return last, nil
	case a.status != http.StatusOK:
		return 0, fmt.Errorf("GET %s after release %d: %d %s", url, last, a.status, a.body)
	}
	if err := r.follows(last, a.release); err != nil {
		return 0, err
	}
	if err := r.agree(a.release, url, r.lakes.match(url, &a), &a); err != nil {
		return 0, err
	}
	if random.IntN(4) == 0 {
		return a.release, r.record(server, a.release)
	}
	other := asked[random.IntN(len(asked))]
	b, err := askServer(server, pinned(other, a.release))
	switch {
	case err != nil:
		return 0, err
	case b.status == http.StatusGone:
		r.mu.Lock()
		r.gone[a.release] = true
		r.mu.Unlock()
		return a.release, nil
	case b.busy():
		return a.release, nil
	case b.status != http.StatusOK || b.release != a.release:
		return 0, fmt.Errorf("GET %s of release %d: %d of release %d %s", other, a.release, b.status, b.release, b.body)
	}
	return a.release, r.agree(b.release, other, r.lakes.match(other, &b), &b)
}

// match returns the lakes, as bits, whose answer it is.
func (l *knownLakes) match(url string, a *heard) uint64 {
	var bits uint64
	for i, content := range l.answers[url] {
		if content == a.content {
			bits |= 1 << i
		}
	}
	return bits
}

// record asks for /releases/N, whose versions must be the same lake's.
func (r *readers) record(server string, release int64) error {
	url := "/releases/" + strconv.FormatInt(release, 10)
	a, err := askServer(server, url)
	var body struct {
		Release  int64
		Datasets []struct{ Name, Version string }
	}
	if err == nil && a.status == http.StatusOK {
		err = json.Unmarshal(a.data, &body)
	}
	switch {
	case err != nil:
		return err
	case a.busy():
		return nil
	case a.status != http.StatusOK || body.Release != release:
		return fmt.Errorf("GET %s: %d %s", url, a.status, a.body)
	}
	ids := map[string]string{}
	for _, d := range body.Datasets {
		ids[d.Name] = d.Version
	}
	var bits uint64
	for i, lake := range r.lakes.versions {
		if maps.Equal(lake, ids) {
			bits |= 1 << i
		}
	}
	return r.agree(release, url, bits, &heard{body: fmt.Sprint(ids)})
}

// agree holds an answer against all that were given for the same release.
func (r *readers) agree(release int64, url string, bits uint64, a *heard) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers++
	before, known := r.contents[release]
	if !known {
		before = 1<<len(r.lakes.folders) - 1
	}
	r.contents[release] = before & bits
	switch {
	case bits == 0:
		return fmt.Errorf("GET %s: release %d answers as no lake does: %s", url, release, a.body)
	case before&bits == 0:
		return fmt.Errorf("GET %s: release %d was that of lakes %b, and answers as %b now: %s", url, release, before, bits, a.body)
	}
	return nil
}

// follows returns an error where a release goes back and nobody rolled back to it since the other one was made.
func (r *readers) follows(last, release int64) error {
	if release >= last {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	born, known := r.born[last]
	if !known {
		born = r.step
	}
	if r.rollbacks[release] > born {
		return nil
	}
	return fmt.Errorf("release %d came after release %d, made in step %d of %d, without a rollback", release, last, born, r.step)
}

// advance tells the readers that another command comes.
func (r *readers) advance() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.step++
}

// rollBack tells the readers that the command at hand rolls back to a release.
func (r *readers) rollBack(to int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rollbacks[to] = r.step
}

// know tells the readers which releases there are now.
func (r *readers) know(releases []int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, n := range releases {
		if _, known := r.born[n]; !known {
			r.born[n] = r.step
		}
	}
}

// checkGone checks that what was answered 410 was pruned.
func (r *readers) checkGone(now *sight) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for n := range r.gone {
		if slices.Contains(now.kept, n) {
			r.t.Errorf("release %d was answered 410, and is kept", n)
		}
	}
	clear(r.gone)
}

// hold checks that what readers saw of releases is what their publishers said.
func (r *readers) hold(published map[int64]int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for release, lake := range published {
		if lakes, seen := r.contents[release]; seen && lakes&(1<<lake) == 0 {
			r.t.Errorf("release %d was published of lake %d, and readers saw lakes %b", release, lake, lakes)
		}
	}
}
