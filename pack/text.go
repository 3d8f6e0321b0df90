package pack

import (
	"fmt"
	"strings"

	"goldserve/gold"
)

// words are the texts of a language.
type words struct {
	about, rows, asOf, published, checks, check, holds, failing, yes, no, noChecks   string
	files, file, what, lineage, reads, sql, raw, noLineage, build, engine, parameter string
	parts                                                                            [][2]string // a file and what it is
}

var wordsOf = map[string]*words{
	"en": {
		about: "Release %d of %s, dataset %s.", rows: "Rows", asOf: "Data as of", published: "Published", checks: "Checks", check: "Check", holds: "Holds", failing: "Rows that break it",
		yes: "yes", no: "no", noChecks: "The dataset has no check.", files: "Files", file: "File", what: "Content", lineage: "Lineage", reads: "Made of", sql: "SQL", raw: "Raw files",
		noLineage: "No build of goldserve made this dataset, so that what it was made of isn't known.", build: "Build", engine: "Engine", parameter: "Parameter",
		parts: [][2]string{
			{"final_dataset", "the rows, in the order of their key"},
			{"data_dictionary.csv", "each column: description, type, unit, example, source, how it was made"},
			{"quality_report.json", "rows, missing values in percent, checks"},
			{"lineage.md", "what the dataset was made of"},
			{"manifest.json", "every file and input with its SHA-256; `goldserve pack verify` checks them"},
			{"raw/", "`SHA256SUMS` names the raw files; copies only where they were asked for"},
			{"processed/, outputs/, notebooks/", "further datasets, and room for your own work"},
			{"scripts/extract_sql.sql", "the SQL that made the dataset"},
			{"scripts/extract_api.py", "fetches the rows of this release from a goldserve server: `python extract_api.py rows.csv`"},
			{"scripts/powerquery.m", "the same for Power BI and Excel: paste it into the advanced editor"},
		},
	},
	"fr": {
		about: "Version publiée %d de %s, jeu de données %s.", rows: "Lignes", asOf: "Données au", published: "Publié", checks: "Contrôles", check: "Contrôle", holds: "Respecté", failing: "Lignes en défaut",
		yes: "oui", no: "non", noChecks: "Le jeu de données n'a pas de contrôle.", files: "Fichiers", file: "Fichier", what: "Contenu", lineage: "Lignage", reads: "Issue de", sql: "SQL", raw: "Fichiers bruts",
		noLineage: "Aucune construction de goldserve n'a produit ce jeu de données : son origine n'est pas connue.", build: "Construction", engine: "Moteur", parameter: "Paramètre",
		parts: [][2]string{
			{"final_dataset", "les lignes, dans l'ordre de leur clé"},
			{"data_dictionary.csv", "chaque colonne : description, type, unité, une valeur, source, fabrication"},
			{"quality_report.json", "lignes, valeurs manquantes en pour cent, contrôles"},
			{"lineage.md", "ce dont le jeu de données est fait"},
			{"manifest.json", "chaque fichier et chaque entrée avec son SHA-256 ; `goldserve pack verify` les contrôle"},
			{"raw/", "`SHA256SUMS` nomme les fichiers bruts ; copies sur demande seulement"},
			{"processed/, outputs/, notebooks/", "autres jeux de données, et place pour votre travail"},
			{"scripts/extract_sql.sql", "le SQL qui a produit le jeu de données"},
			{"scripts/extract_api.py", "lit les lignes de cette version d'un serveur goldserve : `python extract_api.py lignes.csv`"},
			{"scripts/powerquery.m", "de même pour Power BI et Excel : à coller dans l'éditeur avancé"},
		},
	},
}

