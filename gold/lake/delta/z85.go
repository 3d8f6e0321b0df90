package delta

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// z85Digits are the digits of base 85 as https://rfc.zeromq.org/spec/32/ has them: five stand for four bytes.
const z85Digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"

func decodeZ85(text string) ([]byte, error) {
	if len(text)%5 != 0 {
		return nil, fmt.Errorf("%d characters are not Z85: expected a multiple of 5", len(text))
	}
	data := make([]byte, 0, len(text)/5*4)
	for i := 0; i < len(text); i += 5 {
		n := uint64(0)
		for _, c := range []byte(text[i : i+5]) {
			digit := strings.IndexByte(z85Digits, c)
			if digit < 0 {
				return nil, fmt.Errorf("the character %q is not one of Z85", c)
			}
			n = n*85 + uint64(digit)
		}
		if n > 1<<32-1 {
			return nil, fmt.Errorf("%q stands for more than four bytes in Z85", text[i:i+5])
		}
		data = binary.BigEndian.AppendUint32(data, uint32(n))
	}
	return data, nil
}
