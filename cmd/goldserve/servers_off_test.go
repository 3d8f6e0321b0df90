//go:build !e2e

package main

const withServers = false
