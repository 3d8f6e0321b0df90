package main

import (
	"context"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"goldserve/gold"
	"goldserve/gold/contract"
	"goldserve/gold/lake"
	"goldserve/models"
	"goldserve/publisher"
)

func (a *app) demo() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Publish the shipped sample lake into a temporary store and serve it",
		Long: `demo publishes the sample lake of a shipped model into an embedded store in a temporary folder and serves it.
It downloads nothing and removes the folder when it stops.`,
		Example: "  goldserve demo",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.runDemo(cmd.Context()) },
	}
	cmd.Flags().StringVar(&a.config.Model, "model", defaultModel, "the shipped model to show")
	a.serveFlags(cmd.Flags())
	return cmd
}

func (a *app) runDemo(ctx context.Context) error {
	folder, err := os.MkdirTemp("", "goldserve-demo-")
	if err != nil {
		return gold.Errorf(gold.Unavailable, gold.CodeNoTemporaryFolder, "the demo needs a temporary folder: %w", err)
	}
	log, endProgress := a.startProgress(false)
	defer endProgress()
	defer func() {
		if err := os.RemoveAll(folder); err != nil {
			log.Warn("temporary folder not removed", "folder", folder, "error", err)
		}
	}()
	all, broken, err := a.config.loadSound()
	if err != nil {
		return err
	}
	model := named(all, a.config.Model)
	_, noSample := fs.Stat(models.FS, a.config.Model+"/sample/gold")
	switch {
	case noSample != nil:
		return usagef("no shipped model is called %s: the demo shows one of %s", a.config.Model, strings.Join(shipped(), ", "))
	case model == nil && len(broken) > 0:
		return problemsOf(broken)
	case model == nil:
		return usagef("%s hides the model %s, which the demo shows: leave --models out", a.config.Models, a.config.Model)
	}
	logBroken(log, broken, "it is left out")
	a.config.Model, a.config.DefaultModel = model.Name, model.Name
	a.config.Store = "sqlite:" + filepath.Join(folder, "goldserve.db")
	a.config.CacheDir = filepath.Join(folder, "files")
	done, err := a.publishSample(ctx, log, model, filepath.Join(folder, "gold"))
	endProgress()
	if err := a.printPublish(&madeRelease{name: model.Name, done: done}, err); err != nil {
		return err
	}
	store, err := a.openStore(ctx, log, true)
	if err != nil {
		return err
	}
	defer closeLogged(log, "store", store)
	listener, err := a.listenNext(ctx)
	if err != nil {
		return err
	}
	a.printTour(a.config.scheme()+"://"+listener.Addr().String(), model)
	return a.serveHTTP(ctx, log, listener, store, all)
}

// shipped names the models that goldserve ships.
func shipped() []string {
	entries, err := fs.ReadDir(models.FS, ".")
	if err != nil {
		panic(err) // they are embedded
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

// publishSample publishes the embedded lake.
func (a *app) publishSample(ctx context.Context, log *slog.Logger, model *contract.Model, folder string) (*publisher.Report, error) {
	sample, err := fs.Sub(models.FS, model.Name+"/sample/gold")
	if err != nil {
		return nil, err
	}
	if err := os.CopyFS(folder, sample); err != nil {
		return nil, gold.Errorf(gold.Unavailable, gold.CodeNoTemporaryFolder, "the demo can't write its sample lake: %w", err)
	}
	source, err := lake.Open(ctx, folder)
	if err != nil {
		return nil, err
	}
	defer closeLogged(log, "lake", source)
	store, err := a.openStore(ctx, log, false)
	if err != nil {
		return nil, err
	}
	defer closeLogged(log, "store", store)
	p, err := a.publisher(log, store)
	if err != nil {
		return nil, err
	}
	return p.Publish(ctx, publisher.Request{Model: model, Lake: source})
}

// listenNext listens on the configured address, or on the next free port.
func (a *app) listenNext(ctx context.Context) (net.Listener, error) {
	host, port, err := net.SplitHostPort(a.config.Listen)
	if err != nil {
		return a.listen(ctx)
	}
	first, err := gold.ParseValue(gold.Int, 0, port)
	if err != nil || first.Int() == 0 {
		return a.listen(ctx)
	}
	var listener net.Listener
	for next := first.Int(); next < first.Int()+20; next++ {
		a.config.Listen = net.JoinHostPort(host, gold.NewInt(next).String())
		if listener, err = a.listen(ctx); gold.CodeOf(err) != gold.CodeAddressInUse {
			return listener, err
		}
	}
	return nil, err
}

// printTour prints URLs to try: the dashboard, and every endpoint of the model.
func (a *app) printTour(base string, model *contract.Model) {
	lines := []string{"", "The dashboard, in a browser: " + base + "/", "", "Try:", "  curl " + base + "/kpis"}
	for _, d := range model.Datasets {
		if d.Endpoint != "" {
			lines = append(lines, "  curl '"+base+d.Endpoint+"?limit=3'")
		}
	}
	lines = append(lines,
		"  curl '"+base+"/datasets/"+model.Facts+"/rows?limit=3'",
		"  curl "+base+"/",
		"", "Press Ctrl-C to stop the server and remove its data.", "")
	a.printf("%s\n", strings.Join(lines, "\n"))
}
