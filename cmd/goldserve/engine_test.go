package main

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"goldserve/builder/spark"
)

func TestWhatIsWrongWithAnEngineIsTold(t *testing.T) {
	for want, s := range map[string]engineSettings{
		`--engine is "sparc": expected duckdb or spark (did you mean spark?)`:                                           {Engine: "sparc"},
		"the engine spark needs the URL of a Spark Connect server: --spark sc://host:15002":                             {Engine: "spark"},
		"--spark: the URL of Spark is not valid: expected sc://host:15002, or sc://host:15002/;token=…;use_ssl=true":    {Engine: "spark", Spark: "http://canary"},
		"--spark: a parameter in the URL of Spark is not valid: expected name=value, separated by semicolons":           {Engine: "spark", Spark: "sc://h/;canary"},
		`--spark-path has "/mnt/lake": expected HERE=THERE, such as /mnt/lake=hdfs://name/lake or s3://lake=s3a://lake`: {Engine: "spark", Spark: "sc://h", SparkPath: []string{"/mnt/lake"}},
		"--threads is -1: expected 1 or more; without it there is one for each core":                                    {Engine: "duckdb", Threads: -1},
	} {
		a := &app{config: config{engineSettings: s}}
		if _, err := a.openEngine(); err == nil || err.Error() != want {
			t.Errorf("%+v: %v, expected %s", s, err, want)
		}
	}
	a := &app{config: config{engineSettings: engineSettings{Engine: "spark", Spark: "sc://h/;token=t", SparkPath: []string{"/a=s3a://b"}}}}
	engine, err := a.openEngine()
	if _, is := engine.(*spark.Engine); err != nil || !is {
		t.Errorf("%T, %v", engine, err)
	}
}

func TestSparkReadsBucketsItselfWhereAPathSaysSo(t *testing.T) {
	for _, c := range []struct {
		engine string
		paths  []string
		at     []string
		want   bool
		wrong  string
	}{
		{"spark", []string{"s3://lake=s3a://lake"}, []string{"s3://lake/a/bronze", "s3://lake/gold", "/mnt/silver"}, true, ""},
		{"spark", []string{"s3://lake/a/=s3a://other/b", "s3://gold=s3a://gold"}, []string{"s3://lake/a/bronze", "s3://gold"}, true, ""},
		{"spark", []string{"/mnt/lake=hdfs://name/lake"}, []string{"s3://lake/bronze"}, false, ""},
		{"spark", nil, []string{"s3://lake/bronze"}, false, ""},
		{"duckdb", []string{"s3://lake=s3a://lake"}, []string{"s3://lake/bronze"}, false, ""},
		{"spark", []string{"s3://lake=s3a://lake"}, []string{"s3://lake/bronze", "s3://lakes/gold"}, false, "--spark-path says where Spark sees buckets, but not s3://lakes/gold: name each bucket of the lake, as in s3://lakes/gold=s3a://lakes/gold"},
		{"spark", []string{"s3://=s3a://lake"}, nil, false, "--spark-path: "},
	} {
		config := config{engineSettings: engineSettings{Engine: c.engine, SparkPath: c.paths}}
		var stages []stageAt
		for _, location := range c.at {
			stages = append(stages, stageAt{"a stage", location})
		}
		got, err := config.reachesBuckets(stages)
		if got != c.want || (err == nil) != (c.wrong == "") || err != nil && !strings.HasPrefix(err.Error(), c.wrong) {
			t.Errorf("%v, %v: %v, %v", c.paths, c.at, got, err)
		}
	}
}

func TestATokenOfSparkIsNotPrinted(t *testing.T) {
	for address, want := range map[string]string{
		"sc://h:1/;token=canary;use_ssl=true": "sc://h:1", "sc://h": "sc://h", "sc://u:canary@h/;x=canary": "sc://h",
	} {
		if got := withoutCredentials(address); got != want || strings.Contains(got, "canary") {
			t.Errorf("%s: %s", address, got)
		}
	}
}

func TestProgressOfSparkIsLoggedEveryTenSeconds(t *testing.T) {
	var said strings.Builder
	at := time.Unix(0, 0)
	told := progressOf(slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == slog.LevelKey {
			return slog.Attr{}
		}
		return a
	}})), func() time.Time { return at })
	for i := range 25 {
		told(spark.Progress{Table: "gold.a", Done: int64(i), Tasks: 100})
		at = at.Add(time.Second)
	}
	told(spark.Progress{Table: "gold.b", Done: 1, Tasks: 2})
	want := "msg=\"table in progress\" table=gold.a tasks=10 of=100\nmsg=\"table in progress\" table=gold.a tasks=20 of=100\n"
	if said.String() != want {
		t.Errorf("%s\nexpected\n%s", said.String(), want)
	}
}
