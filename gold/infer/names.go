package infer

import (
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"goldserve/gold/contract"
	"goldserve/gold/yaml"
)

// uniqueName returns the name, or with the first number from 2 on that no other has, without regard to case.
func uniqueName(name string, taken func(lower string) bool) string {
	candidate := name
	for n := 2; taken(strings.ToLower(candidate)); n++ {
		suffix := "_" + strconv.Itoa(n)
		candidate = strings.TrimRight(name[:min(len(name), yaml.MaxName-len(suffix))], "_") + suffix
	}
	return candidate
}

// words returns the words of a name in lower case, taken apart at underscores, signs and changes of case: idClient is id,
// client. Accents are folded.
func words(name string) []string {
	var list []string
	var word []rune
	flush := func() {
		if len(word) > 0 {
			list = append(list, strings.ToLower(string(word)))
			word = word[:0]
		}
	}
	wasLower := false
	for _, r := range norm.NFKD.String(name) {
		switch {
		case unicode.IsMark(r):
			continue
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			flush()
		case unicode.IsUpper(r) && wasLower:
			flush()
			word = append(word, r)
		default:
			word = append(word, r)
		}
		wasLower = unicode.IsLower(r)
	}
	flush()
	return list
}

// singular takes the sign of a plural off a word.
func singular(word string) string {
	switch {
	case len(word) > 4 && strings.HasSuffix(word, "ies"):
		return strings.TrimSuffix(word, "ies") + "y"
	case len(word) > 3 && strings.HasSuffix(word, "s") && !strings.HasSuffix(word, "ss"):
		return strings.TrimSuffix(word, "s")
	}
	return word
}

// layers are words in the names of datasets that tell what a table is for and not what it is about.
var layers = []string{"dim", "dimension", "fact", "fct", "facts", "gold", "stg", "mart", "tbl", "table", "v", "d", "f"}

// subjects returns what a dataset is about, in the singular: dim_clients is about client, client_scores about client score,
// client and score.
func subjects(dataset string) []string {
	var parts []string
	for _, w := range words(dataset) {
		if !slices.Contains(layers, w) {
			parts = append(parts, singular(w))
		}
	}
	if len(parts) < 2 {
		return parts
	}
	return append([]string{strings.Join(parts, "")}, parts...)
}

// identifying are the words that say that a column identifies something.
var identifying = []string{"id", "ids", "key", "uuid", "guid", "sk", "pk", "fk", "code", "sku", "identifiant", "identifier"}

// glued are the identifying words that names have at their ends without a sign between: orderkey, customerid.
var glued = []string{"key", "number", "code", "uuid", "id"}

// notGlued are words that only look so.
var notGlued = []string{"android", "asteroid", "hybrid", "invalid", "liquid", "monkey", "prepaid", "pyramid", "turkey", "unpaid"}

// unglue takes an identifying word off the end of another. Two letters before id are too few: paid, grid, void, valid.
func unglue(word string) (before, identifier string) {
	for _, end := range glued {
		if rest, ok := strings.CutSuffix(word, end); ok && len(rest) > 5-len(end) && !slices.Contains(notGlued, word) {
			return rest, end
		}
	}
	return word, ""
}

// ordinals are words of numbers that count the parts of a thing: with its identifier they are a key.
var ordinals = []string{"number", "num", "no", "nr", "numero", "line", "ligne", "item", "seq", "sequence", "position", "pos", "step", "part"}

// isOrdinal reports whether a name ends with such a word.
func isOrdinal(name string) bool {
	w := words(name)
	if len(w) == 0 {
		return false
	}
	_, end := unglue(w[len(w)-1])
	return slices.Contains(ordinals, w[len(w)-1]) || end == "number"
}

// spoken returns the names of columns without the short word that all of them begin with, if they do: l_orderkey and l_tax
// of TPC-H's lineitem are orderkey and tax.
func spoken(columns []string) []string {
	prefix := ""
	for i, name := range columns {
		first, rest, cut := strings.Cut(name, "_")
		if !cut || rest == "" || len(first) > 3 || i > 0 && first != prefix {
			return columns
		}
		prefix = first
	}
	if len(columns) < 3 || slices.Contains(identifying, prefix) {
		return columns
	}
	short := make([]string, len(columns))
	for i, name := range columns {
		short[i] = name[len(prefix)+1:]
	}
	return short
}

