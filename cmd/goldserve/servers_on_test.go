//go:build e2e

package main

// withServers: the tests have a MongoDB server beside SQLite.
const withServers = true
