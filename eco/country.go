package eco

import (
	_ "embed" // for the table
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"

	"goldserve/gold"
)

// Country is where electricity comes from.
type Country struct {
	Code  string  // ISO 3166-1 alpha-3; empty: none, the world's average
	Name  string  // in English
	Year  int     // of the carbon intensity; 0: it was given
	Grams float64 // of CO2e for each kWh
}

// world stands in for a country that is not named: the average of the world's generation, from the same source as the table.
var world = Country{Name: "world average", Year: 2022, Grams: 485.99}

//go:embed intensity.csv
var intensities string

// Countries are those of the table, by code.
func Countries() []Country {
	r := csv.NewReader(strings.NewReader(intensities))
	r.Comment = '#'
	rows, err := r.ReadAll()
	if err != nil {
		panic(err) // the table is part of the program, and tested
	}
	var all []Country
	for _, row := range rows[1:] {
		year, yearErr := strconv.Atoi(row[2])
		grams, gramsErr := strconv.ParseFloat(row[3], 64)
		if yearErr != nil || gramsErr != nil {
			panic(fmt.Sprintf("%v is no row of the table", row))
		}
		all = append(all, Country{row[0], row[1], year, grams})
	}
	return all
}

// CountryOf returns the country of a code, with a carbon intensity that replaces the table's if it is not nil. Without a code it is the
// world. Its error is Invalid: the code is none, or has no intensity.
func CountryOf(code string, grams *float64) (Country, error) {
	c, found := world, code == ""
	var codes []string
	if code != "" {
		for _, known := range Countries() {
			codes = append(codes, known.Code)
			if strings.EqualFold(known.Code, code) {
				c, found = known, true
			}
		}
	}
	if !found {
		if len(code) != 3 || strings.Trim(strings.ToUpper(code), "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			return c, gold.Errorf(gold.Invalid, gold.CodeUsage, "expected a country's code of three letters (ISO 3166-1), such as FRA")
		}
		if grams == nil {
			near := ""
			if n := gold.Nearest(strings.ToUpper(code), codes); n != "" {
				near = ", or did you mean " + n + "?"
			}
			return c, gold.Errorf(gold.Invalid, gold.CodeUsage, "the table of carbon intensities has no such country: give the carbon intensity as well, in grams of CO2e for each kWh%s", near)
		}
		c = Country{Code: strings.ToUpper(code), Name: strings.ToUpper(code)}
	}
	if grams != nil {
		c.Grams, c.Year = *grams, 0
		if code == "" {
			c.Name = ""
		}
	}
	return c, nil
}
