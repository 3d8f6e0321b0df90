package sqlitestore

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"goldserve/gold"
)

const createReleaseView = `CREATE VIEW gold_release AS
	SELECT dataset, rows, release, as_of, published_at, quality, 0 AS refreshing, model FROM _goldserve_shown`

// takenNames returns the names in the file that can't be used for a view of a model, and why.
func takenNames(ctx context.Context, c *conn, model string) (map[string]string, error) {
	taken := map[string]string{}
	err := c.each(ctx, `SELECT s.name, s.type, v.model FROM sqlite_schema s LEFT JOIN _goldserve_views v ON v.name = s.name AND s.type = 'view'
		WHERE s.type IN ('table', 'view') AND s.name NOT GLOB 'sqlite_*' AND s.name NOT GLOB '_goldserve_*'
		AND NOT EXISTS (SELECT 1 FROM _goldserve_versions o WHERE o.location = s.name)
		AND NOT EXISTS (SELECT 1 FROM _goldserve_versions o WHERE o.location > s.name || '@' AND o.location < s.name || 'A')`, nil, func(row []driver.Value) error {
		name, kind := text(row[0]), text(row[1])
		switch owner := text(row[2]); {
		case row[2] == nil:
			taken[name] = "a " + kind
		case owner != model && owner != "":
			taken[name] = "of model " + owner
		}
		return nil
	})
	return taken, err
}

// foreignNames returns the names in a file without goldserve's tables, if there is one: they belong to its owner.
func (s *Store) foreignNames(ctx context.Context, doing string) (map[string]string, error) {
	taken := map[string]string{}
	if _, err := os.Stat(s.path); errors.Is(err, fs.ErrNotExist) {
		return taken, nil
	}
	read := func(how mode) error {
		c, err := openConn(s.path, how)
		if err != nil {
			return err
		}
		if err = c.exec(ctx, readPragmas); err == nil {
			err = c.each(ctx, `SELECT name, type FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT GLOB 'sqlite_*'`, nil, func(row []driver.Value) error {
				taken[text(row[0])] = "a " + text(row[1])
				return nil
			})
		}
		return errors.Join(err, c.Close())
	}
	err := read(reading)
	if err != nil && refusesWrites(s.path, err) {
		err = read(immutable)
	}
	return taken, s.fail(ctx, doing, err)
}

// prefixOf is what the names of a release's views begin with: in the one file there is, a BI database of its own is a prefix,
// shop__ of shop and of shop_serving.
func prefixOf(r *gold.Release) string {
	if r == nil || r.BIDatabase == "" {
		return ""
	}
	return strings.TrimSuffix(r.BIDatabase, gold.BISuffix) + "__"
}

// withPrefix returns the names that begin with a prefix, without it.
func withPrefix(prefix string, names map[string]string) map[string]string {
	within := map[string]string{}
	for name, why := range names {
		if len(name) > len(prefix) && strings.EqualFold(name[:len(prefix)], prefix) {
			within[name[len(prefix):]] = why
		}
	}
	return within
}

// show replaces the views by those of a release, within the switch's transaction.
func show(ctx context.Context, c *conn, r *gold.Release) error {
	ours, err := c.texts(ctx, `SELECT v.name FROM _goldserve_views v JOIN sqlite_schema s ON s.name = v.name AND s.type = 'view' WHERE v.model = ?`, r.Model)
	if err != nil {
		return err
	}
	for _, name := range ours {
		if err := c.exec(ctx, "DROP VIEW IF EXISTS "+quote(name)); err != nil {
			return err
		}
	}
	if err := c.exec(ctx, `DELETE FROM _goldserve_views WHERE model = ?`, r.Model); err != nil {
		return err
	}
	if err := c.exec(ctx, `DELETE FROM _goldserve_shown WHERE model = ?`, r.Model); err != nil {
		return err
	}
	taken, err := takenNames(ctx, c, r.Model)
	if err != nil {
		return err
	}
	for i := range r.Versions {
		if err := showVersion(ctx, c, r, &r.Versions[i], taken); err != nil {
			return err
		}
	}
	if prefixOf(r) != "" {
		return showApart(ctx, c, r, taken)
	}
	return showRelease(ctx, c, taken)
}

func showVersion(ctx context.Context, c *conn, r *gold.Release, v *gold.Version, taken map[string]string) error {
	d := &v.Dataset
	if d.Collection == "" {
		return nil
	}
	prefix := prefixOf(r)
	if prefix == "" {
		if err := c.exec(ctx, `INSERT INTO _goldserve_shown VALUES (?, ?, ?, ?, ?, ?, ?)`,
			r.Model, d.Name, v.Rows, r.Number, gold.Instant(r.AsOf), gold.Instant(r.PublishedAt), r.QualityOf(d.Name)); err != nil {
			return err
		}
	}
	name := prefix + d.Collection
	if err := refuseTaken(name, taken); err != nil {
		return err
	}
	if err := c.exec(ctx, createView(name, v)); err != nil {
		return err
	}
	return c.exec(ctx, `INSERT INTO _goldserve_views VALUES (?, ?, ?)`, name, r.Model, d.Name)
}

