// Command goldserve publishes gold tables of a data lake into a store and serves them over HTTP.
//
// Rules:
//
//  1. One file for each subcommand; main.go wires them.
//  2. config.go alone declares settings; sources.go alone reads flags, the environment and goldserve.yaml.
//  3. store.go alone names the stores; everything else speaks gold.Store.
//  4. Results go to standard output, logs and errors to standard error; exit.go maps errors to exit codes.
package main
