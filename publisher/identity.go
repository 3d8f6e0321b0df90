package publisher

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"goldserve/gold"
)

// storageFormat is part of every version's id. Any change of code that changes a stored row must increment it.
const storageFormat = 1

// identity returns the id of a version: the SHA-256 of all that shapes its rows, and of nothing else. source is the
// fingerprint of its files, or the id of the version that it is derived from; shape is its contract's.
func identity(d *gold.Dataset, source, shape string) string {
	return sum(fmt.Sprintf("format %d\ndataset %q\nsource %s\n%s", storageFormat, d.Name, source, shape))
}

// shapeOf returns what of a contract shapes rows. Descriptions, labels, rules, filters, sorts, limits, indexes and
// metrics do not.
func shapeOf(d *gold.Dataset, hmacKey []byte) (string, error) {
	var b strings.Builder
	for _, f := range d.Fields {
		fmt.Fprintf(&b, "field %q %s %d %t %s", f.Name, f.Kind, f.Scale, f.Nullable, f.Mask)
		if f.Mask == gold.MaskHMAC {
			fmt.Fprintf(&b, " %s", hmacKeyID(hmacKey))
		}
		if f.Precision > 0 {
			fmt.Fprintf(&b, " precision %d", f.Precision)
		}
		if f.Single {
			b.WriteString(" single")
		}
		if f.Base64 {
			b.WriteString(" base64")
		}
		if f.PhysicalName != "" {
			fmt.Fprintf(&b, " column %q", f.PhysicalName)
		}
		if f.DefaultZone != "" {
			fmt.Fprintf(&b, " zone %q", f.DefaultZone)
		}
		if f.Cast != nil {
			fmt.Fprintf(&b, " cast %s", f.Cast)
		}
		b.WriteByte('\n')
	}
	for _, f := range d.BI {
		fmt.Fprintf(&b, "bi %q %q\n", f.Name, f.From)
	}
	fmt.Fprintf(&b, "key %q\n", d.Key)
	shapeOfScores(&b, d)
	if d.Derive != nil {
		derive, err := json.Marshal(d.Derive)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "derive %s\n", derive)
	}
	return b.String(), nil
}

func sum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// hmacKeyID names a key without telling it.
func hmacKeyID(key []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("goldserve key id"))
	return hex.EncodeToString(mac.Sum(nil)[:8])
}
