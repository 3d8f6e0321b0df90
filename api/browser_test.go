package api_test

import (
	"context"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"goldserve/api"
	"goldserve/gold"
	"goldserve/gold/storetest"
)

// browser starts Debian's chromium.
func browser(t *testing.T) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(storetest.Chromium(t)), chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-quic", true))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 3*time.Minute)
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
	s, err := api.New(api.Config{Reader: newMemory(2), Models: []gold.Model{shop()}, BasePath: base})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.Handler())
	t.Cleanup(server.Close)
	var mu sync.Mutex
	var asked, complaints []string
	err = chromedp.Listen(ctx, func(event any) {
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
	const operation = "#operations-endpoints-endpoint_ca_pays"
	seen := struct {
		title, status, body string
		filled              int
	}{}
	var picture []byte
	err = chromedp.Do(ctx,
		chromedp.EmulateViewport(1300, 1600),
		chromedp.Navigate(server.URL+base+"/docs#/endpoints/endpoint_ca_pays"),
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
		if !strings.HasPrefix(url, server.URL+base+"/") && !strings.HasPrefix(url, "data:") && !strings.HasPrefix(url, "blob:") {
			t.Errorf("the page asked for %s", url)
		}
	}
	if len(complaints) > 0 {
		t.Errorf("the browser complained: %v", complaints)
	}
}
