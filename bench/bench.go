package bench

import _ "embed" // for the scripts

// PandasBuild is a Python script that builds the shipped retail model's gold with pandas 3. Its comment says what it reads, writes
// and prints.
//
//go:embed pandas_build.py
var PandasBuild []byte
