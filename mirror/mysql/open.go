package mysql

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-sql-driver/mysql"

	"goldserve/gold"
	"goldserve/mirror"
)

// DefaultSchema is the database of who names none.
const DefaultSchema = "gold"

// maxName is the number of characters of a name.
const maxName = 64

// Target is a database of a server.
type Target struct {
	db     *sql.DB
	schema string
	name   string
	// patience is how long a run waits for those that read a table at most; 0: patience of the package.
	patience time.Duration
	// Of the server, once it was asked:
	collation string // of texts, which are compared by their bytes
	packet    int    // bytes of a statement
	scale     int    // digits after the point of a decimal
}

var _ mirror.Target = (*Target)(nil)

// Expected is what an address looks like.
const Expected = "mysql://USER:PASSWORD@HOST:3306/DATABASE" // #nosec G101 -- the words stand for a user and a password

// Open connects to the server of an address. The database is the schema, or the one that the address names. The password may be in
// MYSQL_PWD. Parameters of the address are those of go-sql-driver: tls=true. Invalid mirror_refused if the address can't be read;
// Unavailable mirror_unavailable.
func Open(ctx context.Context, address, schema string) (*Target, error) {
	config, database, err := parse(address)
	if err != nil {
		return nil, err
	}
	if schema != "" && database != "" && schema != database {
		return nil, gold.Errorf(gold.Invalid, gold.CodeMirrorRefused, "the mirror's address names the database %s, and the schema is %s, which are the same thing in MySQL: leave one out", database, schema)
	}
	schema = cmp.Or(schema, database, DefaultSchema)
	if n := utf8.RuneCountInString(schema); n > maxName {
		return nil, gold.Errorf(gold.Invalid, gold.CodeMirrorRefused, "the database's name has %d characters: the server takes %d", n, maxName)
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, badAddress()
	}
	t := &Target{db: sql.OpenDB(connector), schema: schema, name: "mysql://" + config.Addr + "/" + schema}
	var version string
	err = t.db.QueryRowContext(ctx, "SELECT version(), @@max_allowed_packet").Scan(&version, &t.packet)
	if err != nil {
		return nil, errors.Join(t.fail(ctx, "connect", err), t.db.Close())
	}
	t.collation, t.scale = "utf8mb4_0900_bin", 30
	if strings.Contains(version, "MariaDB") {
		t.collation, t.scale = "utf8mb4_nopad_bin", gold.MaxDigits
	}
	return t, nil
}

func badAddress() error {
	return gold.Errorf(gold.Invalid, gold.CodeMirrorRefused, "the mirror's address can't be read: expected %s", Expected)
}

// parse reads an address. No error has a part of it, since that may be the password.
func parse(address string) (config *mysql.Config, database string, err error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || strings.Contains(strings.Trim(u.Path, "/"), "/") {
		return nil, "", badAddress()
	}
	config, err = mysql.ParseDSN("/?" + u.RawQuery)
	if err != nil {
		return nil, "", badAddress()
	}
	config.User, config.Net, config.Addr = u.User.Username(), "tcp", net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "3306"))
	config.Passwd = os.Getenv("MYSQL_PWD")
	if password, given := u.User.Password(); given {
		config.Passwd = password
	}
	config.ParseTime, config.Loc, config.MultiStatements, config.InterpolateParams = true, time.UTC, false, false
	config.Timeout = cmp.Or(config.Timeout, 10*time.Second)
	config.Logger = &mysql.NopLogger{}
	if config.Params == nil {
		config.Params = map[string]string{}
	}
	// What texts and times mean does not depend on the server's settings.
	config.Params["sql_mode"] = "'STRICT_ALL_TABLES,NO_BACKSLASH_ESCAPES,NO_ENGINE_SUBSTITUTION'"
	config.Params["time_zone"] = "'+00:00'"
	if err := config.Apply(mysql.Charset("utf8mb4", "")); err != nil {
		return nil, "", badAddress()
	}
	return config, strings.Trim(u.Path, "/"), nil
}

func (t *Target) String() string { return t.name }

// Close closes the connections.
func (t *Target) Close() error {
	if err := t.db.Close(); err != nil {
		return fmt.Errorf("close %s: %w", t.name, err)
	}
	return nil
}

// Check returns the names that are too long, and decimals with too many digits after the point.
func (t *Target) Check(table *mirror.Table) []gold.Problem {
	var problems []gold.Problem
	refuse := func(field, format string, args ...any) {
		problems = append(problems, gold.Problem{Field: field, Code: gold.CodeMirrorRefused, Detail: "dataset " + table.Dataset + ": " + fmt.Sprintf(format, args...)})
	}
	if n := utf8.RuneCountInString(table.Name); n > maxName {
		refuse("", "the collection's name has %d characters, and the server takes %d: name a shorter one in the contract (collection)", n, maxName)
	}
	for _, c := range table.Columns {
		if n := utf8.RuneCountInString(c.Name); n > maxName {
			refuse(c.Name, "the name has %d characters, and the server takes %d: give the field a shorter one in the contract, and the file's as physicalName", n, maxName)
		}
		if c.Kind == gold.WideDecimal && c.Scale > t.scale {
			refuse(c.Name, "the decimal has %d digits after the point, and the server takes %d: give the field a smaller scale", c.Scale, t.scale)
		}
	}
	return problems
}

// The numbers of the server's errors that are told apart.
const (
	lockWaitTimeout = 1205
	deadlock        = 1213
)

// is reports whether an error is one of the server's with one of these numbers.
func is(err error, numbers ...uint16) bool {
	own, ok := errors.AsType[*mysql.MySQLError](err)
	return ok && slices.Contains(numbers, own.Number)
}

// fail returns the error of an operation.
func (t *Target) fail(ctx context.Context, doing string, err error) error {
	if err == nil {
		return nil
	}
	if own := mirror.Own(ctx, err); own != nil {
		return own
	}
	kind, code := gold.Unavailable, gold.CodeMirrorUnavailable
	if server, ok := errors.AsType[*mysql.MySQLError](err); ok {
		switch state := string(server.SQLState[:2]); {
		case state == "08" || server.Number == 1045 || server.Number == 1040: // login, too many connections
		case state == "42" || state == "22" || state == "23" || state == "0A" || server.Number == 1118:
			kind, code = gold.Invalid, gold.CodeMirrorRefused
		default:
			kind, code = gold.Internal, gold.CodeMirrorFailed
		}
		return &gold.Error{Kind: kind, Code: code, Message: fmt.Sprintf("%s: %s: %s (error %d)", t.name, doing, server.Message, server.Number), Err: mirror.Told{Err: err, Text: server.Message}}
	}
	return &gold.Error{Kind: kind, Code: code, Message: fmt.Sprintf("%s: %s: %s", t.name, doing, err), Err: err}
}
