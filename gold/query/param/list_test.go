package param

import (
	"reflect"
	"testing"
)

func TestListsReadBackTheSame(t *testing.T) {
	for _, items := range [][]string{{""}, {"a"}, {"a", "b"}, {"", ""}, {`a"b`, `"`, `""`, ","}, {"Tray, Breakfast In Bed", "Mug", `Letter "R" Ring`, "A+B & C/D"}, {"x", ""}} {
		got, err := splitList(JoinList(items))
		if err != nil || !reflect.DeepEqual(got, items) {
			t.Errorf("%q came back as %q, %v", items, got, err)
		}
	}
	for _, bad := range []string{`"a`, `"a"b`, `x,"a`, `"a""`, `"`} {
		if got, err := splitList(bad); err == nil {
			t.Errorf("%s was read as %q", bad, got)
		}
	}
}
