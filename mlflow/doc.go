// Package mlflow logs runs to an MLflow tracking server by its REST interface: parameters, metrics and artifacts.
//
// Rules:
//
//  1. A run that is logged whole has the status FINISHED; one that could not be has FAILED. A run with a key is logged once: Log finds
//     the whole one that is there.
//  2. Each request has a time limit, and follows no redirect: credentials go to the server that was named, and nowhere else.
//  3. No error has a credential in it: neither the user and password of the URL nor the token.
//  4. The server's limits (values of 6,000 characters, 100 parameters and 1,000 metrics in a request) are kept here, not reported.
//
// The package imports nothing of ours.
package mlflow
