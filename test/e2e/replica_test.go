//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"goldserve/gold/storetest"
)

// replicaSet is three real members on this machine, with the fail points of MongoDB's own tests. Elections are called for,
// so that they come at once where they are meant to, and never where a busy machine is late with a heartbeat.
type replicaSet struct {
	t       *testing.T // that uses it now
	members []*member
}

// during makes a part of the test the one that fails.
func (rs *replicaSet) during(t *testing.T) {
	whole := rs.t
	rs.t = t
	t.Cleanup(func() { rs.t = whole })
}

// member is one mongod: its data outlives the process.
type member struct {
	set     *replicaSet
	address string
	args    []string
	server  *exec.Cmd
	client  *mongo.Client // to this member alone, whatever its role
}

const replicaSetName = "rs0"

// startReplicaSet returns a set that has a primary and two secondaries. It is gone after the test.
func startReplicaSet(t *testing.T) *replicaSet {
	mongod := storetest.Mongod(t)
	rs := &replicaSet{t: t}
	config := bson.A{}
	for i := range 3 {
		m := rs.newMember(mongod)
		rs.members = append(rs.members, m)
		config = append(config, bson.D{{Key: "_id", Value: i}, {Key: "host", Value: m.address}})
	}
	for _, m := range rs.members {
		m.start()
	}
	initiate := bson.D{{Key: "replSetInitiate", Value: bson.D{
		{Key: "_id", Value: replicaSetName},
		{Key: "members", Value: config},
		{Key: "settings", Value: bson.D{{Key: "heartbeatIntervalMillis", Value: 500}}},
	}}}
	waitFor(t, "the replica set to be initiated", func() bool { return rs.members[0].admin(initiate).Err() == nil })
	rs.whole()
	return rs
}

func (rs *replicaSet) newMember(mongod string) *member {
	t := rs.t
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(address)
	data := t.TempDir()
	m := &member{set: rs, address: address, args: []string{
		mongod, "--dbpath", data, "--port", port, "--bind_ip", "127.0.0.1", "--replSet", replicaSetName,
		"--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "128", "--logpath", filepath.Join(data, "mongod.log"), "--logappend",
		"--setParameter", "enableTestCommands=1", "--setParameter", "diagnosticDataCollectionEnabled=false",
	}}
	t.Cleanup(m.kill)
	m.client = connect(t, "mongodb://"+address+"/?directConnection=true&serverSelectionTimeoutMS=5000")
	return m
}

// start starts the process, on the data that an earlier one left.
func (m *member) start() {
	m.set.t.Helper()
	m.server = exec.Command(m.args[0], m.args[1:]...)
	if err := m.server.Start(); err != nil {
		m.set.t.Fatal(err)
	}
}

// kill ends the process as a power cut does, frozen or not.
func (m *member) kill() {
	if m.server != nil && m.server.Process != nil {
		m.signal(syscall.SIGKILL)
		_ = m.server.Wait()
	}
}

func (m *member) signal(s syscall.Signal) {
	m.set.t.Helper()
	if err := m.server.Process.Signal(s); err != nil && !strings.Contains(err.Error(), "finished") {
		m.set.t.Error(err)
	}
}

// admin runs a command on this member. Its caller's own time limit holds, for a frozen member answers nothing.
func (m *member) admin(command bson.D) *mongo.SingleResult {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return m.client.Database("admin").RunCommand(ctx, command)
}

func (m *member) mustAdmin(command bson.D) bson.Raw {
	m.set.t.Helper()
	reply, err := m.admin(command).Raw()
	if err != nil {
		m.set.t.Fatalf("%s on %s: %v", command[0].Key, m.address, err)
	}
	return reply
}

// hello is what a member says of its role.
type hello struct {
	Primary   bool `bson:"isWritablePrimary"`
	Secondary bool `bson:"secondary"`
}

func (m *member) hello() hello {
	var h hello
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = m.client.Database("admin").RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Decode(&h) // who does not answer has no role
	return h
}

