package s3

import (
	"crypto/rand"
	"os"
	"strings"
)

// deleteOnClose is FILE_FLAG_DELETE_ON_CLOSE.
const deleteOnClose = 0x04000000

// nameless makes a file that the system removes with the process, however that ends.
func nameless(pattern string) (*os.File, error) {
	name := strings.Replace(pattern, "*", rand.Text(), 1)
	return os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL|deleteOnClose, 0o600)
}
