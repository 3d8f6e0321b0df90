package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"goldserve/gold"
	"goldserve/gold/contract"
)

func TestAPlainHashIsWarnedOf(t *testing.T) {
	var said bytes.Buffer
	log := slog.New(slog.NewTextHandler(&said, nil))
	m := &contract.Model{Model: gold.Model{Name: "shop"}, Build: &gold.Build{Sources: []gold.RawSource{{Name: "customers", Columns: []gold.RawColumn{{Name: "email", Mask: gold.MaskHMAC}}}}}}
	noteReversible(log, m)
	if said.Len() > 0 {
		t.Errorf("of hmac it says %s", &said)
	}
	m.Build.Sources[0].Columns[0].Mask = gold.MaskSHA256
	noteReversible(log, &contract.Model{}, m)
	if got := said.String(); strings.Count(got, "level=WARN") != 1 || !strings.Contains(got, "reversible") || !strings.Contains(got, "columns=shop.bronze.customers.email") {
		t.Errorf("said %s", got)
	}
}