// showApart creates the view gold_release of a model that has a BI database of its own: its rows are the view's, since the
// table of the other one is of all models that share that.
func showApart(ctx context.Context, c *conn, r *gold.Release, taken map[string]string) error {
	name := prefixOf(r) + gold.ReleaseCollection
	if err := refuseTaken(name, taken); err != nil {
		return err
	}
	var rows []string
	for i := range r.Versions {
		v := &r.Versions[i]
		if v.Dataset.Collection != "" {
			rows = append(rows, fmt.Sprintf("(%s, %d, %d, %s, %s, %s, 0, %s)", literal(v.Dataset.Name), v.Rows, r.Number,
				literal(gold.Instant(r.AsOf)), literal(gold.Instant(r.PublishedAt)), literal(r.QualityOf(v.Dataset.Name)), literal(r.Model)))
		}
	}
	if len(rows) == 0 {
		return nil
	}
	err := c.exec(ctx, "CREATE VIEW "+quote(name)+" (dataset, rows, release, as_of, published_at, quality, refreshing, model) AS VALUES "+strings.Join(rows, ", "))
	if err != nil {
		return err
	}
	return c.exec(ctx, `INSERT INTO _goldserve_views VALUES (?, ?, '')`, name, r.Model)
}

// literal is a text in SQL.
func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// showRelease creates the view gold_release, which covers all models.
func showRelease(ctx context.Context, c *conn, taken map[string]string) error {
	ours, err := c.number(ctx, `SELECT count(*) FROM _goldserve_views WHERE name = ? AND model = ''`, gold.ReleaseCollection)
	if err != nil || ours > 0 {
		return err
	}
	if err := refuseTaken(gold.ReleaseCollection, taken); err != nil {
		return err
	}
	if err := c.exec(ctx, createReleaseView); err != nil {
		return err
	}
	return c.exec(ctx, `INSERT INTO _goldserve_views VALUES (?, '', '')`, gold.ReleaseCollection)
}

// refuseTaken returns an error if something else has a name. SQLite's names are case-insensitive.
func refuseTaken(name string, taken map[string]string) error {
	for other, why := range taken {
		if strings.EqualFold(other, name) {
			return gold.Errorf(gold.Invalid, gold.CodeBITargetTaken, "the view %s can't be made: there is %s of that name; rename it, or give the dataset another collection", name, why)
		}
	}
	return nil
}

// createView returns the statement of a version's view: dates and times as ISO text in UTC, decimals as numbers, those of
// more than 18 digits as text.
func createView(name string, v *gold.Version) string {
	d := &v.Dataset
	columns := make([]string, 0, len(d.Fields)+len(d.BI))
	for _, f := range d.Fields {
		columns = append(columns, shown(f)+" AS "+quote(f.Name))
	}
	for _, bi := range d.BI {
		// Midnights, of which only the day matters.
		columns = append(columns, "date("+quote(bi.Name)+" / 1000, 'unixepoch') AS "+quote(bi.Name))
	}
	statement := "CREATE VIEW " + quote(name) + " AS SELECT " + strings.Join(columns, ", ") + " FROM " + quote(tableOf(v.Location))
	if prefix := within("", v); prefix != "" {
		statement += " WHERE " + prefix
	}
	return statement
}

// shown returns the expression of a field in a view.
func shown(f gold.Field) string {
	column := quote(f.Name)
	switch f.Kind {
	case gold.Date:
		return "date(" + column + " * 86400, 'unixepoch')"
	case gold.Time:
		return "CASE WHEN " + column + " % 1000 = 0 THEN strftime('%Y-%m-%d %H:%M:%S', " + column + " / 1000, 'unixepoch')" +
			" ELSE strftime('%Y-%m-%d %H:%M:%f', " + column + " / 1000.0, 'unixepoch') END"
	case gold.Decimal:
		return fmt.Sprintf("%s / %.1f", column, gold.Pow10(f.Scale))
	case gold.WideDecimal:
		return shownWide(column, f.Scale)
	default:
		return column
	}
}

// shownWide returns the expression of a WideDecimal as decimal text: its digits without leading zeros. Those of a negative
// one are complements to 9, which three numbers of SQLite take from 9s.
func shownWide(column string, scale int) string {
	digits := fmt.Sprintf("substr(%s, 2)", column)
	nines := fmt.Sprintf("printf('%%02d%%018d%%018d', 99 - substr(%[1]s, 2, 2), 999999999999999999 - substr(%[1]s, 4, 18), 999999999999999999 - substr(%[1]s, 22, 18))", column)
	decimal := func(sign, digits string) string {
		whole := fmt.Sprintf("substr(%s, 1, %d)", digits, gold.MaxDigits-scale)
		text := fmt.Sprintf("'%s' || coalesce(nullif(ltrim(%s, '0'), ''), '0')", sign, whole)
		if scale > 0 {
			text += fmt.Sprintf(" || '.' || substr(%s, %d)", digits, gold.MaxDigits-scale+1)
		}
		return text
	}
	return fmt.Sprintf("CASE WHEN %[1]s IS NULL THEN NULL WHEN %[1]s < '0' THEN %s ELSE %s END", column, decimal("-", nines), decimal("", digits))
}
