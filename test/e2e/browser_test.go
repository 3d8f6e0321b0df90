//go:build e2e

package e2e

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"goldserve/gold/storetest"
)

// browser starts Debian's chromium. On a machine that does much else it takes most of a minute to start, where the driver
// would wait for 20 s, and as long again to show a page.
func browser(t *testing.T) context.Context {
	t.Helper()
	const patience = 3 * time.Minute
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(storetest.Chromium(t)), chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-quic", true),
		chromedp.WSURLReadTimeout(patience))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, patience)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return ctx
}

// into keeps what an action returns.
func into[T any](to *T, action chromedp.Action[T]) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		var err error
		*to, err = action(ctx, target)
		return chromedp.Void{}, err
	}
}

func TestSwaggerUIWorksAndAsksNobodyElse(t *testing.T) {
	for _, base := range []string{"", "/gold"} {
		t.Run("at "+base+"/docs", func(t *testing.T) { trySwaggerUI(t, base) })
	}
}

// trySwaggerUI asks a question in the browser, of a server below a base path.
func trySwaggerUI(t *testing.T, base string) {
	ctx := browser(t)
	p := sqlitePlace(t)
	publishLake(t, p, sample+"/gold")
	server := served(t, p, "--base-path", base)
	var mu sync.Mutex
	var asked, complaints []string
	err := chromedp.Listen(ctx, func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := event.(type) {
		case *network.EventRequestWillBeSent:
			asked = append(asked, e.Request.URL)
		case *log.EventEntryAdded:
			if e.Entry.Level == log.EntryLevelError {
				complaints = append(complaints, e.Entry.Text+" "+e.Entry.URL)
			}
		case *runtime.EventExceptionThrown:
			complaints = append(complaints, e.ExceptionDetails.Text)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	const operation = "#operations-endpoints-endpoint_ca_country"
	seen := struct {
		title, status, body string
		filled              int
	}{}
	var picture []byte
	err = chromedp.Do(ctx,
		chromedp.EmulateViewport(1300, 1600),
		chromedp.Navigate(server+base+"/docs#/endpoints/endpoint_ca_country"),
		into(&seen.title, chromedp.Text(".info .title")),
		chromedp.WaitVisible(operation+" button.execute"),
		// Parameters without a default are empty: whoever executes at once gets an answer.
		into(&seen.filled, chromedp.Evaluate[int](`[...document.querySelectorAll("`+operation+` tr[data-param-name] input")].filter(i => i.value !== "").length`)),
		chromedp.Click(operation+" button.execute"),
		into(&seen.status, chromedp.Text(operation+" .live-responses-table tbody .response-col_status")),
		into(&seen.body, chromedp.Text(operation+" .live-responses-table .response-col_description pre")),
		into(&picture, chromedp.FullScreenshot(100)),
	)
	if file := os.Getenv("GOLDSERVE_TEST_PICTURE"); file != "" {
		if err := os.WriteFile(file, picture, 0o600); err != nil {
			t.Error(err)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if err != nil {
		t.Fatalf("%v; asked %v, complaints %v", err, asked, complaints)
	}
	if !strings.HasPrefix(seen.title, "goldserve") || !strings.HasPrefix(strings.TrimSpace(seen.status), "200") || !strings.Contains(seen.body, `"pays": "France"`) || seen.filled != 1 {
		t.Errorf("saw %+v", seen)
	}
	for _, url := range asked {
		if !strings.HasPrefix(url, server+base+"/") && !strings.HasPrefix(url, "data:") && !strings.HasPrefix(url, "blob:") {
			t.Errorf("the page asked for %s", url)
		}
	}
	if len(complaints) > 0 {
		t.Errorf("the browser complained: %v", complaints)
	}
}