// identifies says what a column identifies, in the singular and without a sign between words: id_client and client_id are
// client, id alone is "". ok is false where the name does not say that it identifies anything.
func identifies(column string) (subject string, ok bool) {
	var parts []string
	for _, w := range words(column) {
		if slices.Contains(identifying, w) {
			ok = true
			continue
		}
		before, identifier := unglue(w)
		ok = ok || identifier != "" && identifier != "number"
		if ok {
			w = before
		}
		parts = append(parts, singular(w))
	}
	return strings.Join(parts, ""), ok
}

// hasWord reports whether a name has one of some words, in the singular.
func hasWord(name string, list ...string) bool {
	return slices.ContainsFunc(words(name), func(w string) bool { return slices.Contains(list, w) || slices.Contains(list, singular(w)) })
}

// labelled returns what a label is made of: a name, or what the files call it where that has letters which the name can't have.
func labelled(name, inFiles string) string {
	if strings.ContainsFunc(inFiles, func(r rune) bool { return r > unicode.MaxASCII && unicode.IsLetter(r) }) {
		return inFiles
	}
	return name
}

// label makes a label of the dataset's name, without what tells what its table is for: dim_clients is Clients.
func (d *Dataset) label() string {
	said := strings.Fields(contract.LabelOf(labelled(d.Name, path.Base(d.Source))))
	about := slices.DeleteFunc(said, func(w string) bool { return slices.Contains(layers, strings.ToLower(w)) })
	if len(about) == 0 {
		return contract.LabelOf(d.Name)
	}
	return contract.LabelOf(strings.Join(about, " "))
}

// label makes a label of what the field's column is called; written says that a contract must say it, as it isn't that of the name.
func (f *Field) label() (label string, written bool) {
	label = contract.LabelOf(labelled(f.Name, f.spoken))
	if f.spoken != f.Column() {
		label = contract.LabelOf(f.spoken)
	}
	return label, label != contract.LabelOf(f.Name)
}

// untelling are names of folders that do not tell what the data in them is about.
var untelling = []string{
	"gold", "silver", "bronze", "raw", "data", "dataset", "lake", "datalake", "lakehouse", "warehouse", "mart", "table", "file", "parquet", "csv",
	"out", "output", "export", "tmp", "temp", "dist", "build", "target", "spark", "dbt", "spark_lake", "data_lake", "sample", "public", "private",
	"home", "user", "root", "mnt", "media", "srv", "var", "opt", "usr", "work", "workspace", "project", "code", "src", "repo", "document", "desktop", "download",
}

// longestModel leaves room for what stores add to a model's name.
const longestModel = 40

// ModelName names the model of a lake: after the first folder of its path, from the end, whose name tells what the data is about.
// path is absolute, with slashes; home is a folder that tells nothing, nor do those above it.
func ModelName(path, home string) string {
	segments := strings.Split(strings.Trim(path, "/"), "/")
	for i, last := len(segments), true; i > 0; i, last = i-1, false {
		above := "/" + strings.Join(segments[:i], "/")
		if above == home || strings.HasPrefix(home, above+"/") && !last {
			break
		}
		if telling(segments[i-1]) {
			return shortened(segments[i-1])
		}
	}
	if name := segments[len(segments)-1]; strings.ContainsFunc(name, unicode.IsLetter) {
		return shortened(name)
	}
	return "lake"
}

// shortened makes a model's name of a folder's.
func shortened(folder string) string {
	name := yaml.Identifier(folder)
	return strings.TrimRight(name[:min(len(name), longestModel)], "_")
}

// telling reports whether a folder's name tells what the data is about: it has letters, and is no name that any may have.
func telling(folder string) bool {
	if strings.HasPrefix(folder, ".") || slices.Contains(untelling, strings.ToLower(folder)) {
		return false
	}
	for _, w := range words(folder) {
		if letters := strings.TrimFunc(w, func(r rune) bool { return !unicode.IsLetter(r) }); len(letters) > 1 && !slices.Contains(untelling, w) && !slices.Contains(untelling, singular(w)) {
			return true
		}
	}
	return false
}
