//go:build ignore

// Prints what `make types` makes the page's types of.
package main

import (
	"fmt"
	"os"

	"goldserve/openapi"
)

func main() {
	document, err := openapi.Page()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(string(document))
}
