package main

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/dustin/go-humanize"
	"github.com/spf13/pflag"
)

// size is a number of bytes, with a unit (64MiB, 1GB) or without (67108864).
type size int64

var _ pflag.Value = (*size)(nil)

// UnmarshalText reads a size.
func (s *size) UnmarshalText(text []byte) error {
	n, err := humanize.ParseBytes(string(text))
	if err != nil || n > math.MaxInt64 {
		return errors.New("expected a number of bytes, such as 64MiB, 1GB or 0")
	}
	*s = size(n)
	return nil
}

// sizeUnits are the units that String uses, the largest first.
var sizeUnits = []struct {
	name  string
	bytes size
}{{"TiB", 1 << 40}, {"TB", 1e12}, {"GiB", 1 << 30}, {"GB", 1e9}, {"MiB", 1 << 20}, {"MB", 1e6}, {"KiB", 1 << 10}, {"kB", 1e3}}

// String uses the largest unit without a fraction, such as 64MiB.
func (s size) String() string {
	for _, unit := range sizeUnits {
		if s != 0 && s%unit.bytes == 0 {
			return fmt.Sprintf("%d%s", int64(s/unit.bytes), unit.name)
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

// Set and Type implement pflag.Value.
func (s *size) Set(text string) error { return s.UnmarshalText([]byte(text)) }

// Type is the word that --help shows beside the flag.
func (s *size) Type() string { return "size" }

// sizeVar defines a flag of type size.
func sizeVar(flags *pflag.FlagSet, to *size, name string, value size, usage string) {
	*to = value
	flags.Var(to, name, usage)
}
