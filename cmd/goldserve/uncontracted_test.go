package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"goldserve/builder"
	"goldserve/gold"
	"goldserve/gold/contract"
)

// TestGoldWithoutAContractIsNoted: once, with what adds contracts. Temporary tables and those of silver need none.
func TestGoldWithoutAContractIsNoted(t *testing.T) {
	t.Parallel()
	model := &contract.Model{Model: gold.Model{Name: "library"}, Contracts: []contract.Contract{{Source: "loans"}, {Source: "daily_{ts}"}, {Source: "members.csv"}, {}}}
	tables := []*builder.Table{
		{Stage: builder.Silver, Name: "books", Format: "parquet"},
		{Stage: builder.Gold, Name: "loans", Format: "parquet"},
		{Stage: builder.Gold, Name: "daily_20260101", Format: "parquet"},
		{Stage: builder.Gold, Name: "members", Format: "csv"},
		{Stage: builder.Gold, Name: "scratch", Format: "parquet", Temporary: true},
	}
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	a := &app{config: config{}}
	a.config.Models = "./models"
	a.noteUncontracted(log, model, tables, "lake/gold")
	if out.Len() > 0 {
		t.Errorf("each has a contract: %s", &out)
	}
	tables = append(tables, &builder.Table{Stage: builder.Gold, Name: "newt", Format: "parquet"})
	a.noteUncontracted(log, &contract.Model{}, tables, "lake/gold")
	for range 2 {
		a.noteUncontracted(log, model, tables, "lake/gold")
	}
	if text := out.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "tables=newt") || !strings.Contains(text, "goldserve init lake/gold --model library --models ./models") {
		t.Errorf("got %s", text)
	}
}
