package onnx

import "fmt"

// Error says why a file was refused, or why rows could not be evaluated. Node is the node or value in question, or "".
type Error struct {
	Node   string // such as `node 3 (Reshape "r")`
	Reason string
}

func (e *Error) Error() string {
	if e.Node == "" {
		return e.Reason
	}
	return e.Node + ": " + e.Reason
}

func refuse(format string, args ...any) *Error { return &Error{Reason: fmt.Sprintf(format, args...)} }

// fail ends the evaluation of a node; Session.Run and Load recover it as an *Error that names the node.
func fail(format string, args ...any) { panic(refuse(format, args...)) }
