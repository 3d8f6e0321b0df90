package gold

import "fmt"

// ParseSource parses one value of the field, as contracts and names of folders write it: like Parse, but a Time without
// a zone is in DefaultZone.
func (f *Field) ParseSource(text string) (Value, error) {
	if f.Kind != Time || f.DefaultZone == "" {
		v, err := f.Parse(text)
		if err == nil && f.Kind == WideDecimal && !v.Int128().Fits(f.Precision) {
			return Value{}, fmt.Errorf("expected a decimal number of at most %s", Counted(f.Precision, "digit"))
		}
		return v, err
	}
	v, zoned, err := parseInstant(text)
	if err != nil || zoned {
		return v, err
	}
	zone, err := NewZone(f.DefaultZone)
	if err != nil || zone == nil {
		return v, err
	}
	return NewTime(zone.Instant(v.Int())), nil
}
