// Package e2e tests the program from outside, as those do who run it: the built program is started, killed, stopped and
// asked, with real MongoDB servers and replica sets, browsers, and other programs that read what it writes. Its tests have
// the build tag e2e, which make test sets.
package e2e