// readme is README.md.
func (m *maker) readme(p *profile, checks []check) string {
	var b strings.Builder
	r, d, w := m.Release, &m.version.Dataset, m.words
	title := m.text(d.Doc.Label)
	if title == "" {
		title = d.Name
	}
	fmt.Fprintf(&b, "# %s\n\n", plain(title))
	if text := plain(m.text(d.Doc.Description)); text != "" {
		fmt.Fprintf(&b, "%s\n\n", text)
	}
	fmt.Fprintf(&b, w.about+"\n\n", r.Number, plain(m.text(r.Title)), d.Name)
	fmt.Fprintf(&b, "* %s: %d\n* %s: %s\n* %s: %s\n", w.rows, p.rows, w.asOf, gold.NewTime(r.AsOf.UnixMilli()), w.published, m.createdAt())
	fmt.Fprintf(&b, "\n## %s\n\n", w.checks)
	if len(checks) == 0 {
		fmt.Fprintf(&b, "%s\n", w.noChecks)
	} else {
		fmt.Fprintf(&b, "| %s | %s | %s | |\n|---|---|---|---|\n", w.check, w.holds, w.failing)
	}
	for _, c := range checks {
		holds := w.yes
		if !c.passed {
			holds = w.no
		}
		fmt.Fprintf(&b, "| `%s` | %s | %d | %s |\n", c.id, holds, c.failing, plain(c.doc))
	}
	fmt.Fprintf(&b, "\n## %s\n\n| %s | %s |\n|---|---|\n", w.files, w.file, w.what)
	for _, f := range w.parts {
		name := f[0]
		if name == "final_dataset" {
			name += m.As.Suffix()
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", name, f[1])
	}
	return b.String()
}

// plain returns a text of a contract or a release as part of a line or a cell: none of it is Markdown or HTML, or commands a terminal.
func plain(text string) string {
	return marks.Replace(gold.Visible(strings.Join(strings.Fields(text), " ")))
}

var marks = strings.NewReplacer(`\`, `\\`, "|", `\|`, "<", "&lt;", ">", "&gt;", "#", `\#`, "*", `\*`, "`", "\\`", "[", `\[`, "]", `\]`)

// code returns the name of a file, or a value, as code.
func code(text string) string {
	text = gold.Visible(text)
	if strings.Contains(text, "`") {
		return "`` " + strings.ReplaceAll(text, "``", "` `") + " ``"
	}
	return "`" + text + "`"
}

// lineageText is lineage.md.
func (m *maker) lineageText() string {
	var b strings.Builder
	w := m.words
	fmt.Fprintf(&b, "# %s\n\n", w.lineage)
	if m.lineage == nil {
		fmt.Fprintf(&b, "%s\n", w.noLineage)
		return b.String()
	}
	fmt.Fprintf(&b, "* %s: %s\n* %s: %s\n", w.build, code(m.lineage.Build), w.engine, plain(m.lineage.Engine))
	for _, t := range m.lineage.Tables {
		for _, name := range t.Parameters {
			line := fmt.Sprintf("* %s: %s = %s\n", w.parameter, code(name), code(m.lineage.Parameters[name]))
			if !strings.Contains(b.String(), line) {
				b.WriteString(line)
			}
		}
	}
	for _, t := range m.lineage.Tables {
		fmt.Fprintf(&b, "\n## %s\n\n", t.Name)
		switch {
		case strings.HasPrefix(t.Name, rawStage):
			fmt.Fprintf(&b, "%s: %d, %s\n\n", w.raw, t.Files, gold.RoundedBytes(t.Bytes))
			for _, f := range t.Listed {
				fmt.Fprintf(&b, "* %s `%s`\n", code(f.Path), f.SHA256)
			}
			continue
		case t.SQL != "":
			fmt.Fprintf(&b, "* %s: %s `%s`\n", w.sql, code(t.SQL), t.SQLSHA256)
		}
		fmt.Fprintf(&b, "* %s: %s\n", w.reads, strings.Join(t.Reads, ", "))
		if t.Rows != nil {
			fmt.Fprintf(&b, "* %s: %d\n", w.rows, *t.Rows)
		}
	}
	return b.String()
}