// primary waits for the one member that takes writes.
func (rs *replicaSet) primary() *member {
	rs.t.Helper()
	var found *member
	waitFor(rs.t, "a primary", func() bool {
		i := slices.IndexFunc(rs.members, func(m *member) bool { return m.hello().Primary })
		if i >= 0 {
			found = rs.members[i]
		}
		return i >= 0
	})
	return found
}

// others returns the members but one.
func (rs *replicaSet) others(m *member) []*member {
	return slices.DeleteFunc(slices.Clone(rs.members), func(other *member) bool { return other == m })
}

// whole waits until each member has a role again, and all that the primary has.
func (rs *replicaSet) whole() {
	rs.t.Helper()
	waitFor(rs.t, "a primary and two secondaries", func() bool {
		primaries, secondaries := 0, 0
		for _, m := range rs.members {
			h := m.hello()
			if h.Primary {
				primaries++
			}
			if h.Secondary {
				secondaries++
			}
		}
		return primaries == 1 && secondaries == len(rs.members)-1
	})
	note := bson.D{
		{Key: "appendOplogNote", Value: 1},
		{Key: "data", Value: bson.D{}},
		{Key: "writeConcern", Value: bson.D{{Key: "w", Value: len(rs.members)}}},
	}
	waitFor(rs.t, "a write to a majority", func() bool { return rs.primary().admin(note).Err() == nil })
}

// crash kills the primary, waits for the next, and brings the old one back.
func (rs *replicaSet) crash() {
	rs.t.Helper()
	old := rs.primary()
	old.kill()
	rs.elect(old)
	old.start()
}

// elect makes a member primary in the place of one that can't be it.
func (rs *replicaSet) elect(gone *member) {
	rs.t.Helper()
	waitFor(rs.t, "a member that steps up", func() bool {
		return slices.ContainsFunc(rs.others(gone), func(m *member) bool {
			return m.admin(bson.D{{Key: "replSetStepUp", Value: 1}}).Err() == nil
		})
	})
	waitFor(rs.t, "another primary", func() bool {
		return slices.ContainsFunc(rs.others(gone), func(m *member) bool { return m.hello().Primary })
	})
}

// stepDown makes another member primary.
func (rs *replicaSet) stepDown() {
	rs.t.Helper()
	old := rs.primary()
	waitFor(rs.t, "the primary to step down", func() bool { // until a secondary has caught up
		return old.admin(bson.D{{Key: "replSetStepDown", Value: 5}, {Key: "secondaryCatchUpPeriodSecs", Value: 4}}).Err() == nil
	})
	rs.primary()
}

// uri names the set's database for a program of a name, for which fail points can be meant.
func (rs *replicaSet) uri(database, program string) string {
	addresses := make([]string, len(rs.members))
	for i, m := range rs.members {
		addresses[i] = m.address
	}
	return fmt.Sprintf("mongodb://%s/%s?replicaSet=%s&appName=%s", strings.Join(addresses, ","), database, replicaSetName, program)
}

// failPoint is one that was armed on a member.
type failPoint struct {
	m       *member
	name    string
	entered int64 // when it was armed
}

func (m *member) arm(name string, mode any, data bson.D) *failPoint {
	m.set.t.Helper()
	reply := m.mustAdmin(bson.D{{Key: "configureFailPoint", Value: name}, {Key: "mode", Value: mode}, {Key: "data", Value: data}})
	return &failPoint{m, name, reply.Lookup("count").AsInt64()}
}

// wait returns when an operation has come to the point. It reports whether one did.
func (f *failPoint) wait() bool {
	f.m.set.t.Helper()
	err := f.m.admin(bson.D{{Key: "waitForFailPoint", Value: f.name}, {Key: "timesEntered", Value: f.entered + 1}}).Err()
	if err != nil {
		f.m.set.t.Errorf("nothing came to %s on %s: %v", f.name, f.m.address, err)
	}
	return err == nil
}

// off lets everything pass, and returns how many operations came to the point.
func (f *failPoint) off() int64 {
	f.m.set.t.Helper()
	return f.m.mustAdmin(bson.D{{Key: "configureFailPoint", Value: f.name}, {Key: "mode", Value: "off"}}).Lookup("count").AsInt64() - f.entered
}
