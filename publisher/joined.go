package publisher

import (
	"errors"
	"slices"

	"goldserve/gold"
)

// joined makes one error of several: all problems of those that are Invalid, else the first.
func joined(errs []error) error {
	if len(errs) <= 1 {
		return errors.Join(errs...)
	}
	all := &gold.Error{Kind: gold.Invalid}
	for _, err := range errs {
		var e *gold.Error
		if !errors.As(err, &e) || e.Kind != gold.Invalid {
			return err
		}
		if all.Code == "" {
			all.Code = e.Code
		}
		if len(e.Problems) == 0 {
			e.Problems = []gold.Problem{{Code: e.Code, Detail: e.Message}}
		}
		all.Problems = append(all.Problems, e.Problems...)
	}
	all.Message = "the lake can't be published: " + gold.NewInt(int64(len(all.Problems))).String() + " problems"
	return all
}

// withCode returns the errors that have a code.
func withCode(errs []error, code gold.Code) []error {
	return slices.DeleteFunc(slices.Clone(errs), func(err error) bool { return gold.CodeOf(err) != code })
}
