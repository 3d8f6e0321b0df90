package main

import (
	"log/slog"
	"slices"

	"goldserve/gold"
	"goldserve/gold/contract"
)

// noteReversible warns of the columns of models whose mask is a plain hash: whoever has it finds the text again by hashing guesses.
func noteReversible(log *slog.Logger, models ...*contract.Model) {
	var names []string
	for _, m := range models {
		for i := range m.Contracts {
			for _, f := range m.Contracts[i].Dataset.Fields {
				if f.Mask == gold.MaskSHA256 {
					names = append(names, m.Name+"."+m.Contracts[i].Dataset.Name+"."+f.Name)
				}
			}
		}
		if m.Build == nil {
			continue
		}
		for _, s := range m.Build.Sources {
			for _, c := range s.Columns {
				if c.Mask == gold.MaskSHA256 {
					names = append(names, m.Name+".bronze."+s.Name+"."+c.Name)
				}
			}
		}
	}
	if len(names) > 0 {
		slices.Sort(names)
		log.Warn("the mask sha256_truncated is reversible in seconds: use it only to compare with hashes made elsewhere, else hmac", "columns", list(names))
	}
}
