package publisher

import "goldserve/gold"

// otherFilesRule names the warning that a folder of parts holds files of other kinds.
const otherFilesRule = "other_files"

// otherFiles returns a warning where the dataset's folder of parts holds files of other kinds. It is never nil.
func (i *input) otherFiles() []gold.RuleResult {
	if i.table == nil || len(i.table.Others()) == 0 {
		return []gold.RuleResult{}
	}
	r := gold.RuleResult{Dataset: i.name(), Rule: otherFilesRule, Severity: gold.SeverityWarning, Failing: int64(len(i.table.Others()))}
	for _, name := range i.table.Others() {
		if len(r.Examples) == maxFiles {
			break
		}
		r.Examples = append(r.Examples, "the file "+name+" is left alone: its name is not that of a Parquet file")
	}
	return []gold.RuleResult{r}
}

// maxFiles is how many files one warning names at most.
const maxFiles = 5
