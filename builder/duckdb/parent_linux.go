package duckdb

import "syscall"

// endWithParent has the system end a child whose parent is gone, however that ended: a child in the midst of a query doesn't see that nobody
// listens any more. The system takes the thread that started the child for its parent: session keeps it.
func endWithParent(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGKILL }
