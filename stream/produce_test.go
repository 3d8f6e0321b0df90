package stream

import (
	"compress/gzip"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/twmb/franz-go/pkg/kgo"

	"goldserve/gold"
)

func TestFilesAreProducedAsJSONObjects(t *testing.T) {
	folder := t.TempDir()
	type row struct {
		ID   int64     `parquet:"id"`
		Name *string   `parquet:"na\"me"`
		Paid int64     `parquet:"paid,decimal(2:9)"`
		At   time.Time `parquet:"at,timestamp(millisecond)"`
		Day  int32     `parquet:"day,date"`
		Part float64   `parquet:"part"`
		Open bool      `parquet:"open"`
	}
	name := "é\n"
	if err := parquet.WriteFile(filepath.Join(folder, "a.parquet"), []row{{1, &name, -5, time.UnixMilli(1500).UTC(), 365, 0.5, true}, {ID: 2, Paid: 12345, At: time.UnixMilli(0).UTC()}}); err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]string{
		"a.csv": "id,note\n1,\"x, \"\"y\"\"\"\n2,\n", "a.jsonl": "{\"id\":1}\n\n  not json \n", "a.json": " [ {\"id\": 1}, {\"id\":2} ]", "b.json": "{\"id\":1}\n{\"id\":2}", "c.json": "[1,", "a.txt": "x",
	} {
		if err := os.WriteFile(filepath.Join(folder, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	packed, err := os.Create(filepath.Join(folder, "b.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	w := gzip.NewWriter(packed)
	_, _ = w.Write([]byte("id\n7\n"))
	_, _ = w.Close(), packed.Close()
	for file, want := range map[string][]string{
		"a.parquet": {`{"id":1,"na\"me":"é\n","paid":-0.05,"at":"1970-01-01T00:00:01.5Z","day":"1971-01-01","part":0.5,"open":true}`, `{"id":2,"na\"me":null,"paid":123.45,"at":"1970-01-01T00:00:00Z","day":"1970-01-01","part":0,"open":false}`},
		"a.csv":     {`{"id":"1","note":"x, \"y\""}`, `{"id":"2","note":null}`},
		"b.csv.gz":  {`{"id":"7"}`},
		"a.jsonl":   {`{"id":1}`, "not json"},
		"a.json":    {`{"id":1}`, `{"id":2}`},
		"b.json":    {`{"id":1}`, `{"id":2}`},
	} {
		var got []string
		if err := EachMessage(filepath.Join(folder, file), func(m []byte) error { got = append(got, string(m)); return nil }); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", file, got, err)
		}
	}
	for _, file := range []string{"c.json", "a.txt", "missing.csv"} {
		if err := EachMessage(filepath.Join(folder, file), func([]byte) error { return nil }); gold.CodeOf(err) != gold.CodeStreamFailed || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestKeysOfMessagesAreTheirValues(t *testing.T) {
	for object, want := range map[string]string{
		`{"id":12}`: "12", `{"a":{"id":1},"id" : "x\"y" }`: `x"y`, `{"id":null}`: "", `{"x":1}`: "", `not`: "", `[1]`: "", `{"id":1.50,"b":2}`: "1.50", `{"id":{"a":[1,2]}}`: `{"a":[1,2]}`,
	} {
		if got := string(keyOf([]byte(object), "id")); got != want {
			t.Errorf("%s: %q, want %q", object, got, want)
		}
	}
}

func TestMessagesOfAKeyStayInOrderAndTheRateIsKept(t *testing.T) {
	b := newBroker(t)
	p := Producer{
		Connection: Connection{Brokers: b.cluster.ListenAddrs(), Client: "test", Logger: slog.New(slog.DiscardHandler)}, Topic: "sales", Key: "shop", Rate: 2000,
		Each: func(to func([]byte) error) error {
			for i := range 600 {
				if err := to(fmt.Appendf(nil, `{"shop":%d,"n":%d}`, i%7, i)); err != nil {
					return err
				}
			}
			return to([]byte("no object"))
		},
	}
	done, err := Produce(t.Context(), p)
	if err != nil || done.Messages != 601 || done.WithoutKey != 1 || done.Seconds < 0.29 {
		t.Fatalf("%+v, %v", done, err)
	}
	reader, err := kgo.NewClient(kgo.SeedBrokers(b.cluster.ListenAddrs()...), kgo.ConsumeTopics("sales"))
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	last, partition, n := map[string]int{}, map[string]int32{}, 0
	for n < 601 {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		fetches := reader.PollFetches(ctx)
		late := ctx.Err()
		cancel()
		if late != nil {
			t.Fatal(n, "messages arrived")
		}
		fetches.EachRecord(func(r *kgo.Record) {
			n++
			if r.Key == nil {
				return
			}
			var shop, number int
			if _, err := fmt.Sscanf(string(r.Value), `{"shop":%d,"n":%d}`, &shop, &number); err != nil || fmt.Sprint(shop) != string(r.Key) {
				t.Error(string(r.Value), string(r.Key), err)
			}
			key := string(r.Key)
			if was, ok := partition[key]; ok && (was != r.Partition || last[key] > number) {
				t.Errorf("%s came out of order", r.Value)
			}
			partition[key], last[key] = r.Partition, number
		})
	}
}

func TestBrokersThatTakeNoMessagesAreSaid(t *testing.T) {
	_, err := Produce(t.Context(), Producer{Connection: Connection{Brokers: []string{"127.0.0.1:1"}, Wait: 200 * time.Millisecond, Logger: slog.New(slog.DiscardHandler)}, Topic: "x"})
	if gold.CodeOf(err) != gold.CodeStreamUnavailable {
		t.Fatal(err)
	}
}
