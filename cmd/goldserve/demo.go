package main

import (
	"context"
	"crypto/rand"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"goldserve/builder"
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
It downloads nothing and removes the folder when it stops.

For models other than ` + defaultModel + `, it generates raw files and builds them in that folder if PATH has a duckdb program; otherwise it
serves the sample and says so.`,
		Example: "  goldserve demo\n  goldserve demo --model shop",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.runDemo(cmd.Context()) },
	}
	cmd.Flags().StringVar(&a.config.Model, "model", defaultModel, "shipped model to serve")
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
	at, err := a.demoLake(ctx, log, model, folder)
	if err != nil {
		return err
	}
	done, err := a.publishSample(ctx, log, model, at)
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

// demoLake makes the lake of the demo: of what the model generates and builds where there is an engine for it, else of its sample.
func (a *app) demoLake(ctx context.Context, log *slog.Logger, model *contract.Model, folder string) (string, error) {
	at := filepath.Join(folder, stagesOf("", model).folder(builder.Gold))
	if model.Name != defaultModel && model.Build != nil {
		a.config.Engine = engines[0]
		engine, err := a.openEngine()
		if err != nil {
			return "", err
		}
		_, err = engine.Version(ctx)
		closeLogged(log, "engine", engine)
		if err == nil {
			return at, a.buildDemo(ctx, log, model, folder)
		}
		a.printf("The sample of %s is shown, as its raw files can't be built: %s\n", model.Name, messageOf(err))
	}
	sample, err := fs.Sub(models.FS, model.Name+"/sample/gold")
	if err != nil {
		return "", err
	}
	if err := os.CopyFS(at, sample); err != nil {
		return "", gold.Errorf(gold.Unavailable, gold.CodeNoTemporaryFolder, "the demo can't write its sample lake: %w", err)
	}
	return at, nil
}

// buildDemo makes the model's raw files in a folder, and builds them.
func (a *app) buildDemo(ctx context.Context, log *slog.Logger, model *contract.Model, folder string) error {
	a.config.HMACKeyFile = filepath.Join(folder, "hmac.key")
	if err := os.WriteFile(a.config.HMACKeyFile, []byte(rand.Text()+rand.Text()), 0o600); err != nil {
		return gold.Errorf(gold.Unavailable, gold.CodeNoTemporaryFolder, "the demo can't write its key: %w", err)
	}
	stages := stagesOf("", model)
	raw := &generateRequest{bronze: filepath.Join(folder, stages.folder(builder.Bronze)), quiet: true}
	if err := a.runGenerate(ctx, raw); err != nil {
		return err
	}
	a.config.Lake = folder
	defer func() { a.config.Lake = "" }()
	b, closeAll, err := a.openBuilder(ctx, log, &buildRequest{set: raw.required})
	if err != nil {
		return err
	}
	defer closeAll()
	report, err := b.Run(ctx, builder.Options{}, a.buildProgress())
	if err != nil {
		return err
	}
	return a.printBuilt(report, filepath.Join(folder, stages.folder(builder.Gold)))
}

// publishSample publishes the demo's lake.
func (a *app) publishSample(ctx context.Context, log *slog.Logger, model *contract.Model, folder string) (*publisher.Report, error) {
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
