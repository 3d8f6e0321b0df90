package gold

import (
	"strconv"
	"strings"
)

// idDigits is the number of digits of a version's id in its location.
const idDigits = 12

// Location returns the name of a version's table or collection: model__dataset__hash12__ffence. Names of models and
// datasets never contain "__".
func Location(model, dataset, id string, fence int64) string {
	return strings.Join([]string{model, dataset, id[:idDigits], "f" + strconv.FormatInt(fence, 10)}, "__")
}

// ParseLocation returns the model and the fence of a name that Location returned; false for any other name.
func ParseLocation(name string) (model string, fence int64, ok bool) {
	parts := strings.Split(name, "__")
	if len(parts) != 4 || parts[0] == "" || parts[1] == "" || len(parts[2]) != idDigits {
		return "", 0, false
	}
	digits, ok := strings.CutPrefix(parts[3], "f")
	fence, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil || fence < 0 || digits != strconv.FormatInt(fence, 10) {
		return "", 0, false
	}
	return parts[0], fence, true
}
