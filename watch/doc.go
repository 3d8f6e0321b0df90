// Package watch follows a lake: it looks at the lake's listing again and again, and publishes what changed.
//
// Rules:
//
//  1. A look reads names, not contents: it is one listing. What has not changed is not published again.
//  2. A change is published once two looks in a row find the same, or after Patience: a file that is being written changes
//     from look to look. Publishes never overlap.
//  3. No failure ends the following. Content that was refused is not tried again until the listing changes; what failed for
//     the lake's server, the store or the network is tried again, later each time. Each failure is told once.
//  4. Another publisher at work is no failure: the follower stands by, and finds the release when that one is done.
//
// The package must not know lakes, contracts or stores: it is told how to look and how to publish.
package watch
