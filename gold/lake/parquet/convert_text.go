package parquet

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/parquet-go/parquet-go/format"

	"goldserve/gold"
)

// textConversion returns the conversion of a leaf's values to text.
func textConversion(m meaning, physical format.Type) conversion {
	switch {
	case m.kind == texts || m.kind == plainValues && physical == format.ByteArray:
		return convertText
	case m.kind == days:
		return convertDayText
	case m.kind == clocks:
		return convertClockText(physical, m.digits)
	case m.kind == uuids:
		return convertUUIDText
	case m.kind == periods:
		return convertPeriodText(m.frequency)
	case m.kind == durations:
		return writeDurations(m.digits)
	default:
		return nil
	}
}

const bytesAdvice = "a field with logicalType: string and physicalType: BINARY holds bytes as base64"

// bytesConversion returns the conversion of bytes to base64 (RFC 4648, with padding), nil where a leaf's values are no bytes.
func bytesConversion(m meaning, physical format.Type) conversion {
	switch {
	case m.kind != plainValues:
		return nil
	case physical == format.ByteArray:
		return convertBytesText((*values).text)
	case physical == format.FixedLenByteArray:
		return convertBytesText((*values).fixed)
	default:
		return nil
	}
}

func convertBytesText(at func(v *values, k int) []byte) conversion {
	return func(dst *gold.Column, v *values, i, j int, _ *int64) (int, *valueProblem) {
		for k := i; k < j; k++ {
			if len(dst.Bytes) >= batchText {
				return k - i, nil
			}
			b := at(v, k)
			if length := base64.StdEncoding.EncodedLen(len(b)); length > maxCell {
				return k - i, tooLong(length)
			}
			dst.Bytes = base64.StdEncoding.AppendEncode(dst.Bytes, b)
			dst.Offsets = append(dst.Offsets, int32(len(dst.Bytes)))
		}
		return j - i, nil
	}
}

// convertClockText writes times of day as 09:30:00, or 09:30:00.250000 with all digits of the column's unit where any is not
// zero: texts have the order of the times. 24:00:00, the end of a day, is the last one.
func convertClockText(physical format.Type, digits int) conversion {
	perSecond := pow10[digits]
	return func(dst *gold.Column, v *values, i, j int, _ *int64) (int, *valueProblem) {
		for k := i; k < j; k++ {
			if len(dst.Bytes) >= batchText {
				return k - i, nil
			}
			var units int64
			if physical == format.Int32 {
				units = int64(v.int32s[k])
			} else {
				units = v.int64s[k]
			}
			if units < 0 || units > int64(24*time.Hour/time.Second)*perSecond {
				return k - i, &valueProblem{gold.CodeValueRange, fmt.Sprintf("the time of day %d/%d seconds after midnight", units, perSecond), "a time from 00:00:00 to 24:00:00"}
			}
			seconds, fraction := units/perSecond, units%perSecond
			dst.Bytes = fmt.Appendf(dst.Bytes, "%02d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
			if fraction > 0 {
				dst.Bytes = fmt.Appendf(dst.Bytes, ".%0*d", digits, fraction)
			}
			dst.Offsets = append(dst.Offsets, int32(len(dst.Bytes)))
		}
		return j - i, nil
	}
}

// convertUUIDText writes UUIDs in the canonical form of RFC 9562: lower case, 8-4-4-4-12.
func convertUUIDText(dst *gold.Column, v *values, i, j int, _ *int64) (int, *valueProblem) {
	for k := i; k < j; k++ {
		if len(dst.Bytes) >= batchText {
			return k - i, nil
		}
		b := v.fixed(k)
		for n, length := range [...]int{4, 2, 2, 2, 6} {
			if n > 0 {
				dst.Bytes = append(dst.Bytes, '-')
			}
			dst.Bytes = hex.AppendEncode(dst.Bytes, b[:length])
			b = b[length:]
		}
		dst.Offsets = append(dst.Offsets, int32(len(dst.Bytes)))
	}
	return j - i, nil
}
